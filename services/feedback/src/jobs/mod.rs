//! Work of this service that no call waits for.

mod roll_up;

pub use roll_up::RollUp;
