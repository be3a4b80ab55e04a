//! Who listens where, and what each process is told.

use std::fmt::Write;
use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use chassis::config::{Setting, Value};
use chassis::events::Kafka;
use chassis::keys::Keys;
use chassis::service::BoxError;
use chassis::tls::Authority;
use payment::settings::SANDBOX_ACCOUNT;
use secrecy::SecretString;

use super::certificates::AUTHORITY;
use super::child::Planned;
use super::text;
use crate::journey::Endpoints;
use crate::settings::{self, Of};
use crate::{SERVICES, keyring};

/// The ports of one process of a service.
struct Replica {
    grpc: u16,
    metrics: u16,
    callback: u16,
}

/// The ports of the sandbox.
struct Sandbox {
    telephone: u16,
    bank: u16,
    carrier: u16,
    metrics: u16,
}

/// Where everything lies and listens.
pub(super) struct Layout {
    root: PathBuf,
    kafka: Kafka,
    /// In the order of [`settings::SERVICES`].
    services: Vec<(&'static str, Vec<Replica>)>,
    sandbox: Sandbox,
}

impl Layout {
    /// So many processes of each service, on ports from `first` on, or on free ones.
    pub(super) fn of(
        root: PathBuf,
        kafka: Kafka,
        replicas: u16,
        first: u16,
    ) -> Result<Self, BoxError> {
        let names = SERVICES.map(|kind| kind.name);
        let count = names.len() * usize::from(replicas) * 3 + 4;
        let mut ports = ports(first, count)?.into_iter();
        let mut next = || ports.next().ok_or("too few ports were counted");
        let mut services = Vec::new();
        for name in names {
            let mut of_service = Vec::new();
            for _ in 0..replicas {
                of_service.push(Replica { grpc: next()?, metrics: next()?, callback: next()? });
            }
            services.push((name, of_service));
        }
        let sandbox =
            Sandbox { telephone: next()?, bank: next()?, carrier: next()?, metrics: next()? };
        let layout = Self { root, kafka, services, sandbox };
        match fs::remove_dir_all(layout.logs()) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error.into()),
            _ => fs::create_dir_all(layout.logs())?,
        }
        Ok(layout)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(super) fn certificates(&self) -> PathBuf {
        self.root.join("tls")
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// How many processes of services there are.
    pub(super) fn services(&self) -> u32 {
        let count = self.services.iter().map(|(_, replicas)| replicas.len()).sum::<usize>();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// How many processes each service has.
    pub(super) fn replicas(&self) -> u16 {
        let most = self.services.iter().map(|(_, replicas)| replicas.len()).max();
        most.and_then(|most| u16::try_from(most).ok()).unwrap_or_default()
    }

    /// Where each process serves gRPC, under the name of its service.
    pub(super) fn addresses(&self) -> Vec<(&'static str, String)> {
        let of = |(service, replicas): &(&'static str, Vec<Replica>)| {
            let service = *service;
            let at = |replica: &Replica| (service, https(replica.grpc));
            replicas.iter().map(at).collect::<Vec<_>>()
        };
        self.services.iter().flat_map(of).collect()
    }

    pub(super) fn endpoints(&self, authority: Authority) -> Endpoints {
        Endpoints {
            identity: self.all("identity"),
            dossier: self.all("dossier"),
            workflow: self.all("workflow"),
            payment: self.all("payment"),
            mailing: self.all("mailing"),
            feedback: self.all("feedback"),
            telephone: http(self.sandbox.telephone),
            bank: http(self.sandbox.bank),
            authority: Some(authority),
        }
    }

    /// Every process of a service, with commas between.
    fn all(&self, service: &str) -> String {
        let found = self.services.iter().filter(|(name, _)| *name == service);
        let replicas = found.flat_map(|(_, replicas)| replicas);
        replicas.map(|replica| https(replica.grpc)).collect::<Vec<_>>().join(",")
    }

    /// Where every process of a service serves its measures.
    fn measures(&self) -> String {
        let replicas = self.services.iter().flat_map(|(_, replicas)| replicas);
        replicas.map(|replica| local(replica.metrics)).collect::<Vec<_>>().join(",")
    }

    /// Every process there is to be, over the PostgreSQL whose socket is in `sockets`.
    pub(super) fn processes(&self, sockets: &Path) -> Result<Vec<Planned>, BoxError> {
        let mut processes = vec![self.of_sandbox()?];
        for (of, (service, replicas)) in settings::SERVICES.iter().zip(&self.services) {
            for (number, replica) in (1..).zip(replicas) {
                let mut process = self.process(format!("{service}-{number}"), &["serve", service]);
                process.set.extend(self.of_service(of, replica)?);
                process.set.extend(self.outside());
                process.secrets.push((of.database.declaration().name, database(service, sockets)?));
                if ["mailing", "payment"].contains(service) {
                    process.secrets.extend(self.secrets()?);
                }
                processes.push(process);
            }
        }
        Ok(processes)
    }

    fn of_sandbox(&self) -> Result<Planned, BoxError> {
        let callback = |service: &str| Ok::<_, BoxError>(http(self.first(service)?.callback));
        let mut process = self.process("sandbox".into(), &["sandbox"]);
        process.set.extend([
            say(&settings::TELEPHONE_LISTEN, local(self.sandbox.telephone)),
            say(&settings::BANK_LISTEN, local(self.sandbox.bank)),
            say(&settings::CARRIER_LISTEN, local(self.sandbox.carrier)),
            say(&settings::METRICS_LISTEN, local(self.sandbox.metrics)),
            say(&settings::BANK_CALLBACK, callback("payment")?),
            say(&settings::CARRIER_CALLBACK, callback("mailing")?),
        ]);
        process.secrets.extend(self.secrets()?);
        Ok(process)
    }

    fn process(&self, name: String, command: &[&'static str]) -> Planned {
        let log = self.logs().join(format!("{name}.log"));
        Planned { name, command: command.to_vec(), set: Vec::new(), secrets: Vec::new(), log }
    }

    fn of_service(
        &self,
        of: &Of,
        replica: &Replica,
    ) -> Result<Vec<(&'static str, String)>, BoxError> {
        let (keys, certificates) = (self.keys(), self.certificates());
        let file = |ending: &str| certificates.join(format!("{}.{ending}", of.service));
        let mut set = vec![
            say(&settings::DATA_DIRECTORY, text(&self.root)?),
            say(&settings::KEYS_DIRECTORY, text(&keys.join(of.service))?),
            say(&settings::KEYS_TRUSTED, text(&keys.join(keyring::TRUSTED))?),
            say(&settings::TLS_CERTIFICATE, text(&file("pem"))?),
            say(&settings::TLS_KEY, text(&file("key"))?),
            say(&settings::TLS_AUTHORITY, text(&certificates.join(AUTHORITY))?),
            say(&settings::KAFKA_BROKERS, self.kafka.brokers.clone()),
            say(&settings::KAFKA_PREFIX, self.kafka.prefix.clone()),
            say(&of.listen, local(replica.grpc)),
            say(&settings::METRICS_LISTEN, local(replica.metrics)),
            say(&payment::settings::CALLBACK_LISTEN, local(replica.callback)),
            say(&mailing::settings::CALLBACK_LISTEN, local(replica.callback)),
        ];
        for peer in &settings::SERVICES {
            set.push(say(&peer.peers, self.all(peer.service)));
        }
        Ok(set)
    }

    /// Where the services find the sandbox.
    fn outside(&self) -> [(&'static str, String); 5] {
        let [bank, account] = SANDBOX_ACCOUNT.map(|(name, text)| (name, text.to_owned()));
        [
            bank,
            account,
            say(&mailing::settings::SMS_URL, http(self.sandbox.telephone)),
            say(&mailing::settings::CARRIER_URL, http(self.sandbox.carrier)),
            say(&payment::settings::BANK_URL, http(self.sandbox.bank)),
        ]
    }

    /// What the services and the sandbox know each other by.
    fn secrets(&self) -> Result<Vec<(&'static str, SecretString)>, BoxError> {
        let keys = Keys::in_folder(self.keys().join("outside"))?;
        let mut secrets = mailing::settings::own_secrets(&keys)?.to_vec();
        secrets.extend(payment::settings::own_secrets(&keys)?);
        Ok(secrets)
    }

    fn first(&self, service: &str) -> Result<&Replica, BoxError> {
        let found = self.services.iter().find(|(name, _)| *name == service);
        Ok(found.and_then(|(_, replicas)| replicas.first()).ok_or("a service has no process")?)
    }

    /// Settings with which `motcua demo` and `motcua ctl` reach every process of each service.
    pub(super) fn write_settings(&self) -> Result<(), BoxError> {
        let mut set = vec![
            say(&settings::KEYS_DIRECTORY, text(&self.keys().join("identity"))?),
            say(&settings::TLS_AUTHORITY, text(&self.certificates().join(AUTHORITY))?),
            say(&settings::TELEPHONE_LISTEN, local(self.sandbox.telephone)),
            say(&settings::BANK_LISTEN, local(self.sandbox.bank)),
            say(&settings::MEASURES, self.measures()),
        ];
        for of in &settings::SERVICES {
            set.push(say(&of.peers, self.all(of.service)));
        }
        let lines = set.into_iter().map(|(name, value)| format!("{name} = {value:?}\n"));
        Ok(fs::write(self.settings(), lines.collect::<String>())?)
    }

    fn settings(&self) -> PathBuf {
        self.root.join("cluster.toml")
    }

    /// For a person.
    pub(super) fn told(&self) -> String {
        let mut told = String::new();
        for (service, replicas) in &self.services {
            let all: Vec<_> = replicas.iter().map(|replica| local(replica.grpc)).collect();
            // Writing to a text cannot fail.
            let _ = writeln!(told, "  {service:<10}{}", all.join("  "));
        }
        let (authority, settings) = (self.certificates().join(AUTHORITY), self.settings());
        let _ = writeln!(told, "  telephone http://{}", local(self.sandbox.telephone));
        let _ = writeln!(told, "  logs      {}", self.logs().display());
        let _ = writeln!(told, "  keys      {}", self.keys().display());
        let _ = writeln!(
            told,
            "  authority {} (grpcurl -cacert … -authority dossier)",
            authority.display()
        );
        let _ =
            writeln!(told, "  settings  {} (motcua --config … demo, or ctl)", settings.display());
        told
    }
}

fn say<T: Value>(setting: &Setting<T>, value: String) -> (&'static str, String) {
    (setting.declaration().name, value)
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}

fn https(port: u16) -> String {
    format!("https://{}", local(port))
}

fn http(port: u16) -> String {
    format!("http://{}", local(port))
}

/// The role of that name, known by the account of this process: there is no password.
fn database(service: &str, sockets: &Path) -> Result<SecretString, BoxError> {
    let sockets = text(sockets)?.replace('%', "%25").replace('/', "%2F");
    Ok(format!("postgres://{service}@{sockets}/{service}").into())
}

fn ports(first: u16, count: usize) -> Result<Vec<u16>, BoxError> {
    if first > 0 {
        let ports: Vec<_> = (first..=u16::MAX).take(count).collect();
        return if ports.len() == count {
            Ok(ports)
        } else {
            Err("cluster.port is too high".into())
        };
    }
    // All are held until all are known, so that none is given twice.
    let held = (0..count).map(|_| TcpListener::bind("127.0.0.1:0"));
    let held = held.collect::<Result<Vec<_>, _>>()?;
    Ok(held.iter().map(|it| Ok(it.local_addr()?.port())).collect::<std::io::Result<_>>()?)
}
