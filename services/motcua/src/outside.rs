//! The world outside, for trying: the sandbox's telephone, bank and carrier, each a server of its own.

use std::net::SocketAddr;

use chassis::clock::Clock;
use chassis::config::{Setting, Settings};
use chassis::running::Running;
use chassis::server;
use chassis::service::BoxError;
use tokio::net::TcpListener;

use crate::settings;

/// The ports of the sandbox, bound; those that nobody set are not there.
pub struct Outside {
    telephone: Option<TcpListener>,
    bank: Option<TcpListener>,
    carrier: Option<TcpListener>,
}

impl Outside {
    /// Binds every port that is set.
    ///
    /// # Errors
    /// One is taken: told with the setting to change.
    pub async fn bind(settings: &Settings) -> Result<Self, BoxError> {
        Ok(Self {
            telephone: bind_if_set(settings, &settings::TELEPHONE_LISTEN).await?,
            bank: bind_if_set(settings, &settings::BANK_LISTEN).await?,
            carrier: bind_if_set(settings, &settings::CARRIER_LISTEN).await?,
        })
    }

    /// Serves them as work of `running`, with the secrets that the services know them by.
    ///
    /// # Errors
    /// A secret is missing: told with its setting.
    pub fn start(self, settings: &Settings, running: &mut Running) -> Result<(), BoxError> {
        if let Some(listener) = self.telephone {
            let secret = settings.require(&mailing::settings::SMS_SECRET)?;
            running.work(async { Ok(sandbox::telephone::serve(listener, secret).await?) });
        }
        if let Some(listener) = self.bank {
            let bank = bank(settings)?;
            running.work(async { Ok(sandbox::bank::serve(listener, bank).await?) });
        }
        if let Some(listener) = self.carrier {
            let carrier = carrier(settings)?;
            running.work(async { Ok(sandbox::carrier::serve(listener, carrier).await?) });
        }
        Ok(())
    }
}

async fn bind_if_set(
    settings: &Settings,
    listen: &Setting<Option<SocketAddr>>,
) -> Result<Option<TcpListener>, BoxError> {
    let Some(address) = settings.get(listen)? else { return Ok(None) };
    Ok(Some(server::bind(address, listen.declaration().name).await?))
}

fn bank(settings: &Settings) -> Result<sandbox::bank::Settings, BoxError> {
    let heard = (&settings::BANK_CALLBACK, &payment::settings::CALLBACK_LISTEN);
    let secrets = payment::settings::bank_secrets(settings)?;
    Ok(sandbox::bank::Settings {
        callback_url: callback(settings, heard, payment::callback::PATH)?,
        secret: secrets.into_iter().next().ok_or("payment.bank.secret holds none")?,
        bearer: settings.require(&payment::settings::BANK_BEARER)?,
        clock: Clock::system(),
    })
}

fn carrier(settings: &Settings) -> Result<sandbox::carrier::Settings, BoxError> {
    let heard = (&settings::CARRIER_CALLBACK, &mailing::settings::CALLBACK_LISTEN);
    let secrets = mailing::settings::callback_secrets(settings)?;
    let secret = secrets.into_iter().next();
    Ok(sandbox::carrier::Settings {
        secret: settings.require(&mailing::settings::CARRIER_SECRET)?,
        callback_url: callback(settings, heard, mailing::callback::PATH)?,
        callback_secret: secret.ok_or("mailing.carrier.callback.secret holds none")?,
        clock: Clock::system(),
        pace: settings.get(&settings::CARRIER_PACE)?,
    })
}

/// Where a callback is heard: as set, else where the service of this very machine listens.
fn callback(
    settings: &Settings,
    (set, listens): (&Setting<Option<String>>, &Setting<SocketAddr>),
    path: &str,
) -> Result<String, BoxError> {
    let base = match settings.get(set)? {
        Some(base) => base,
        None => format!("http://{}", settings.get(listens)?),
    };
    Ok(format!("{}{path}", base.trim_end_matches('/')))
}
