//! What an operator may choose.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chassis::config::{Declaration, Setting, Value};
use chassis::server;
use chassis::telemetry::TelemetrySettings;
use secrecy::SecretString;

/// Where data lie.
pub const DATA_DIRECTORY: Setting<Option<PathBuf>> = Setting::new(
    "data.directory",
    "",
    "Where the private PostgreSQL keeps its data, and services their files; not set: /var/lib/motcua for root, ~/.local/share/motcua for others.",
);

/// Where keys lie.
pub const KEYS_DIRECTORY: Setting<Option<PathBuf>> = Setting::new(
    "keys.directory",
    "",
    "Where keys for signing and encrypting lie, apart from the data; not set: beside it, with -keys added to its name.",
);

/// Whose word is taken.
pub const KEYS_TRUSTED: Setting<Option<PathBuf>> = Setting::new(
    "keys.trusted",
    "",
    "Folder of the public keys of all services, tokens.pem (identity's, for everybody's tokens), mailing.pem and so on; with serve. `motcua keys` makes it.",
);

/// Who carries events.
pub const KAFKA_BROKERS: Setting<Option<String>> = Setting::new(
    "kafka.brokers",
    "",
    "Apache Kafka that carries events, host:port,…; not set: services read each other's logs, which only one process can. With serve it must be set.",
);

/// What topics are called.
pub const KAFKA_PREFIX: Setting<String> = Setting::new(
    "kafka.prefix",
    "motcua",
    "What the names of topics and consumer groups begin with; meshes that share a Kafka need one each, or they take each other's events.",
);

/// PostgreSQL's programs.
pub const POSTGRES_BIN: Setting<Option<PathBuf>> = Setting::new(
    "postgres.bin",
    "",
    "Folder of PostgreSQL's server programs for the private PostgreSQL; not set: the newest installed, 15 or later.",
);

/// PostgreSQL's cache.
pub const POSTGRES_BUFFERS_MB: Setting<u32> = Setting::new(
    "postgres.shared_buffers_mb",
    "256",
    "Memory the private PostgreSQL keeps pages in, in MiB.",
);

/// Connections of each service.
pub const DATABASE_CONNECTIONS: Setting<u32> = Setting::new(
    "database.connections",
    "16",
    "Connections each service may have to its database.",
);

/// Whether strangers may ask.
pub const REFLECTION: Setting<bool> = Setting::new(
    "grpc.reflection",
    "true",
    "Whether servers tell any caller which methods there are (gRPC reflection).",
);

/// What a service shows.
pub const TLS_CERTIFICATE: Setting<Option<PathBuf>> = Setting::new(
    "tls.certificate",
    "",
    "The certificate that the service of serve shows, PEM, with those between it and the authority; it bears the service's name, such as mailing.",
);

/// The key to it.
pub const TLS_KEY: Setting<Option<PathBuf>> =
    Setting::new("tls.key", "", "The private key to tls.certificate, PEM.");

/// Who signs certificates.
pub const TLS_AUTHORITY: Setting<Option<PathBuf>> = Setting::new(
    "tls.authority",
    "",
    "The certificate of the authority that signs those of all services of the mesh, PEM.",
);

/// Where calls may be read on their way.
pub const TLS_OFF: Setting<TlsOff> = Setting::new(
    "tls.off",
    "no",
    "Where services of serve speak and listen without TLS: no; loopback, on this machine alone; or everywhere, only if the network itself encrypts.",
);

/// Where there is no TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsOff {
    /// Nowhere.
    No,
    /// On this machine.
    Loopback,
    /// Wherever the service listens, and whomever it asks.
    Everywhere,
}

impl Value for TlsOff {
    const ACCEPTED: &'static str = "no, loopback or everywhere";

    fn parse(text: &str) -> Option<Self> {
        match text {
            "no" => Some(Self::No),
            "loopback" => Some(Self::Loopback),
            "everywhere" => Some(Self::Everywhere),
            _ => None,
        }
    }
}

/// Measures.
pub const METRICS_LISTEN: Setting<SocketAddr> = Setting::new(
    "metrics.listen",
    "127.0.0.1:4600",
    "Where measures are served to Prometheus, at /metrics.",
);

/// Where the measures of other processes are.
pub const MEASURES: Setting<Vec<String>> = Setting::new(
    "peers.measures",
    "",
    "Where ctl top finds the measures of processes, host:port,…; a host may be a name that all replicas share; not set: at metrics.listen.",
);

/// Health, for probes.
pub const HEALTH_LISTEN: Setting<Option<SocketAddr>> = Setting::new(
    "health.listen",
    "",
    "Where the service of serve also tells its health, by gRPC without TLS and nothing else, for probes such as those of Kubernetes; not set: nowhere.",
);

/// The sandbox's telephone.
pub const TELEPHONE_LISTEN: Setting<Option<SocketAddr>> = Setting::new(
    "sandbox.telephone.listen",
    "127.0.0.1:4651",
    "Where the sandbox's telephone takes messages and shows them; empty: it is not started.",
);

/// The sandbox's bank.
pub const BANK_LISTEN: Setting<Option<SocketAddr>> = Setting::new(
    "sandbox.bank.listen",
    "127.0.0.1:4652",
    "Where the sandbox's bank takes payments; empty: it is not started.",
);

