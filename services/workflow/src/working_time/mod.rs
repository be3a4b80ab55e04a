//! Working time: when a result is due, and why.
//!
//! The whole calendar is unrolled once into a table of days, each knowing how many working days
//! came before it. That puts every instant on one axis, *working minutes since the calendar began*,
//! and the arithmetic of the law becomes addition on it: a limit adds, a pause adds what it covers,
//! and the way back to a date is one look-up. Limits in calendar days use the same steps on an axis
//! of days.
//!
//! Everything here is pure: the calendar is data, the instants are arguments. A year the calendar
//! does not know is an error, because a promise to a citizen is never guessed.
//!
//! The clock goes by whole minutes; the seconds of a minute that has begun are dropped. The offset
//! is fixed at +07:00: Vietnam has had no other since 1975, so no time zone database is needed, and
//! a server without one cannot promise another date than a server with one.

mod calendar;
mod count;
mod data;
mod due;
mod explanation;
#[cfg(test)]
mod fixtures;
mod limit;
mod pause;
mod receipt;
mod sessions;
mod share;
mod wording;

pub use calendar::{Calendar, HolidayName, OffReason, day_bounds};
pub use data::CalendarError;
pub use due::{Clock, Due, DueError};
pub use explanation::{Explanation, Length, Step};
pub use limit::Limit;
pub use pause::{Pause, PauseReason};
pub use receipt::Moved;
pub use sessions::MINUTES_OF_A_DAY;
pub use wording::Language;
