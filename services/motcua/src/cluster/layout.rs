//! Who listens where, and what each process is told.

use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use chassis::keys::Keys;
use chassis::service::BoxError;
use secrecy::SecretString;

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
    brokers: String,
    /// In the order of [`settings::SERVICES`].
    services: Vec<(&'static str, Vec<Replica>)>,
    sandbox: Sandbox,
}

impl Layout {
    /// So many processes of each service, on ports from `first` on, or on free ones.
    pub(super) fn of(
        root: PathBuf,
        brokers: String,
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
        let layout = Self { root, brokers, services, sandbox };
        fs::create_dir_all(layout.logs())?;
        Ok(layout)
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(super) fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// How many processes of services there are.
    pub(super) fn services(&self) -> u32 {
        let count = self.services.iter().map(|(_, replicas)| replicas.len()).sum::<usize>();
        u32::try_from(count).unwrap_or(u32::MAX)
    }

    /// Where each process serves gRPC.
    pub(super) fn addresses(&self) -> Vec<String> {
        let replicas = self.services.iter().flat_map(|(_, replicas)| replicas);
        replicas.map(|replica| http(replica.grpc)).collect()
    }

    pub(super) fn endpoints(&self) -> Endpoints {
        Endpoints {
            identity: self.all("identity"),
            dossier: self.all("dossier"),
            workflow: self.all("workflow"),
            payment: self.all("payment"),
            mailing: self.all("mailing"),
            feedback: self.all("feedback"),
            telephone: http(self.sandbox.telephone),
            bank: http(self.sandbox.bank),
        }
    }

    /// Every process of a service, with commas between.
    fn all(&self, service: &str) -> String {
        let found = self.services.iter().filter(|(name, _)| *name == service);
        let replicas = found.flat_map(|(_, replicas)| replicas);
        replicas.map(|replica| http(replica.grpc)).collect::<Vec<_>>().join(",")
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
            (settings::TELEPHONE_LISTEN.declaration().name, local(self.sandbox.telephone)),
            (settings::BANK_LISTEN.declaration().name, local(self.sandbox.bank)),
            (settings::CARRIER_LISTEN.declaration().name, local(self.sandbox.carrier)),
            (settings::METRICS_LISTEN.declaration().name, local(self.sandbox.metrics)),
            (settings::BANK_CALLBACK.declaration().name, callback("payment")?),
            (settings::CARRIER_CALLBACK.declaration().name, callback("mailing")?),
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
        let keys = self.keys();
        let mut set = vec![
            (settings::DATA_DIRECTORY.declaration().name, text(&self.root)?.to_owned()),
            (settings::KEYS_DIRECTORY.declaration().name, text(&keys.join(of.service))?.to_owned()),
            (
                settings::KEYS_TRUSTED.declaration().name,
                text(&keys.join(keyring::TRUSTED))?.to_owned(),
            ),
            (settings::KAFKA_BROKERS.declaration().name, self.brokers.clone()),
            (of.listen.declaration().name, local(replica.grpc)),
            (settings::METRICS_LISTEN.declaration().name, local(replica.metrics)),
            (payment::settings::CALLBACK_LISTEN.declaration().name, local(replica.callback)),
            (mailing::settings::CALLBACK_LISTEN.declaration().name, local(replica.callback)),
        ];
        for peer in &settings::SERVICES {
            set.push((peer.peers.declaration().name, self.all(peer.service)));
        }
        Ok(set)
    }

    /// Where the services find the sandbox.
    fn outside(&self) -> [(&'static str, String); 3] {
        [
            (mailing::settings::SMS_URL.declaration().name, http(self.sandbox.telephone)),
            (mailing::settings::CARRIER_URL.declaration().name, http(self.sandbox.carrier)),
            (payment::settings::BANK_URL.declaration().name, http(self.sandbox.bank)),
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

    /// For a person.
    pub(super) fn told(&self) -> String {
        let mut told = String::new();
        for (service, replicas) in &self.services {
            let all: Vec<_> = replicas.iter().map(|replica| local(replica.grpc)).collect();
            // Writing to a text cannot fail.
            let _ = writeln!(told, "  {service:<10}{}", all.join("  "));
        }
        let _ = writeln!(told, "  telephone http://{}", local(self.sandbox.telephone));
        let _ = writeln!(told, "  logs      {}", self.logs().display());
        let _ = writeln!(told, "  keys      {}", self.keys().display());
        told
    }
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
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