/// The sandbox's carrier.
pub const CARRIER_LISTEN: Setting<Option<SocketAddr>> = Setting::new(
    "sandbox.carrier.listen",
    "127.0.0.1:4653",
    "Where the sandbox's carrier takes parcels and shows them; empty: it is not started.",
);

/// Where the sandbox's bank calls back.
pub const BANK_CALLBACK: Setting<Option<String>> = Setting::new(
    "sandbox.bank.callback",
    "",
    "Where the sandbox's bank tells of payments, http://host:port; not set: at payment.callback.listen.",
);

/// Where the sandbox's carrier calls back.
pub const CARRIER_CALLBACK: Setting<Option<String>> = Setting::new(
    "sandbox.carrier.callback",
    "",
    "Where the sandbox's carrier tells of scans, http://host:port; not set: at mailing.carrier.callback.listen.",
);

/// The sandbox's carrier's haste.
pub const CARRIER_PACE: Setting<Duration> = Setting::new(
    "sandbox.carrier.pace",
    "100ms",
    "How long a parcel of the sandbox's carrier takes from one of its scans to the next.",
);

/// Where the processes of a cluster listen.
pub const CLUSTER_PORT: Setting<u16> = Setting::new(
    "cluster.port",
    "4700",
    "The first of the ports that the processes of `motcua cluster` listen on, one after the other; 0: any that are free.",
);

/// What one service needs to be told.
pub struct Of {
    /// The service.
    pub service: &'static str,
    /// Where it listens.
    pub listen: Setting<SocketAddr>,
    /// Its database, where it is a process of its own.
    pub database: Setting<Option<SecretString>>,
    /// Where others find it, where they are other processes.
    pub peers: Setting<Vec<String>>,
}

impl Of {
    const fn new(
        service: &'static str,
        listen: Setting<SocketAddr>,
        database: &'static str,
        peers: &'static str,
    ) -> Self {
        let database = Setting::new(
            database,
            "",
            "Its database, as postgres://user:password@host/name, for serve and migrate; the user owns it and may enter no other.",
        );
        let peers = Setting::new(
            peers,
            "",
            "Where other processes, ctl and demo find it, https://host:port,…; a host may be a name that all replicas share.",
        );
        Self { service, listen, database, peers }
    }
}

/// The settings of each service.
pub const SERVICES: [Of; 6] = [
    Of::new(
        "identity",
        Setting::new("identity.listen", "127.0.0.1:4603", "Where identity serves gRPC."),
        "identity.database",
        "peers.identity",
    ),
    Of::new(
        "dossier",
        Setting::new("dossier.listen", "127.0.0.1:4601", "Where dossier serves gRPC."),
        "dossier.database",
        "peers.dossier",
    ),
    Of::new(
        "workflow",
        Setting::new("workflow.listen", "127.0.0.1:4602", "Where workflow serves gRPC."),
        "workflow.database",
        "peers.workflow",
    ),
    Of::new(
        "mailing",
        Setting::new("mailing.listen", "127.0.0.1:4604", "Where mailing serves gRPC."),
        "mailing.database",
        "peers.mailing",
    ),
    Of::new(
        "payment",
        Setting::new("payment.listen", "127.0.0.1:4605", "Where payment serves gRPC."),
        "payment.database",
        "peers.payment",
    ),
    Of::new(
        "feedback",
        Setting::new("feedback.listen", "127.0.0.1:4606", "Where feedback serves gRPC."),
        "feedback.database",
        "peers.feedback",
    ),
];

/// The settings of a service.
///
/// # Errors
/// There is no such service.
pub fn of(service: &str) -> Result<&'static Of, String> {
    static TABLE: [Of; 6] = SERVICES;
    TABLE
        .iter()
        .find(|of| of.service == service)
        .ok_or_else(|| format!("no settings for {service}"))
}

/// The whole table.
pub fn table() -> Vec<Declaration> {
    let mut table = vec![
        DATA_DIRECTORY.declaration(),
        KEYS_DIRECTORY.declaration(),
        KEYS_TRUSTED.declaration(),
        KAFKA_BROKERS.declaration(),
        KAFKA_PREFIX.declaration(),
        POSTGRES_BIN.declaration(),
        POSTGRES_BUFFERS_MB.declaration(),
        DATABASE_CONNECTIONS.declaration(),
        REFLECTION.declaration(),
        TLS_CERTIFICATE.declaration(),
        TLS_KEY.declaration(),
        TLS_AUTHORITY.declaration(),
        TLS_OFF.declaration(),
        server::CONNECTIONS.declaration(),
        server::CONNECTIONS_OF_ONE.declaration(),
        server::LEAVE.declaration(),
        METRICS_LISTEN.declaration(),
        MEASURES.declaration(),
        HEALTH_LISTEN.declaration(),
        TELEPHONE_LISTEN.declaration(),
        BANK_LISTEN.declaration(),
        CARRIER_LISTEN.declaration(),
        CARRIER_PACE.declaration(),
        BANK_CALLBACK.declaration(),
        CARRIER_CALLBACK.declaration(),
        CLUSTER_PORT.declaration(),
    ];
    for service in &SERVICES {
        table.extend([
            service.listen.declaration(),
            service.database.declaration(),
            service.peers.declaration(),
        ]);
    }
    table.extend(feedback::settings::TABLE);
    table.extend(dossier::settings::TABLE);
    table.extend(mailing::settings::TABLE);
    table.extend(payment::settings::TABLE);
    table.extend(TelemetrySettings::TABLE);
    table
}
