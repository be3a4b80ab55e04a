//! The decisions of one batch, commands of one stream folding in order. Pure: what it is given was locked and loaded,
//! what it returns is saved.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use jiff::Timestamp;
use uuid::Uuid;

use super::at::{At, Numbers, Wishes};
use super::lane::{Boxed, Queued, Verdict};
use super::{Changed, Decided, Failure, Kind, Once, Refusal, Root, Stream};
use crate::jobs::NewJob;
use crate::timers::{TimerKey, Timers};
use crate::write::once::Fingerprint;

/// A stream's head, locked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) sequence: i64,
    pub(super) seen: BTreeMap<String, i64>,
    pub(super) parked: bool,
}

/// An answer kept for a repeat.
#[derive(Clone, Debug)]
pub(super) struct KeptAnswer {
    pub(super) fingerprint: Fingerprint,
    pub(super) answer: String,
}

/// (caller, request id).
pub(super) type Key = (String, Uuid);

/// What a batch found when it had its locks.
#[derive(Clone)]
pub(super) struct Loaded<R> {
    pub(super) heads: HashMap<Stream, Head>,
    pub(super) roots: HashMap<Stream, R>,
    pub(super) kept: HashMap<Key, KeptAnswer>,
    /// The last token given of each job that a command of the batch ends.
    pub(super) tokens: HashMap<Uuid, i64>,
    /// The timers of the batch that stand as they were found.
    pub(super) due: HashSet<TimerKey>,
}

/// A fact and the command, by its place in the batch, that it follows from.
pub(super) struct Fact<R: Root> {
    pub(super) command: usize,
    pub(super) stream: Stream,
    pub(super) sequence: i64,
    pub(super) fact: R::Fact,
}

/// What a batch decided.
pub(super) struct Folded<R: Root> {
    pub(super) verdicts: Vec<Verdict>,
    pub(super) changed: Vec<Changed<R>>,
    pub(super) heads: Vec<(Stream, Head)>,
    /// Streams that nothing ever happened on: their heads were made to be locked.
    pub(super) untrodden: Vec<Stream>,
    pub(super) facts: Vec<Fact<R>>,
    pub(super) answers: Vec<(Key, KeptAnswer)>,
    pub(super) jobs: Vec<(Stream, Option<String>, NewJob)>,
    pub(super) ended: Vec<Uuid>,
    pub(super) timers: Timers,
    pub(super) numbers: Numbers,
}

/// Decides every command of the batch in order.
pub(super) fn fold<R: Root>(
    commands: &[Boxed<R>],
    loaded: &Loaded<R>,
    rules: &R::Rules,
    now: Timestamp,
    numbers: Numbers,
) -> Folded<R> {
    let mut folding = Folding {
        state: loaded.clone(),
        touched: HashSet::new(),
        facts: Vec::new(),
        answers: Vec::new(),
        jobs: Vec::new(),
        ended: Vec::new(),
        timers: Timers::new(),
        numbers,
        rules,
        now,
    };
    let verdicts = commands
        .iter()
        .enumerate()
        .map(|(place, command)| folding.judge(place, command.as_ref()))
        .collect();
    folding.finish(verdicts, loaded)
}

struct Folding<'a, R: Root> {
    state: Loaded<R>,
    touched: HashSet<Stream>,
    facts: Vec<Fact<R>>,
    answers: Vec<(Key, KeptAnswer)>,
    jobs: Vec<(Stream, Option<String>, NewJob)>,
    ended: Vec<Uuid>,
    timers: Timers,
    numbers: Numbers,
    rules: &'a R::Rules,
    now: Timestamp,
}

