//! How calls between processes travel: under TLS, unless an operator says where not.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use chassis::config::Settings;
use chassis::service::BoxError;
use chassis::tls::{self, Authority, Shown};
use tonic::codegen::http::Uri;

use crate::settings::{self, Of, TlsOff};

/// What a process shows to those who connect, and whom it believes; neither where there is no TLS.
pub struct Wire {
    /// What it shows.
    pub shown: Option<Shown>,
    /// Who signs what others show.
    pub authority: Option<Authority>,
    off: TlsOff,
}

impl Wire {
    /// As the settings say, for a service that listens as `of` says.
    ///
    /// # Errors
    /// A file is not set or cannot be read, or the service listens where there must be TLS.
    pub fn of(of: &Of, settings: &Settings) -> Result<Self, BoxError> {
        let off = settings.get(&settings::TLS_OFF)?;
        if off == TlsOff::No {
            let certificate = settings.require(&settings::TLS_CERTIFICATE)?;
            let shown = tls::shown(&certificate, &settings.require(&settings::TLS_KEY)?)?;
            let authority = Authority::read(&settings.require(&settings::TLS_AUTHORITY)?)?;
            return Ok(Self { shown: Some(shown), authority: Some(authority), off });
        }
        let listen: SocketAddr = settings.get(&of.listen)?;
        if off == TlsOff::Loopback && !listen.ip().is_loopback() {
            let name = of.listen.declaration().name;
            return Err(format!(
                "{name} is {listen}, beyond this machine, where tls.off=loopback does not reach"
            )
            .into());
        }
        Ok(Self { shown: None, authority: None, off })
    }

    /// Where the others are, as the settings say.
    ///
    /// # Errors
    /// An address is none, or one that a token must not be sent to.
    pub fn peers(
        &self,
        settings: &Settings,
    ) -> Result<HashMap<&'static str, Vec<String>>, BoxError> {
        let mut peers = HashMap::new();
        for of in &settings::SERVICES {
            let addresses = settings.get(&of.peers)?;
            if let Some(other) = addresses.iter().find(|address| !self.may_speak_to(address)) {
                let name = of.peers.declaration().name;
                return Err(format!("{name} holds {other}: it takes {}", self.taken()).into());
            }
            peers.insert(of.service, addresses);
        }
        Ok(peers)
    }

    fn may_speak_to(&self, address: &str) -> bool {
        let Ok(uri) = address.parse::<Uri>() else { return false };
        match self.off {
            TlsOff::No => uri.scheme_str() == Some("https"),
            TlsOff::Loopback => uri.scheme_str() == Some("http") && is_here(&uri),
            TlsOff::Everywhere => uri.scheme_str() == Some("http"),
        }
    }

    fn taken(&self) -> &'static str {
        match self.off {
            TlsOff::No => "https://host:port,…, or set tls.off",
            TlsOff::Loopback => "http://127.0.0.1:port,…, while tls.off is loopback",
            TlsOff::Everywhere => "http://host:port,…, while tls.off is everywhere",
        }
    }
}

/// Whether a token may be sent to this address by whoever has no TLS of their own: encrypted, to this machine, or where an operator says so.
pub fn may_be_trusted(address: &str, off: TlsOff) -> bool {
    let Ok(uri) = address.parse::<Uri>() else { return false };
    match uri.scheme_str() {
        Some("https") => true,
        Some("http") => is_here(&uri) || off == TlsOff::Everywhere,
        _ => false,
    }
}

fn is_here(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_goes_only_where_it_may() {
        let addresses =
            ["https://mailing:4604", "http://mailing:4604", "http://[::1]:4604", "mailing:4604"];
        for (off, may) in [
            (TlsOff::No, [true, false, false, false]),
            (TlsOff::Loopback, [false, false, true, false]),
            (TlsOff::Everywhere, [false, true, true, false]),
        ] {
            let wire = Wire { shown: None, authority: None, off };
            assert_eq!(addresses.map(|address| wire.may_speak_to(address)), may, "{off:?}");
        }
    }

    #[test]
    fn the_command_line_tells_its_token_to_nobody_else() {
        for (address, off, may) in [
            ("https://mailing:4604", TlsOff::No, true),
            ("http://127.0.0.1:4604", TlsOff::No, true),
            ("http://localhost:4604", TlsOff::Loopback, true),
            ("http://mailing:4604", TlsOff::No, false),
            ("http://mailing:4604", TlsOff::Loopback, false),
            ("http://mailing:4604", TlsOff::Everywhere, true),
            ("mailing:4604", TlsOff::Everywhere, false),
        ] {
            assert_eq!(may_be_trusted(address, off), may, "{address}, {off:?}");
        }
    }
}
