#![doc = include_str!("../README.md")]

pub mod cluster;
pub mod journey;
pub mod keyring;
mod measures;
pub mod mesh;
pub mod open_files;
pub mod outside;
pub mod place;
mod probes;
pub mod reach;
pub mod serve;
pub mod settings;
pub mod up;
mod wire;

use chassis::service::Kind;

/// Every service there is; `up` runs all rows.
pub const SERVICES: [Kind; 6] = [
    identity::SERVICE,
    dossier::SERVICE,
    workflow::SERVICE,
    mailing::SERVICE,
    payment::SERVICE,
    feedback::SERVICE,
];