impl<R: Root> Folding<'_, R> {
    fn judge(&mut self, place: usize, command: &dyn Queued<R>) -> Verdict {
        let known = match command.once() {
            Once::Call { caller, request_id, fingerprint } => {
                self.known_call(caller, *request_id, fingerprint)
            }
            Once::Event { source, sequence, replayed, .. } => {
                self.known_event(command.stream(), source, *sequence, *replayed)
            }
            Once::Timer { stream, kind, .. } => self.lost_timer((*stream, *kind)),
            Once::Job { id, token, .. } => self.lost_job(*id, *token),
        };
        known.unwrap_or_else(|| self.decide(place, command))
    }

    fn known_call(&self, caller: &str, id: Uuid, fingerprint: &Fingerprint) -> Option<Verdict> {
        let kept = self.state.kept.get(&(caller.to_owned(), id))?;
        Some(if kept.fingerprint == *fingerprint {
            Verdict::Answered(kept.answer.clone())
        } else {
            Verdict::Refused(request_id_reused())
        })
    }

    fn known_event(
        &self,
        stream: Stream,
        source: &str,
        sequence: i64,
        replayed: bool,
    ) -> Option<Verdict> {
        let head = self.head(stream);
        let expected = head.seen.get(source).copied().unwrap_or_default() + 1;
        if sequence < expected {
            Some(Verdict::Repeat)
        } else if head.parked && !replayed {
            Some(Verdict::Parked)
        } else if sequence > expected {
            Some(Verdict::Gap { expected })
        } else {
            None
        }
    }

    /// Ended, by this or another batch or by a command before this one; or claimed again since.
    fn lost_job(&self, id: Uuid, token: i64) -> Option<Verdict> {
        let holds = self.state.tokens.get(&id) == Some(&token);
        (!holds).then(|| Verdict::Refused(lease_lost()))
    }

    /// Taken, moved or removed since it was found, by another batch or by a command before this one; or its stream is being changed.
    fn lost_timer(&self, key: TimerKey) -> Option<Verdict> {
        (!self.state.due.contains(&key)).then_some(Verdict::Repeat)
    }

    fn decide(&mut self, place: usize, command: &dyn Queued<R>) -> Verdict {
        let before = self.state.roots.get(&command.stream()).filter(|root| !root.is_gone());
        let taken = self.numbers.taken().clone();
        let mut at = At::new(self.now, command.once().seed(), &mut self.numbers);
        // Safe to assert: `decide` gets shared references only, and what it took of the numbers is restored.
        let decided =
            catch_unwind(AssertUnwindSafe(|| command.decide(before, self.rules, &mut at)));
        match decided {
            Ok(Ok(Some(decided))) => {
                let wishes = at.into_wishes();
                self.take_effect(place, command, decided, wishes)
            }
            Ok(Ok(None)) => {
                self.count(command);
                Verdict::Answered("null".into())
            }
            Ok(Err(refusal)) => {
                self.numbers.restore(taken);
                self.count(command);
                Verdict::Refused(refusal)
            }
            Err(_) => {
                self.numbers.restore(taken);
                Verdict::Failed(Failure::Broken(format!("{} panicked", command.name())))
            }
        }
    }

    fn take_effect(
        &mut self,
        place: usize,
        command: &dyn Queued<R>,
        decided: Decided<R, String>,
        wishes: Wishes,
    ) -> Verdict {
        let stream = command.stream();
        let Decided { after, facts, answer } = decided;
        self.state.roots.insert(stream, after);
        self.touched.insert(stream);
        for fact in facts {
            let head = self.head_mut(stream);
            head.sequence += 1;
            let sequence = head.sequence;
            self.facts.push(Fact { command: place, stream, sequence, fact });
        }
        let traceparent = || command.traceparent().map(ToOwned::to_owned);
        self.jobs.extend(wishes.jobs.into_iter().map(|job| (stream, traceparent(), job)));
        if let Once::Call { caller, request_id, fingerprint } = command.once() {
            let key = (caller.clone(), *request_id);
            let kept = KeptAnswer { fingerprint: *fingerprint, answer: answer.clone() };
            self.state.kept.insert(key.clone(), kept.clone());
            self.answers.push((key, kept));
        }
        if let Once::Job { id, .. } = command.once() {
            self.state.tokens.remove(id);
            self.ended.push(*id);
        }
        self.count(command);
        for (kind, when) in wishes.timers {
            self.set_timer((stream, kind), when);
        }
        Verdict::Answered(answer)
    }

    fn set_timer(&mut self, key: TimerKey, when: Option<Timestamp>) {
        self.state.due.remove(&key);
        self.timers.insert(key, when);
    }

    /// An event and a timer are behind us whether or not something followed from them.
    fn count(&mut self, command: &dyn Queued<R>) {
        match command.once() {
            Once::Event { source, sequence, .. } => {
                self.head_mut(command.stream()).seen.insert(source.clone(), *sequence);
            }
            Once::Timer { stream, kind, .. } => self.set_timer((*stream, *kind), None),
            Once::Call { .. } | Once::Job { .. } => {}
        }
    }

    fn head(&self, stream: Stream) -> &Head {
        self.state.heads.get(&stream).expect("every stream of the batch was locked")
    }

    fn head_mut(&mut self, stream: Stream) -> &mut Head {
        self.state.heads.get_mut(&stream).expect("every stream of the batch was locked")
    }

    fn finish(self, verdicts: Vec<Verdict>, loaded: &Loaded<R>) -> Folded<R> {
        let untrodden = self.untrodden(loaded);
        let Self { mut state, touched, facts, answers, jobs, ended, timers, numbers, .. } = self;
        let changed = touched
            .into_iter()
            .filter_map(|stream| {
                let after = state.roots.remove(&stream)?;
                Some(Changed { stream, before: loaded.roots.get(&stream).cloned(), after })
            })
            .collect();
        let heads = state
            .heads
            .into_iter()
            .filter(|(stream, head)| loaded.heads.get(stream) != Some(head))
            .collect();
        Folded { verdicts, changed, heads, untrodden, facts, answers, jobs, ended, timers, numbers }
    }

    fn untrodden(&self, loaded: &Loaded<R>) -> Vec<Stream> {
        let is_new = |stream: &Stream| self.head(*stream) == &Head::default();
        let rootless =
            |stream: &Stream| !loaded.roots.contains_key(stream) && !self.touched.contains(stream);
        let streams = loaded.heads.keys().copied();
        streams.filter(|stream| is_new(stream) && rootless(stream)).collect()
    }
}

/// The reason of the refusal of a job's end by one who holds it no longer.
pub(crate) const LEASE_LOST: &str = "LEASE_LOST";

fn lease_lost() -> Refusal {
    Refusal::new(
        Kind::Race,
        LEASE_LOST,
        "Việc này đã xong hoặc đã giao cho bên khác.",
        "The job has ended, or another holds it.",
    )
}

/// REQUEST_ID_REUSED: what is asked under this id is not what was asked under it before.
pub fn request_id_reused() -> Refusal {
    Refusal::new(
        Kind::Invalid,
        "REQUEST_ID_REUSED",
        "Mã yêu cầu này đã dùng cho một yêu cầu khác; hãy dùng mã mới.",
        "This request id was used for another request; use a new one.",
    )
}
