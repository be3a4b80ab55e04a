//! How satisfied citizens are: what is counted, over which period, and how much of it the public is told.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use proto::motcua::feedback::v1::SatisfactionLevel;

/// Ratings below which only their number is told: of so few, each could be told by whom it concerns. Our choice; no rule says.
pub const FEWEST: i64 = 5;

/// The levels, from very dissatisfied on.
pub const LEVELS: [SatisfactionLevel; 5] = [
    SatisfactionLevel::VeryDissatisfied,
    SatisfactionLevel::Dissatisfied,
    SatisfactionLevel::Neutral,
    SatisfactionLevel::Satisfied,
    SatisfactionLevel::VerySatisfied,
];

/// The levels that count as satisfied are this one and those above, as surveys of satisfaction with administrative services do.
const SATISFIED: SatisfactionLevel = SatisfactionLevel::Satisfied;

/// A month of the calendar, as tables keep it: year × 100 + month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(i32);

impl Month {
    /// The month of a day.
    pub fn of(day: Date) -> Self {
        Self(i32::from(day.year()) * 100 + i32::from(day.month()))
    }

    /// As tables keep it.
    pub const fn number(self) -> i32 {
        self.0
    }
}

/// A whole month, quarter or year, as indices are published for (Decision 766/QĐ-TTg counts by these).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period(RangeInclusive<i32>);

impl Period {
    /// `2026-11`, `2026-Q4` or `2026`, years 2000 to 2999.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, part) = match text.split_once('-') {
            Some((year, part)) => (year, Some(part)),
            None => (text, None),
        };
        let year = digits(year, 4).filter(|year| (2000..3000).contains(year))?;
        let months = match part {
            None => 1..=12,
            Some(part) => match part.strip_prefix('Q') {
                Some(quarter) => {
                    let quarter = digits(quarter, 1).filter(|it| (1..=4).contains(it))?;
                    quarter * 3 - 2..=quarter * 3
                }
                None => {
                    let month = digits(part, 2).filter(|it| (1..=12).contains(it))?;
                    month..=month
                }
            },
        };
        Some(Self(year * 100 + months.start()..=year * 100 + months.end()))
    }

    /// The first and the last month, as tables keep them.
    pub const fn months(&self) -> (i32, i32) {
        (*self.0.start(), *self.0.end())
    }
}

fn digits(text: &str, count: usize) -> Option<i32> {
    let whole = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| whole)
}

/// How many were invited, and how many said what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dossiers whose owner was invited.
    pub invited: i64,
    /// Ratings by level, from very dissatisfied on.
    pub by_level: [i64; 5],
}

impl Counts {
    /// How many said something.
    pub fn rated(&self) -> i64 {
        self.by_level.iter().sum()
    }

    /// Each level with its ratings, if there are enough to be told apart from single persons.
    pub fn levels(&self) -> Option<impl Iterator<Item = (SatisfactionLevel, i64)>> {
        (self.rated() >= FEWEST).then(|| LEVELS.into_iter().zip(self.by_level))
    }

    /// Which share of those who said something is satisfied, from 0 to 1, if there are enough of them.
    pub fn satisfied_share(&self) -> Option<f64> {
        let satisfied: i64 = self
            .levels()?
            .filter(|(level, _)| *level >= SATISFIED)
            .map(|(_, ratings)| ratings)
            .sum();
        Some(satisfied as f64 / self.rated() as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_period_is_a_month_a_quarter_or_a_year() {
        for (text, months) in [
            ("2026-11", Some((202_611, 202_611))),
            ("2026-01", Some((202_601, 202_601))),
            ("2026-Q1", Some((202_601, 202_603))),
            ("2026-Q4", Some((202_610, 202_612))),
            ("2026", Some((202_601, 202_612))),
            ("", None),
            ("26", None),
            ("2026-", None),
            ("2026-0", None),
            ("2026-1", None),
            ("2026-00", None),
            ("2026-13", None),
            ("2026-Q0", None),
            ("2026-Q5", None),
            ("2026-q4", None),
            ("2026-11-25", None),
            ("+026", None),
            ("1999", None),
            ("3000", None),
            ("２０２６", None),
        ] {
            assert_eq!(Period::parse(text).map(|period| period.months()), months, "{text}");
        }
    }

    #[test]
    fn the_two_upper_levels_are_satisfied_and_few_are_not_told_apart() {
        for (by_level, rated, share) in [
            ([0, 0, 0, 0, 0], 0, None),
            ([1, 0, 0, 0, 3], 4, None),
            ([0, 0, 0, 5, 0], 5, Some(1.0)),
            ([1, 1, 1, 1, 1], 5, Some(0.4)),
            ([5, 0, 0, 0, 0], 5, Some(0.0)),
            ([0, 0, 1, 1, 2], 4, None),
            ([3, 3, 3, 41, 50], 100, Some(0.91)),
        ] {
            let counts = Counts { invited: 200, by_level };
            assert_eq!((counts.rated(), counts.satisfied_share()), (rated, share), "{by_level:?}");
            assert_eq!(counts.levels().is_some(), share.is_some(), "{by_level:?}");
        }
    }

    proptest! {
        #[test]
        fn a_share_is_a_share(by_level in prop::array::uniform5(0..1_000_000_i64)) {
            if let Some(share) = (Counts { invited: 0, by_level }).satisfied_share() {
                prop_assert!((0.0..=1.0).contains(&share));
            }
        }

        #[test]
        fn no_text_makes_a_period_panic(text in any::<String>()) {
            let _ = Period::parse(&text);
        }
    }
}
