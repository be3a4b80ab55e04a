//! What tests stand on: one PostgreSQL for each test process, a fresh database for each test, and
//! waiting on conditions instead of sleeping.
//!
//! Failing here is failing the test, so every function panics with what went wrong.

mod alone;
mod asking;
mod database;
mod dossiers;
mod eventually;
mod facts;
mod loopback;
mod measures;
mod server;

use chassis::clock::Clock;
use chassis::events::Bell;
use chassis::telemetry::Metrics;
use chassis::write::{Around, FingerprintKey, Settings};

pub use alone::{Alone, Surroundings};
pub use asking::{by, reason, wish, wrong};
pub use database::TestDatabase;
pub use dossiers::Dossiers;
pub use eventually::{Look, PATIENCE, eventually};
pub use facts::{AGENCY, NOW, clock, event};
pub use loopback::{nobody, own_address, serve};
pub use measures::asked_of;

/// What a door needs from its process: measures and a bell of its own, and the usual width.
pub fn around(clock: &Clock) -> Around {
    Around {
        clock: clock.clone(),
        metrics: Metrics::new(),
        bell: Bell::new(),
        settings: Settings::default(),
        fingerprints: FingerprintKey::new([9; 32].into()),
    }
}
