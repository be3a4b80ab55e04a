//! Leased jobs of this service.

mod post_result;
mod tell_owner;

pub use post_result::{PostResult, Posting};
pub use tell_owner::{TellOwner, Telling};
