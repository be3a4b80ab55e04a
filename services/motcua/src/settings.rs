//! What an operator may choose.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chassis::config::{Declaration, Setting};
use chassis::server;
use chassis::telemetry::TelemetrySettings;

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

/// Who carries events.
pub const KAFKA_BROKERS: Setting<Option<String>> = Setting::new(
    "kafka.brokers",
    "",
    "Apache Kafka that carries events, host:port,…; not set: services read each other's logs, which only one process can.",
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

/// Measures.
pub const METRICS_LISTEN: Setting<SocketAddr> = Setting::new(
    "metrics.listen",
    "127.0.0.1:4600",
    "Where measures are served to Prometheus, at /metrics.",
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

/// The sandbox's carrier's haste.
pub const CARRIER_PACE: Setting<Duration> = Setting::new(
    "sandbox.carrier.pace",
    "100ms",
    "How long a parcel of the sandbox's carrier takes from one of its four scans to the next.",
);

/// What one service needs to be told.
pub struct Of {
    /// The service.
    pub service: &'static str,
    /// Where it listens.
    pub listen: Setting<SocketAddr>,
}

/// The settings of each service.
pub const SERVICES: [Of; 6] = [
    Of {
        service: "identity",
        listen: Setting::new("identity.listen", "127.0.0.1:4603", "Where identity serves gRPC."),
    },
    Of {
        service: "dossier",
        listen: Setting::new("dossier.listen", "127.0.0.1:4601", "Where dossier serves gRPC."),
    },
    Of {
        service: "workflow",
        listen: Setting::new("workflow.listen", "127.0.0.1:4602", "Where workflow serves gRPC."),
    },
    Of {
        service: "mailing",
        listen: Setting::new("mailing.listen", "127.0.0.1:4604", "Where mailing serves gRPC."),
    },
    Of {
        service: "payment",
        listen: Setting::new("payment.listen", "127.0.0.1:4605", "Where payment serves gRPC."),
    },
    Of {
        service: "feedback",
        listen: Setting::new("feedback.listen", "127.0.0.1:4606", "Where feedback serves gRPC."),
    },
];

/// The whole table.
pub fn table() -> Vec<Declaration> {
    let mut table = vec![
        DATA_DIRECTORY.declaration(),
        KEYS_DIRECTORY.declaration(),
        KAFKA_BROKERS.declaration(),
        POSTGRES_BIN.declaration(),
        POSTGRES_BUFFERS_MB.declaration(),
        DATABASE_CONNECTIONS.declaration(),
        REFLECTION.declaration(),
        server::CONNECTIONS.declaration(),
        server::CONNECTIONS_OF_ONE.declaration(),
        METRICS_LISTEN.declaration(),
        TELEPHONE_LISTEN.declaration(),
        BANK_LISTEN.declaration(),
        CARRIER_LISTEN.declaration(),
        CARRIER_PACE.declaration(),
    ];
    for service in &SERVICES {
        table.push(service.listen.declaration());
    }
    table.extend(feedback::settings::TABLE);
    table.extend(dossier::settings::TABLE);
    table.extend(mailing::settings::TABLE);
    table.extend(payment::settings::TABLE);
    table.extend(TelemetrySettings::TABLE);
    table
}
