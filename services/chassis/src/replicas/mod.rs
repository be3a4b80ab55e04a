//! A channel over all replicas of a service: found by name, looked at, and each asked in turn.

mod turns;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use http::Uri;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

pub use self::turns::Replicas;

/// How often names are resolved and replicas asked how they are: for as long may one that went be asked in vain.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a name, or a replica, may take to answer that.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks at which a replica that served may be silent.
const MISSES: u32 = 3;

/// How an address is spoken to.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How long a call may take.
    pub patience: Duration,
    /// What those at `https://` are held to.
    pub tls: Option<ClientTlsConfig>,
}

impl Manner {
    /// Where it is called, not connected yet.
    ///
    /// # Errors
    /// It is no address, or one of https without an authority to judge it by.
    pub fn endpoint(&self, address: &str) -> Result<Endpoint, String> {
        let told = |error: tonic::transport::Error| match error.source() {
            Some(cause) => format!("{address}: {error}: {cause}"),
            None => format!("{address}: {error}"),
        };
        let endpoint = Endpoint::from_shared(address.to_owned()).map_err(told)?;
        let endpoint = endpoint.timeout(self.patience).connect_timeout(self.patience);
        match (&self.tls, endpoint.uri().scheme_str()) {
            (Some(tls), Some("https")) => endpoint.tls_config(tls.clone()).map_err(told),
            (None, Some("https")) => Err(format!("{address}: no authority is set for https")),
            _ => Ok(endpoint),
        }
    }
}

/// A channel over `addresses`, `http://host:port` or `https://…` each, of which a host may be a name with several addresses behind it. One plain
/// address is connected to as it is. Else calls go to the replicas that say that they serve, the first ones after a look that takes two
/// seconds at most; when none does, to all that were known, and fail with what befalls them there.
///
/// # Errors
/// There is none, or one is no address.
pub fn channel(addresses: &[String], manner: Manner) -> Result<Replicas, String> {
    let endpoints = addresses.iter().map(|address| manner.endpoint(address));
    let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
    match endpoints.as_slice() {
        [] => Err("none".into()),
        [one] if literal(one.uri()).is_some() => Ok(one.connect_lazy().into()),
        _ => Ok(kept(&endpoints, manner)),
    }
}

fn kept(endpoints: &[Endpoint], manner: Manner) -> Replicas {
    let (told, serving) = watch::channel(Vec::new());
    let uris = endpoints.iter().map(|endpoint| endpoint.uri().clone()).collect();
    let keeper = Keeper { uris, manner, told, present: BTreeMap::new(), asked: HashMap::new() };
    tokio::spawn(keeper.keep());
    Replicas::told(serving)
}

/// Keeps the set of those that are called true for as long as someone holds the channel.
struct Keeper {
    uris: Vec<Uri>,
    manner: Manner,
    told: watch::Sender<Vec<Channel>>,
    /// Those that are called.
    present: BTreeMap<String, Channel>,
    asked: HashMap<String, Asked>,
}

/// A replica that is asked how it is.
struct Asked {
    /// The connection for that.
    channel: Channel,
    /// Whether it said, when it last said anything, that it serves.
    served: bool,
    /// How often it has not said anything in time since.
    missed: u32,
}

impl Asked {
    /// Whether it serves, as far as is known. One that did is believed to for less than [`MISSES`] looks that it is silent at.
    async fn serves(&mut self) -> bool {
        match timeout(PATIENCE, says_so(self.channel.clone())).await {
            Ok(serves) => (self.served, self.missed) = (serves, 0),
            Err(_) => self.missed += 1,
        }
        self.served && self.missed < MISSES
    }
}

