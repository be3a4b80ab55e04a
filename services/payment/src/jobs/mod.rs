//! Leased jobs of this service.

mod ask_bank;

pub use ask_bank::{AskBank, Asking};
