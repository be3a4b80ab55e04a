//! Number pools as data: which series are drawn from, for which kind of vehicle.
//!
//! A series stands in one pool only, so no number can be drawn twice. Everything is checked when
//! the file is read, and an error names its place there.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};
use std::num::NonZeroU16;
use std::str::FromStr;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::number::{LAST_SERIAL, NumberError, PlateNumber, Series, VehicleKind};

/// Numbers of one pool at most: ten whole series, whose Merkle tree takes 64 MB.
pub const MAX_NUMBERS: u32 = 1_000_000;

/// Octets of a file of pools at most.
const LONGEST_FILE: usize = 64 * 1024;

/// Characters of a pool's name at most.
const LONGEST_NAME: usize = 63;

/// Why a file of pools is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// More than anyone would write by hand.
    #[error("the file of number pools is longer than {LONGEST_FILE} octets: split it")]
    TooLong,
    /// Not YAML, or not of the shape of the file delivered; the message names field, line and
    /// column.
    #[error("the file of number pools cannot be read: {0}")]
    Syntax(#[from] serde_norway::Error),
    /// One entry breaks a rule.
    #[error("{place}: {reason}")]
    Entry {
        /// For example `pools[0].series[2]`.
        place: String,
        /// The rule and what to do.
        reason: Reason,
    },
}

impl PoolError {
    fn at(place: &str, reason: impl Into<Reason>) -> Self {
        Self::Entry { place: place.to_owned(), reason: reason.into() }
    }
}

/// What an entry of the file breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Names stand in addresses and in logs.
    #[error("a pool's name has 1 to {LONGEST_NAME} of the characters a-z, 0-9 and -")]
    Name,
    /// Two pools of one name.
    #[error("another pool has this name already: rename one")]
    RepeatedName,
    /// The series is not one of the city or of this kind of vehicle.
    #[error(transparent)]
    Series(#[from] NumberError),
    /// A series stands in two places, so that its numbers could be drawn twice.
    #[error("this series stands further up already: remove one")]
    RepeatedSeries,
    /// From after to, or outside of 1 to 99,999.
    #[error("`from` and `to` must be in order and within 1 to {LAST_SERIAL}")]
    Range,
    /// An empty pool cannot be drawn from.
    #[error("a pool needs at least one series")]
    NoSeries,
    /// See [`MAX_NUMBERS`].
    #[error("a pool holds {MAX_NUMBERS} numbers at most: split it")]
    TooManyNumbers,
}

/// What a pool is called, for example `motorcycle-59`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolName(String);

impl PoolName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PoolName {
    type Err = Reason;

    /// Accepts 1 to 63 of the characters a-z, 0-9 and `-`; otherwise [`Reason::Name`].
    fn from_str(text: &str) -> Result<Self, Reason> {
        let is_plain = |octet| matches!(octet, b'a'..=b'z' | b'0'..=b'9' | b'-');
        let fits = (1..=LONGEST_NAME).contains(&text.len());
        let valid = fits && text.bytes().all(is_plain);
        if valid { Ok(Self(text.to_owned())) } else { Err(Reason::Name) }
    }
}

impl Display for PoolName {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A part of a series, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    series: Series,
    from: u32,
    to: u32,
}

/// The numbers that citizens of one kind of vehicle draw from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPool {
    name: PoolName,
    kind: VehicleKind,
    epoch_days: Option<NonZeroU16>,
    stretches: Vec<Stretch>,
}

impl NumberPool {
    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &PoolName {
        &self.name
    }

    /// Who draws from it.
    #[must_use]
    pub fn kind(&self) -> VehicleKind {
        self.kind
    }

    /// Whether an epoch that was opened then is over by its age, so that the next one takes in what went back meanwhile.
    pub fn is_over(&self, opened_at: Timestamp, now: Timestamp) -> bool {
        let age = now.duration_since(opened_at);
        let lasts = |days: NonZeroU16| SignedDuration::from_hours(24 * i64::from(days.get()));
        self.epoch_days.is_some_and(|days| age >= lasts(days))
    }

    /// Every number once, in ascending order, at most [`MAX_NUMBERS`].
    pub fn numbers(&self) -> impl Iterator<Item = PlateNumber> {
        self.stretches.iter().flat_map(|stretch| {
            (stretch.from..=stretch.to).filter_map(|serial| stretch.series.number(serial).ok())
        })
    }
}

/// All pools of an installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPools(Vec<NumberPool>);

impl NumberPools {
    /// Reads and checks a file of pools.
    ///
    /// # Errors
    /// [`PoolError`], with the place in the file.
    pub fn from_yaml(text: &str) -> Result<Self, PoolError> {
        if text.len() > LONGEST_FILE {
            return Err(PoolError::TooLong);
        }
        let file: File = serde_norway::from_str(text)?;
        let (mut names, mut series) = (BTreeSet::new(), BTreeSet::new());
        let mut pools = Vec::with_capacity(file.pools.len());
        for (index, entry) in file.pools.into_iter().enumerate() {
            let place = format!("pools[{index}]");
            let pool = read_pool(&place, &entry, &mut series)?;
            if !names.insert(pool.name.clone()) {
                return Err(PoolError::at(&place, Reason::RepeatedName));
            }
            pools.push(pool);
        }
        Ok(Self(pools))
    }

