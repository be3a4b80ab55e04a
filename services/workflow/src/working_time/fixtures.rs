//! What the tests of this module share.

use jiff::Timestamp;

use super::Calendar;

/// The calendar that ships.
pub(super) fn city() -> Calendar {
    Calendar::from_yaml(include_str!("../../data/calendar.yaml")).unwrap()
}

/// The instant of a civil time at the offices, written `2026-02-13 10:00`.
pub(super) fn at(civil: &str) -> Timestamp {
    format!("{civil}+07:00").parse().unwrap()
}
