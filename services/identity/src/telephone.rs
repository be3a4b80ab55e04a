//! A telephone and the codes it was sent, for whomever: so that nobody floods it in the name of many.

use std::convert::Infallible;

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Kept, Root, Stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The time in which codes are counted.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Codes for one telephone in that time: a family shares one. As many again for devices that have signed in before.
const CODES: usize = 10;

/// A telephone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telephone {
    /// Blind index of its number.
    pub id: Uuid,
    /// Codes of the last hour.
    pub codes: Vec<SentCode>,
}

/// A code that a telephone was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentCode {
    /// The sign-in or the change of telephone it is for.
    pub id: Uuid,
    /// The device that asked for it had signed in before.
    pub known_device: bool,
    /// When it was counted.
    pub at: Timestamp,
}

impl SentCode {
    fn counts(&self, now: Timestamp) -> bool {
        now < self.at.saturating_add(WINDOW).unwrap_or(Timestamp::MAX)
    }
}

impl Root for Telephone {
    type Rules = ();
    type Wants = ();
    type Fact = Infallible;
}

/// Counts a code before it is sent.
#[derive(Clone, Debug)]
pub struct TakeCode {
    /// Blind index of the telephone.
    pub telephone: Uuid,
    /// What the code is for.
    pub id: Uuid,
    /// The device that asks has signed in before.
    pub known_device: bool,
}

/// Whether a code may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Taken {
    /// It may.
    Counted,
    /// The telephone had its share.
    TooMany,
}

impl Kept for Taken {}

impl Command for TakeCode {
    const NAME: &'static str = "TakeCode";
    type Root = Telephone;
    type Answer = Taken;

    fn stream(&self) -> Stream {
        Stream(self.telephone)
    }

    fn decide(
        &self,
        before: Option<&Telephone>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Telephone, Taken>, Refusal> {
        let unknown = || Telephone { id: self.telephone, codes: Vec::new() };
        let mut telephone = before.cloned().unwrap_or_else(unknown);
        telephone.codes.retain(|code| code.counts(at.now));
        let alike = telephone.codes.iter().filter(|code| code.known_device == self.known_device);
        if alike.count() >= CODES {
            return Ok(Decided::quiet(telephone, Taken::TooMany));
        }
        let Self { id, known_device, .. } = *self;
        telephone.codes.push(SentCode { id, known_device, at: at.now });
        Ok(Decided::quiet(telephone, Taken::Counted))
    }
}

#[cfg(test)]
mod tests {
    use chassis::write::Numbers;

    use super::*;

    fn take(telephone: &mut Option<Telephone>, minute: i64, known_device: bool) -> Taken {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute);
        let mut numbers = Numbers::default();
        let mut at = At::new(now, [0; 32], &mut numbers);
        let command = TakeCode { telephone: Uuid::max(), id: Uuid::now_v7(), known_device };
        let decided = command.decide(telephone.as_ref(), &(), &mut at).unwrap();
        *telephone = Some(decided.after);
        decided.answer
    }

    #[test]
    fn strangers_and_known_devices_have_ten_codes_an_hour_each() {
        let mut telephone = None;
        for minute in 0..10 {
            assert_eq!(take(&mut telephone, minute, false), Taken::Counted);
        }
        assert_eq!(take(&mut telephone, 10, false), Taken::TooMany);
        assert_eq!(take(&mut telephone, 10, true), Taken::Counted);
        assert_eq!(take(&mut telephone, 59, false), Taken::TooMany);
        assert_eq!(take(&mut telephone, 60, false), Taken::Counted);
        assert_eq!(take(&mut telephone, 60, false), Taken::TooMany);
    }
}