    /// The pool of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&NumberPool> {
        self.0.iter().find(|pool| pool.name.as_str() == name)
    }

    /// All pools, as they stand in the file.
    pub fn iter(&self) -> impl Iterator<Item = &NumberPool> {
        self.0.iter()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pools: Vec<PoolEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolEntry {
    name: String,
    kind: VehicleKind,
    epoch_days: Option<NonZeroU16>,
    series: Vec<SeriesEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SeriesEntry {
    series: String,
    from: u32,
    to: u32,
}

fn read_pool(
    place: &str,
    entry: &PoolEntry,
    seen: &mut BTreeSet<Series>,
) -> Result<NumberPool, PoolError> {
    let name = entry.name.parse().map_err(|reason: Reason| PoolError::at(place, reason))?;
    let mut stretches = Vec::with_capacity(entry.series.len());
    for (index, series) in entry.series.iter().enumerate() {
        let stretch = read_stretch(entry.kind, series, seen);
        let place = format!("{place}.series[{index}]");
        stretches.push(stretch.map_err(|reason| PoolError::at(&place, reason))?);
    }
    check_size(&stretches).map_err(|reason| PoolError::at(place, reason))?;
    stretches.sort_unstable();
    Ok(NumberPool { name, kind: entry.kind, epoch_days: entry.epoch_days, stretches })
}

fn read_stretch(
    kind: VehicleKind,
    entry: &SeriesEntry,
    seen: &mut BTreeSet<Series>,
) -> Result<Stretch, Reason> {
    let series = Series::parse(kind, &entry.series)?;
    let (from, to) = (entry.from, entry.to);
    if from < 1 || from > to || to > LAST_SERIAL {
        return Err(Reason::Range);
    }
    if !seen.insert(series) {
        return Err(Reason::RepeatedSeries);
    }
    Ok(Stretch { series, from, to })
}

fn check_size(stretches: &[Stretch]) -> Result<(), Reason> {
    let numbers: u64 = stretches.iter().map(|part| u64::from(part.to - part.from) + 1).sum();
    match numbers {
        0 => Err(Reason::NoSeries),
        _ if numbers > u64::from(MAX_NUMBERS) => Err(Reason::TooManyNumbers),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERED: &str = include_str!("../../data/number_pools.yaml");

    #[test]
    fn the_pools_delivered_are_sound() {
        let pools = NumberPools::from_yaml(DELIVERED).unwrap();
        assert!(pools.iter().count() > 1);
        for pool in pools.iter() {
            let numbers: Vec<_> = pool.numbers().collect();
            assert!(numbers.is_sorted_by(|a, b| a < b), "{}", pool.name());
            assert!(numbers.iter().all(|number| number.series().kind() == pool.kind()));
        }
    }

    #[test]
    fn a_whole_series_runs_from_the_first_to_the_last_number() {
        let pools = NumberPools::from_yaml(DELIVERED).unwrap();
        let pool = pools.get("motorcycle-59").unwrap();
        let series = Series::parse(VehicleKind::Motorcycle, "59-AA").unwrap();
        let numbers: Vec<_> = pool.numbers().filter(|number| number.series() == series).collect();
        assert_eq!(numbers.len(), 99_999);
        assert_eq!(numbers[0].to_string(), "59-AA 000.01");
        assert_eq!(numbers[99_998].to_string(), "59-AA 999.99");
        assert_eq!(pools.get("motorcycle-58"), None);
    }

    #[test]
    fn series_are_ordered_whatever_the_file_says() {
        let text = "pools: [{name: p, kind: car, series: [\
            {series: 51L, from: 7, to: 8}, {series: 51K, from: 99998, to: 99999}]}]";
        let pools = NumberPools::from_yaml(text).unwrap();
        let written: Vec<_> =
            pools.get("p").unwrap().numbers().map(|number| number.to_string()).collect();
        assert_eq!(written, ["51K-999.98", "51K-999.99", "51L-000.07", "51L-000.08"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let pool = |name: &str, series: &str| {
            format!("pools: [{{name: {name}, kind: car, series: [{series}]}}]")
        };
        let k = "{series: 51K, from: 1, to: 99999}";
        let pair = format!("pools: [{0}, {0}]", "{name: p, kind: car, series: [SERIES]}");
        let pair = pair.replacen("SERIES", k, 1).replace("SERIES", "{series: 51L, from: 1, to: 1}");
        let letters = "ABCDEFGHKLM".chars();
        let eleven = letters.map(|letter| k.replace('K', &letter.to_string())).collect::<Vec<_>>();
        let cases = [
            (pool("P_1", k), "pools[0]: a pool's name has"),
            (pool("p", ""), "pools[0]: a pool needs at least one series"),
            (pool("p", &eleven.join(",")), "pools[0]: a pool holds 1000000 numbers at most"),
            (pool("p", &[k, k].join(",")), "pools[0].series[1]: this series stands further up"),
            (pool("p", "{series: 30K, from: 1, to: 9}"), "pools[0].series[0]: the first two"),
            (pool("p", "{series: 51K, from: 0, to: 9}"), "pools[0].series[0]: `from` and `to`"),
            (pool("p", "{series: 51K, from: 9, to: 8}"), "pools[0].series[0]: `from` and `to`"),
            (pool("p", "{series: 51K, from: 1, to: 100000}"), "pools[0].series[0]: `from` and"),
            (
                pool("p", "{series: 51K, from: 1}"),
                "the file of number pools cannot be read: pools[0]",
            ),
            (pair, "pools[1]: another pool has this name"),
            (
                pool("p", k).replace("kind: car", "kind: car, epoch_days: 0"),
                "the file of number pools cannot be read: pools[0].epoch_days",
            ),
            ("pools: []\nlimit: 3".to_owned(), "the file of number pools cannot be read"),
            (" ".repeat(LONGEST_FILE + 1), "the file of number pools is longer than"),
        ];
        for (text, message) in cases {
            let error = NumberPools::from_yaml(&text).unwrap_err().to_string();
            assert!(error.starts_with(message), "{error}\n  instead of {message}");
        }
    }
}
