//! Pauses: while the state waits for the citizen, no office's clock runs.

use jiff::Timestamp;

use super::due::DueError;

/// A time in which the clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pause {
    /// The instant of the fact that stopped the clock.
    pub from: Timestamp,
    /// The instant of the fact that started it again, not before `from`; `None` while it still
    /// stands.
    pub to: Option<Timestamp>,
    /// What is waited for.
    pub reason: PauseReason,
}

/// Why the clock stands still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseReason {
    /// The citizen was asked to supplement the dossier.
    Supplement,
    /// A fee fell due and is not paid yet.
    Payment,
    /// Another step is the citizen's, such as drawing a number.
    CitizenStep,
    /// Processing was stopped.
    Stopped,
}

/// Pauses that touch or overlap, as one standstill.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standstill {
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    /// Its pauses end to end: what two of them share belongs to the earlier.
    pub pauses: Vec<Pause>,
}

/// More pauses than this in one dossier is a fault of the caller.
const MOST_PAUSES: usize = 1_000;

/// The pauses in any order, as standstills in order, none before `begin`.
pub(super) fn standstills(pauses: &[Pause], begin: Timestamp) -> Result<Vec<Standstill>, DueError> {
    check(pauses)?;
    let mut in_order = pauses.to_vec();
    in_order.sort_by_key(|pause| pause.from);
    let mut standstills: Vec<Standstill> = Vec::new();
    for pause in in_order {
        let pause = Pause { from: pause.from.max(begin), ..pause };
        match standstills.last_mut() {
            Some(last) if last.reaches(pause.from) => last.extend(pause),
            _ if pause.is_empty() => {}
            _ => standstills.push(Standstill::of(pause)),
        }
    }
    Ok(standstills)
}

fn check(pauses: &[Pause]) -> Result<(), DueError> {
    if pauses.len() > MOST_PAUSES {
        return Err(DueError::TooManyPauses { count: pauses.len(), most: MOST_PAUSES });
    }
    match pauses.iter().find(|pause| pause.to.is_some_and(|to| to < pause.from)) {
        Some(pause) => Err(DueError::PauseEndsBeforeItBegins { from: pause.from }),
        None => Ok(()),
    }
}

impl Pause {
    fn is_empty(&self) -> bool {
        self.to.is_some_and(|to| to <= self.from)
    }
}

impl Standstill {
    fn of(pause: Pause) -> Self {
        Self { from: pause.from, to: pause.to, pauses: vec![pause] }
    }

    fn reaches(&self, instant: Timestamp) -> bool {
        self.to.is_none_or(|to| instant <= to)
    }

    /// Takes in a pause that begins within this standstill or at its end.
    fn extend(&mut self, pause: Pause) {
        let Some(end) = self.to else { return };
        let rest = Pause { from: end, ..pause };
        if !rest.is_empty() {
            self.to = rest.to;
            self.pauses.push(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pause(from: i64, to: Option<i64>) -> Pause {
        Pause { from: at(from), to: to.map(at), reason: PauseReason::Payment }
    }

    fn ends(pauses: &[Pause], begin: i64) -> Vec<(i64, Option<i64>)> {
        let seconds = |standstill: &Standstill| {
            (standstill.from.as_second(), standstill.to.map(Timestamp::as_second))
        };
        standstills(pauses, at(begin)).unwrap().iter().map(seconds).collect()
    }

    #[test]
    fn pauses_in_any_order_become_their_union() {
        let (open, none) = (None, vec![]);
        for (pauses, union) in [
            (vec![], none.clone()),
            (vec![pause(5, Some(5))], none.clone()),
            (vec![pause(-9, Some(0))], none),
            (vec![pause(-9, Some(3))], vec![(0, Some(3))]),
            (vec![pause(6, Some(9)), pause(1, Some(4))], vec![(1, Some(4)), (6, Some(9))]),
            (vec![pause(4, Some(9)), pause(1, Some(4))], vec![(1, Some(9))]),
            (vec![pause(1, Some(9)), pause(2, Some(3))], vec![(1, Some(9))]),
            (vec![pause(1, open), pause(2, Some(3))], vec![(1, open)]),
            (vec![pause(3, open), pause(1, Some(5))], vec![(1, open)]),
        ] {
            assert_eq!(ends(&pauses, 0), union, "{pauses:?}");
        }
    }

    #[test]
    fn what_two_pauses_share_belongs_to_the_earlier() {
        let union = standstills(&[pause(3, Some(8)), pause(1, Some(5))], at(0)).unwrap();
        assert_eq!(union[0].pauses, [pause(1, Some(5)), pause(5, Some(8))]);
    }

    #[test]
    fn a_pause_that_runs_backwards_and_a_flood_of_pauses_are_refused() {
        let backwards = standstills(&[pause(5, Some(4))], at(0));
        assert_eq!(backwards, Err(DueError::PauseEndsBeforeItBegins { from: at(5) }));
        let flood = standstills(&vec![pause(1, Some(2)); 1_001], at(0));
        assert_eq!(flood, Err(DueError::TooManyPauses { count: 1_001, most: 1_000 }));
    }
}
