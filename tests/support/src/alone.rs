//! One service on its feet, without the others.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Assurance, Issuer, Person, Role, Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::config::{Declaration, Setting, Settings, Sources};
use chassis::events::{Cursor, Event, Log, LogCarrier, Sink};
use chassis::health::Health;
use chassis::keys::Keys;
use chassis::peers::Peers;
use chassis::running::Running;
use chassis::server::{Places, Ports};
use chassis::service::{Kind, Process, Standing};
use chassis::telemetry::Metrics;
use prost::{Message, Name};
use tokio::net::TcpListener;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

use crate::TestDatabase;

/// Connections of the service to its database.
const CONNECTIONS: u32 = 8;

/// Connections that the service takes.
const CALLERS: u32 = 100;

/// What surrounds the service.
#[derive(Default)]
pub struct Surroundings {
    /// Addresses of those it asks, `http://host:port`.
    pub peers: HashMap<&'static str, String>,
    /// Its settings.
    pub table: Vec<Declaration>,
    /// What an operator sets, `name=value`.
    pub set: Vec<String>,
    /// Settings that say which ports it listens on beside that of gRPC.
    pub ports: Vec<&'static Setting<SocketAddr>>,
}

/// A running service with its own database, keys and clock; it ends with the value.
pub struct Alone {
    service: &'static str,
    /// Where it answers.
    pub channel: Channel,
    /// Its database.
    pub database: TestDatabase,
    /// Its clock, which stands still until it is moved.
    pub clock: Clock,
    /// Signs tokens it trusts.
    pub issuer: Issuer,
    /// Verifies tokens it gives.
    pub verifier: Verifier,
    /// Where facts of others come in.
    pub sinks: Vec<Sink>,
    log: Log,
    keys: PathBuf,
    _running: Running,
}

impl Drop for Alone {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.keys);
    }
}

impl Alone {
    /// Raises and starts the service on a fresh database.
    pub async fn raise(kind: Kind, clock: Clock, around: Surroundings) -> Self {
        Self::following([], kind, clock, around).await
    }

    /// The same, which reads these logs of others; what it hears else is told by [`Alone::hear`].
    pub async fn following(
        logs: impl IntoIterator<Item = Log>,
        kind: Kind,
        clock: Clock,
        around: Surroundings,
    ) -> Self {
        let database = TestDatabase::new(kind.name, kind.migrations, &clock).await;
        let keys = std::env::temp_dir().join(format!("motcua-{}-{}", kind.name, fresh_name()));
        let key = SigningKey::from_bytes(&[7; 32]);
        let issuer = Issuer::new(&key, clock.clone()).expect("a key");
        let verifier = Verifier::new(&[key.verifying_key()], clock.clone()).expect("a key");
        let command_line = around.set.into_iter().map(Into::into).collect();
        let sources = Sources { command_line, ..Sources::default() };
        let settings = Settings::load(&around.table, &sources).expect("settings");
        let ports = Ports::bind(&settings, &around.ports).await.expect("free ports");
        let process = Process {
            clock: clock.clone(),
            metrics: Metrics::new(),
            keys: Keys::in_folder(&keys).expect("a folder for keys"),
            settings: Arc::new(settings),
            data: keys.join("data"),
            verifier: verifier.clone(),
            rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract")),
            peers: Peers::new(around.peers, issuer.clone()),
            issuer: issuer.clone(),
            reflection: false,
            connections: Places { all: CALLERS, of_one: CALLERS },
            leave: Duration::ZERO,
            ports,
            tls: None,
        };
        let standing = Standing::raise(kind, process, database.options(), CONNECTIONS).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = format!("http://{}", listener.local_addr().expect("an address"));
        let (standing, mut running) = (standing.expect("the service stands"), Running::default());
        let (log, health) = (standing.log.clone(), Health::of(kind.name).await);
        let sinks = standing.start(listener, health, &LogCarrier::new(logs), None, &mut running);
        let channel = Endpoint::from_shared(address).expect("an address").connect_lazy();
        let service = kind.name;
        Self {
            service,
            channel,
            database,
            clock,
            issuer,
            verifier,
            sinks,
            log,
            keys,
            _running: running,
        }
    }

    /// The service hears facts of one other service.
    pub async fn hear(&self, events: &[Event]) {
        let source = |sink: &&Sink| events.iter().all(|event| sink.source() == event.source);
        let sink = self.sinks.iter().find(source).expect("a service it hears");
        sink.take(events).await.expect("heard");
    }

    /// Everything it published, in order.
    pub async fn published(&self) -> Vec<Event> {
        let (mut all, mut cursor) = (Vec::new(), Cursor::beginning());
        loop {
            let (events, next) = self.log.read(&cursor).await.expect("a log");
            if events.is_empty() {
                return all;
            }
            all.extend(events);
            cursor = next;
        }
    }

    /// Every fact of one kind that it published, in order.
    pub async fn facts<M: Message + Name + Default>(&self) -> Vec<M> {
        let events = self.published().await.into_iter().filter(|it| it.kind == M::full_name());
        events.map(|event| M::decode(event.body.as_slice()).expect("a fact")).collect()
    }

    /// The one number that a query of its database tells.
    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.database.pool()).await.expect("a number")
    }

    /// Everything it keeps, as text.
    pub async fn dump(&self) -> String {
        let dump = "select string_agg(query_to_xml(format('select * from %I.%I', schemaname,
             tablename), true, false, '')::text, '')
             from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
        sqlx::query_scalar(dump).fetch_one(&self.database.pool()).await.expect("every row")
    }

    /// A token of someone.
    pub fn token(&self, name: &str, person: Person) -> String {
        let token = match name.strip_prefix("services/") {
            Some(_) if person == Person::Service => self.issuer.issue_to(self.service, name),
            _ => self.issuer.issue(name, person),
        };
        token.expect("a token")
    }

    /// A token of the owner of an account, signed in by their electronic identity.
    pub fn citizen(&self, account: &str) -> String {
        self.token(account, Person::Citizen { assurance: Assurance::Substantial.into() })
    }

    /// A token of some officer of an agency.
    pub fn officer(&self, agency: &str, role: Role) -> String {
        let person = Person::Officer { agency: agency.into(), roles: vec![role.into()] };
        self.token(&format!("{agency}/officers/{}", Uuid::now_v7()), person)
    }

    /// A token of a service.
    pub fn service(&self, name: &str) -> String {
        self.token(&format!("services/{name}"), Person::Service)
    }
}

/// Unlike any other of this or another process.
fn fresh_name() -> String {
    use std::sync::atomic::{AtomicU32, Ordering};
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}