impl Keeper {
    async fn keep(mut self) {
        loop {
            let found = self.look().await;
            let serving = self.serving(&found).await;
            if !serving.is_empty() {
                self.call_just(serving);
            } else if !found.is_empty() {
                self.call_just(found);
            } else if self.present.is_empty() {
                // No name resolves yet: the connector tries that for each call, which does not wait for a set without members.
                self.call_just(self.uris.iter().map(ToString::to_string).collect());
            }
            tokio::select! {
                () = self.told.closed() => return,
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Those of `found` that serve. A busy one is asked on.
    async fn serving(&mut self, found: &BTreeSet<String>) -> BTreeSet<String> {
        self.asked.retain(|address, _| found.contains(address));
        for address in found.iter().filter(|address| !self.present.contains_key(*address)) {
            // A new connection: what the old one was to may have gone.
            let Some(channel) = self.connected(address) else { continue };
            self.asked.insert(address.clone(), Asked { channel, served: false, missed: 0 });
        }
        let each = self
            .asked
            .iter_mut()
            .map(async |(address, asked)| asked.serves().await.then(|| address.clone()));
        join_all(each).await.into_iter().flatten().collect()
    }

    /// A channel that connects with its first call; none to what is no address.
    fn connected(&self, address: &str) -> Option<Channel> {
        self.manner.endpoint(address).ok().map(|endpoint| endpoint.connect_lazy())
    }

    /// Every address behind the names. A name that does not resolve has none.
    async fn look(&self) -> BTreeSet<String> {
        let at = async |uri: &Uri| {
            let scheme = uri.scheme_str().unwrap_or("http");
            let found = resolve(uri).await.into_iter();
            found.map(|address| format!("{scheme}://{address}")).collect::<Vec<_>>()
        };
        join_all(self.uris.iter().map(at)).await.into_iter().flatten().collect()
    }

    /// Calls that are under way elsewhere go on to their end.
    fn call_just(&mut self, wanted: BTreeSet<String>) {
        self.present.retain(|address, _| wanted.contains(address));
        let new = wanted.iter().filter(|address| !self.present.contains_key(*address));
        let connected = |address: &String| Some((address.clone(), self.connected(address)?));
        let new: Vec<_> = new.filter_map(connected).collect();
        self.present.extend(new);
        self.told.send_replace(self.present.values().cloned().collect());
    }
}

async fn resolve(uri: &Uri) -> Vec<SocketAddr> {
    if let Some(address) = literal(uri) {
        return vec![address];
    }
    let (host, port) = (uri.host().unwrap_or_default(), port(uri));
    let looked_up = timeout(PATIENCE, tokio::net::lookup_host((host, port))).await;
    let found = looked_up.map_err(std::io::Error::from).and_then(|found| found);
    match found {
        Ok(found) => found.collect(),
        Err(error) => {
            tracing::warn!(host, %error, "the name of a service does not resolve");
            Vec::new()
        }
    }
}

/// The address, where it is no name.
fn literal(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?.trim_start_matches('[').trim_end_matches(']');
    host.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, port(uri)))
}

fn port(uri: &Uri) -> u16 {
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    uri.port_u16().unwrap_or(usual)
}

/// Whether a replica says in time that it serves.
pub async fn serves(address: &str, manner: &Manner) -> bool {
    let Ok(endpoint) = manner.endpoint(address) else { return false };
    timeout(PATIENCE, says_so(endpoint.connect_lazy())).await.unwrap_or(false)
}

async fn says_so(channel: Channel) -> bool {
    let answer = HealthClient::new(channel).check(HealthCheckRequest::default()).await;
    answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_a_name() {
        for (uri, address) in [
            ("http://127.0.0.1:4603", Some("127.0.0.1:4603")),
            ("http://[::1]:4603", Some("[::1]:4603")),
            ("http://10.0.0.7", Some("10.0.0.7:80")),
            ("http://identity:4603", None),
        ] {
            let uri: Uri = uri.parse().expect("a URI");
            assert_eq!(literal(&uri).map(|it| it.to_string()).as_deref(), address, "{uri}");
        }
    }

    #[tokio::test]
    async fn what_is_no_address_is_told() {
        let manner = || Manner { patience: PATIENCE, tls: None };
        assert_eq!(channel(&[], manner()).err().as_deref(), Some("none"));
        for address in ["http://a b", "https://mailing:4604"] {
            assert!(channel(&[address.into()], manner()).is_err(), "{address}");
        }
    }
}
