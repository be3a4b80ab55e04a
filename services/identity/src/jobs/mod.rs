//! Leased jobs of this service.

mod take_leave;

pub use take_leave::{Leave, TakeLeave};
