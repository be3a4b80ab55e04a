//! What a decision may know besides state and rules: the time, fresh ids, the next number of a series.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::jobs::{NewJob, Work};

/// A row of numbers without gaps, for example the dossier codes of one agency and day. At most 100 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Series(pub String);

/// The circumstances of one decision.
#[derive(Debug)]
pub struct At<'a> {
    /// The instant of the batch, by the service's clock.
    pub now: Timestamp,
    seed: [u8; 32],
    drawn: u32,
    numbers: &'a mut Numbers,
    jobs: Vec<NewJob>,
    timers: BTreeMap<&'static str, Option<Timestamp>>,
}

impl<'a> At<'a> {
    /// Circumstances by hand, for trying a decision without a door.
    pub fn new(now: Timestamp, seed: [u8; 32], numbers: &'a mut Numbers) -> Self {
        Self { now, seed, drawn: 0, numbers, jobs: Vec::new(), timers: BTreeMap::new() }
    }

    /// A fresh id. It follows from the command's identity, so that a second run of the same command makes the same ones.
    pub fn id(&mut self) -> Uuid {
        self.drawn += 1;
        let digest =
            Sha256::new_with_prefix(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        uuid_of(&digest)
    }

    /// The next number of a series, from 1, without gaps: a number is used only if the command takes effect.
    ///
    /// Numbers are counted in a first run of the batch's decisions and known in the second; a decision may print its number, but must
    /// not branch on it.
    pub fn number(&mut self, series: &Series) -> i64 {
        self.numbers.next(series)
    }

    /// Has work on the world outside begun once the command has taken effect. `id`, never used before for a job of this service, is
    /// what the world outside knows it by.
    pub fn schedule<W: Work>(&mut self, id: Uuid, work: &W) {
        self.schedule_at(id, work, self.now);
    }

    /// As [`At::schedule`], but the work is not begun before `due`.
    pub fn schedule_at<W: Work>(&mut self, id: Uuid, work: &W, due: Timestamp) {
        self.jobs.push(NewJob::of(id, work, due));
    }

    /// Has the stream reminded at `when`, or as soon as may be if that is past: then the command follows that the service's
    /// [`Sweeper`](crate::timers::Sweeper) of this kind names. A stream has one timer of a kind: setting it again moves it.
    pub fn wake(&mut self, kind: &'static str, when: Timestamp) {
        self.timers.insert(kind, Some(when));
    }

    /// Removes the stream's timer of this kind, if it has one.
    pub fn still(&mut self, kind: &'static str) {
        self.timers.insert(kind, None);
    }

    /// The timers set or, with none, removed by the decision.
    pub fn timers(&self) -> &BTreeMap<&'static str, Option<Timestamp>> {
        &self.timers
    }

    /// What was asked for besides numbers.
    pub(super) fn into_wishes(self) -> Wishes {
        Wishes { jobs: self.jobs, timers: self.timers }
    }
}

/// What a decision asked for that is written with its commit.
pub(super) struct Wishes {
    pub(super) jobs: Vec<NewJob>,
    pub(super) timers: BTreeMap<&'static str, Option<Timestamp>>,
}

/// A version 8 UUID (RFC 9562, section 5.8) from the first bytes of a digest.
pub(super) fn uuid_of(digest: &[u8]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::new_v8(bytes)
}

/// The numbers a batch takes: first counted, then given.
#[derive(Debug, Default)]
pub struct Numbers {
    taken: BTreeMap<Series, i64>,
    base: BTreeMap<Series, i64>,
}

impl Numbers {
    /// Numbers for the second run: `base` holds the last number of each series before this batch.
    pub(super) fn starting_after(base: BTreeMap<Series, i64>) -> Self {
        Self { taken: BTreeMap::new(), base }
    }

    fn next(&mut self, series: &Series) -> i64 {
        let taken = self.taken.entry(series.clone()).or_default();
        *taken += 1;
        self.base.get(series).copied().unwrap_or_default() + *taken
    }

    /// How many each series gave.
    pub(super) fn taken(&self) -> &BTreeMap<Series, i64> {
        &self.taken
    }

    /// Takes back what a command took that was then refused.
    pub(super) fn restore(&mut self, taken: BTreeMap<Series, i64>) {
        self.taken = taken;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_the_seed_alone() {
        let draw = || {
            let mut numbers = Numbers::default();
            let mut at = At::new(Timestamp::UNIX_EPOCH, [7; 32], &mut numbers);
            [at.id(), at.id()]
        };
        assert_eq!(draw(), draw());
        assert_ne!(draw()[0], draw()[1]);
    }

    #[test]
    fn a_number_taken_back_is_given_again() {
        let series = Series("codes".into());
        let mut numbers = Numbers::starting_after(BTreeMap::from([(series.clone(), 41)]));
        assert_eq!(numbers.next(&series), 42);
        let taken = numbers.taken().clone();
        assert_eq!(numbers.next(&series), 43);
        numbers.restore(taken);
        assert_eq!(numbers.next(&series), 43);
    }
}
