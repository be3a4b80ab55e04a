//! The one clock. Rules get the time as an argument; whoever must know it holds a [`Clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The time of Vietnam, the same all year: days, office hours and what is printed follow it.
pub const VIETNAM: Offset = Offset::constant(7);

/// An instant as protobuf writes it.
pub fn timestamp(at: Timestamp) -> prost_types::Timestamp {
    prost_types::Timestamp { seconds: at.as_second(), nanos: at.subsec_nanosecond() }
}

/// The instant that protobuf wrote; none if it is outside the years 1 to 9999 or its nanoseconds are too many.
pub fn instant(at: prost_types::Timestamp) -> Option<Timestamp> {
    (0..1_000_000_000).contains(&at.nanos).then_some(())?;
    Timestamp::new(at.seconds, at.nanos).ok().filter(|at| at.as_second() >= YEAR_1)
}

/// 0001-01-01T00:00:00Z, where protobuf's timestamps begin.
const YEAR_1: i64 = -62_135_596_800;

/// The system's clock, or one that a test moves by hand. Clones share the hands.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    pub fn system() -> Self {
        Self(None)
    }

    /// A clock that stands still until it is moved.
    pub fn manual(at: Timestamp) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.as_microsecond()))))
    }

    /// The present instant, in whole microseconds: what PostgreSQL keeps, so that an instant read again equals the one written.
    pub fn now(&self) -> Timestamp {
        let microseconds = match &self.0 {
            Some(hands) => hands.load(Ordering::SeqCst),
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the clock that everybody else takes"
            )]
            None => Timestamp::now().as_microsecond(),
        };
        Timestamp::from_microsecond(microseconds).unwrap_or(Timestamp::MAX)
    }

    /// Moves a manual clock; the system's stays as it is.
    pub fn advance(&self, by: SignedDuration) {
        if let Some(hands) = &self.0 {
            let microseconds = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
            hands.fetch_add(microseconds, Ordering::SeqCst);
        }
    }
}
