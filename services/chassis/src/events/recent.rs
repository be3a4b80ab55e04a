//! Whether failing events are at fault themselves, or what takes them is: a few fail alone, a share of all never does.

use std::collections::VecDeque;

/// How many of the last events count.
const REMEMBERED: usize = 1_000;

/// So many may fail whatever their share.
const FEW: usize = 9;

/// One in so many may fail.
const ONE_IN: usize = 100;

/// The last events of one sink: for each, whether it failed.
#[derive(Debug, Default)]
pub(super) struct Recent {
    last: VecDeque<bool>,
    failed: usize,
}

impl Recent {
    /// Whether one more failure would still be a few, or not above 1% of what is remembered.
    pub(super) fn bears_another(&self) -> bool {
        let (failed, seen) = (self.failed + 1, self.last.len() + 1);
        failed <= FEW || failed * ONE_IN <= seen.min(REMEMBERED)
    }

    /// Remembers an event, and forgets the one a thousand before it.
    pub(super) fn count(&mut self, failed: bool) {
        self.last.push_back(failed);
        self.failed += usize::from(failed);
        if self.last.len() > REMEMBERED && self.last.pop_front() == Some(true) {
            self.failed -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: impl IntoIterator<Item = (bool, usize)>) -> Recent {
        let mut recent = Recent::default();
        for (failed, times) in events {
            (0..times).for_each(|_| recent.count(failed));
        }
        recent
    }

    #[test]
    fn a_few_failures_or_a_small_share_are_borne() {
        let cases: [(&[(bool, usize)], bool); 8] = [
            (&[], true),
            (&[(true, 8)], true),
            (&[(true, 9)], false),
            (&[(true, 9), (false, 989)], false),
            (&[(true, 9), (false, 990)], true),
            (&[(false, 5_000), (true, 9)], true),
            (&[(false, 5_000), (true, 10)], false),
            (&[(false, 5_000), (true, 10), (false, 991)], true),
        ];
        for (events, borne) in cases {
            assert_eq!(after(events.iter().copied()).bears_another(), borne, "{events:?}");
        }
    }
}
