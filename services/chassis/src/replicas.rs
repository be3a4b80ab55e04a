//! A channel over all replicas of a service: found by name, looked at, and each asked in turn.

use std::collections::{BTreeSet, HashMap};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use http::Uri;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};
use tonic::transport::channel::Change;
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How often names are resolved and replicas asked how they are: for as long may one that went be asked in vain.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a name, or a replica, may take to answer that.
const PATIENCE: Duration = Duration::from_secs(1);

/// Looks at which a replica that served may be silent.
const MISSES: u32 = 3;

/// Changes of the balanced set that may wait.
const WAITING: usize = 64;

/// How an address is spoken to.
#[derive(Clone, Debug)]
pub struct Manner {
    /// How long a call may take.
    pub patience: Duration,
    /// What those at `https://` are held to.
    pub tls: Option<ClientTlsConfig>,
}

impl Manner {
    fn endpoint(&self, address: &str) -> Result<Endpoint, String> {
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
pub fn channel(addresses: &[String], manner: Manner) -> Result<Channel, String> {
    let endpoints = addresses.iter().map(|address| manner.endpoint(address));
    let endpoints = endpoints.collect::<Result<Vec<_>, _>>()?;
    match endpoints.as_slice() {
        [] => Err("none".into()),
        [one] if literal(one.uri()).is_some() => Ok(one.connect_lazy()),
        _ => Ok(balanced(endpoints, manner)),
    }
}

fn balanced(endpoints: Vec<Endpoint>, manner: Manner) -> Channel {
    let (channel, changes) = Channel::balance_channel(WAITING);
    let uris = endpoints.into_iter().map(|endpoint| endpoint.uri().clone()).collect();
    let (present, asked) = (BTreeSet::new(), HashMap::new());
    let keeper = Keeper { uris, manner, changes, present, asked };
    tokio::spawn(keeper.keep());
    channel
}

/// Keeps the balanced set true for as long as someone holds the channel.
struct Keeper {
    uris: Vec<Uri>,
    manner: Manner,
    changes: Sender<Change<String, Endpoint>>,
    present: BTreeSet<String>,
    /// On these connections replicas are asked how they are; beside each, how often it has not said in time.
    asked: HashMap<String, (Channel, u32)>,
}

impl Keeper {
    async fn keep(mut self) {
        let gone = self.changes.clone();
        loop {
            let found = self.look().await;
            let serving = self.serving(&found).await;
            if !serving.is_empty() {
                self.become_just(serving).await;
            } else if !found.is_empty() {
                self.become_just(found).await;
            } else if self.present.is_empty() {
                // No name resolves yet: the connector tries that for each call, which does not wait for a set without members.
                self.become_just(self.uris.iter().map(ToString::to_string).collect()).await;
            }
            tokio::select! {
                () = gone.closed() => return,
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Those of `found` that say that they serve, and those that did and have been silent for less than [`MISSES`] looks: a busy one is
    /// asked on.
    async fn serving(&mut self, found: &BTreeSet<String>) -> BTreeSet<String> {
        self.asked.retain(|address, _| found.contains(address));
        for address in found.iter().filter(|address| !self.present.contains(*address)) {
            // A new connection: what the old one was to may have gone.
            let Ok(endpoint) = self.manner.endpoint(address) else { continue };
            self.asked.insert(address.clone(), (endpoint.connect_lazy(), 0));
        }
        let (present, asked) = (&self.present, self.asked.iter_mut());
        let each = asked.map(async |(address, (channel, missed))| {
            match timeout(PATIENCE, says_so(channel.clone())).await {
                Ok(serves) => {
                    *missed = 0;
                    serves.then(|| address.clone())
                }
                Err(_) => {
                    *missed += 1;
                    (*missed < MISSES && present.contains(address)).then(|| address.clone())
                }
            }
        });
        join_all(each).await.into_iter().flatten().collect()
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

    /// Newcomers first, so that the set is never empty between.
    async fn become_just(&mut self, wanted: BTreeSet<String>) {
        for address in wanted.difference(&self.present) {
            let Ok(endpoint) = self.manner.endpoint(address) else { continue };
            let insert = Change::Insert(address.clone(), endpoint);
            // Nobody takes changes any more: `keep` sees that too.
            let _ = self.changes.send(insert).await;
        }
        for address in self.present.difference(&wanted) {
            let _ = self.changes.send(Change::Remove(address.clone())).await;
        }
        self.present = wanted;
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
