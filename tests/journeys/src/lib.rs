//! What the journeys stand on: a mesh over databases of its own, the people who call it, and calls made as a stranger makes them, in bytes.
//!
//! Failing here is failing the test, so every function panics with what went wrong.

mod contract;
mod house;
mod kafka;
mod paper;
mod people;
mod raw;
mod refusals;

pub use contract::{Contract, path};
pub use house::{House, new_draft, refusal};
pub use kafka::kafka;
pub use paper::{FORM, PROCEDURE, sample, structure, vehicle_of, wish};
pub use people::{AGENCY, ELSEWHERE, People, new_person};
pub use raw::{Answer, call, in_name_of};
pub use refusals::{Refusals, is_reason};
