//! A channel over all replicas of a service: found by name, looked at, and each asked in turn.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures::future::join_all;
use http::Uri;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};
use tonic::transport::channel::Change;
use tonic::transport::{Channel, Endpoint};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How often names are resolved and replicas asked how they are: for as long may one that went be asked in vain.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long a name, or a replica, may take to answer that.
const PATIENCE: Duration = Duration::from_secs(1);

/// Changes of the balanced set that may wait.
const WAITING: usize = 64;

/// A channel over `addresses`, `http://host:port` each, of which a host may be a name with several addresses behind it. One plain
/// address is connected to as it is. Else calls go to the replicas that say that they serve; when none does, to all that were known,
/// and fail with what befalls them there.
///
/// # Errors
/// An address is none.
pub fn channel(
    addresses: &[String],
    configure: fn(Endpoint) -> Endpoint,
) -> Result<Channel, String> {
    let endpoint = |address: &String| {
        let endpoint = Endpoint::from_shared(address.clone());
        endpoint.map(configure).map_err(|error| format!("{address}: {error}"))
    };
    let endpoints = addresses.iter().map(endpoint).collect::<Result<Vec<_>, _>>()?;
    match endpoints.as_slice() {
        [] => Err("none".into()),
        [one] if literal(one.uri()).is_some() => Ok(one.connect_lazy()),
        _ => Ok(balanced(endpoints, configure)),
    }
}

fn balanced(endpoints: Vec<Endpoint>, configure: fn(Endpoint) -> Endpoint) -> Channel {
    let (channel, changes) = Channel::balance_channel(WAITING);
    let uris = endpoints.into_iter().map(|endpoint| endpoint.uri().clone()).collect();
    let keeper = Keeper { uris, configure, changes, present: BTreeSet::new() };
    tokio::spawn(keeper.keep());
    channel
}

/// Keeps the balanced set true for as long as someone holds the channel.
struct Keeper {
    uris: Vec<Uri>,
    configure: fn(Endpoint) -> Endpoint,
    changes: Sender<Change<String, Endpoint>>,
    present: BTreeSet<String>,
}

impl Keeper {
    async fn keep(mut self) {
        // Until names are resolved, the connector resolves them: a call never waits for a set without members.
        self.become_just(self.uris.iter().map(ToString::to_string).collect()).await;
        let gone = self.changes.clone();
        loop {
            let found = self.look().await;
            let serving = serving(&found, self.configure).await;
            if !serving.is_empty() {
                self.become_just(serving).await;
            } else if !found.is_empty() {
                self.become_just(found).await;
            }
            tokio::select! {
                () = gone.closed() => return,
                () = sleep(LOOK_EVERY) => {}
            }
        }
    }

    /// Every address behind the names. A name that does not resolve has none.
    async fn look(&self) -> BTreeSet<String> {
        let resolved = join_all(self.uris.iter().map(resolve)).await;
        resolved.into_iter().flatten().map(|address| format!("http://{address}")).collect()
    }

    /// Newcomers first, so that the set is never empty between.
    async fn become_just(&mut self, wanted: BTreeSet<String>) {
        for address in wanted.difference(&self.present) {
            let Ok(endpoint) = Endpoint::from_shared(address.clone()) else { continue };
            let insert = Change::Insert(address.clone(), (self.configure)(endpoint));
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
    uri.port_u16().unwrap_or(80)
}

/// Those of `found` that say that they serve.
async fn serving(
    found: &BTreeSet<String>,
    configure: fn(Endpoint) -> Endpoint,
) -> BTreeSet<String> {
    let asked = found.iter().map(|address| async move {
        let serves = serves_at(address, configure).await;
        serves.then(|| address.clone())
    });
    join_all(asked).await.into_iter().flatten().collect()
}

/// Whether a replica says in time that it serves.
pub async fn serves_at(address: &str, configure: fn(Endpoint) -> Endpoint) -> bool {
    timeout(PATIENCE, says_so(address, configure)).await.unwrap_or(false)
}

async fn says_so(address: &str, configure: fn(Endpoint) -> Endpoint) -> bool {
    let Ok(endpoint) = Endpoint::from_shared(address.to_owned()) else { return false };
    let Ok(channel) = configure(endpoint).connect().await else { return false };
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
        let same: fn(Endpoint) -> Endpoint = |endpoint| endpoint;
        assert_eq!(channel(&[], same).err().as_deref(), Some("none"));
        assert!(channel(&["http://a b".into()], same).is_err());
    }
}
