//! Signing in: a code is sent, and given back.

use std::time::Duration;

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Kept, Stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Account, Fact, Holder, Named, Session};

/// How long a code is good for.
pub(super) const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// The time in which sign-ins are counted; older ones are forgotten.
pub(super) const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Codes for one holder and telephone in that time.
pub(super) const CODES: usize = 5;

/// Wrong codes that lock a sign-in.
pub(super) const TRIES: i16 = 5;

/// Sign-ins kept for one holder and kind of device; of more, the oldest are forgotten whether or not they reach. So guessing telephones
/// neither fills the database nor tells which of them is right.
const KEPT: usize = 50;

/// A sign-in that waits, or waited, for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The code follows from it.
    pub id: Uuid,
    /// Keyed hash of the holder and the telephone given.
    pub phone_index: Vec<u8>,
    /// The telephone is the account's and had not had its share, so a code is sent.
    pub reaches: bool,
    /// The device that started it has signed in before.
    pub known_device: bool,
    /// Crowded out: it still counts as a code sent, and is otherwise as if it had never been.
    pub forgotten: bool,
    /// Wrong codes given.
    pub tries: i16,
    /// It opened its session.
    pub used: bool,
    /// When it was started.
    pub started_at: Timestamp,
}

impl SignIn {
    /// When its code ends.
    pub fn expires_at(&self) -> Timestamp {
        self.started_at.saturating_add(LIFE).unwrap_or(Timestamp::MAX)
    }

    /// Whether its code can still open a session.
    pub fn is_open(&self, now: Timestamp) -> bool {
        !self.used && !self.forgotten && self.tries < TRIES && now < self.expires_at()
    }

    fn counted_until(&self) -> Timestamp {
        self.started_at.saturating_add(WINDOW).unwrap_or(Timestamp::MAX)
    }
}

/// Starts a sign-in.
#[derive(Clone, Debug)]
pub struct StartSignIn {
    /// Blind index of the personal ID.
    pub holder: Uuid,
    /// The id it will have.
    pub id: Uuid,
    /// Keyed hash of the holder and the telephone given.
    pub phone_index: Vec<u8>,
    /// The device showed a refresh token of the holder, good still or not.
    pub known_device: bool,
}

impl Command for StartSignIn {
    const NAME: &'static str = "StartSignIn";
    type Root = Holder;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Named>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        holder.sign_ins.retain(|sign_in| at.now < sign_in.counted_until());
        self.within_limit(&holder, at.now)?;
        holder.sign_ins.push(SignIn {
            id: self.id,
            phone_index: self.phone_index.clone(),
            reaches: self.reaches(&holder),
            known_device: self.known_device,
            forgotten: false,
            tries: 0,
            used: false,
            started_at: at.now,
        });
        forget_oldest(&mut holder.sign_ins, self.known_device);
        Ok(Decided::quiet(holder, Named { id: self.id }))
    }
}

impl StartSignIn {
    /// Counts what anyone could count who started them: not those that were forgotten.
    fn within_limit(&self, holder: &Holder, now: Timestamp) -> Result<(), Refusal> {
        let alike = || {
            let alike = holder.sign_ins.iter().filter(|old| old.known_device == self.known_device);
            alike.filter(|old| old.phone_index == self.phone_index && !old.forgotten)
        };
        if alike().count() < CODES {
            return Ok(());
        }
        let free_at = alike().map(SignIn::counted_until).min().unwrap_or(now);
        Err(too_many_codes(free_at.duration_since(now).unsigned_abs()))
    }

    /// Counts all codes that were sent. Who has more sign-ins forgotten gets no code more for it, and is not told so.
    fn reaches(&self, holder: &Holder) -> bool {
        let alike = holder.sign_ins.iter().filter(|old| old.known_device == self.known_device);
        let right = |account: &Account| account.phone_index == self.phone_index;
        holder.account.as_ref().is_some_and(right)
            && alike.filter(|old| old.reaches).count() < CODES
    }
}

/// Sign-ins come in order of their start.
fn forget_oldest(sign_ins: &mut Vec<SignIn>, known_device: bool) {
    let alike = |old: &SignIn| old.known_device == known_device && !old.forgotten;
    let mut surplus = sign_ins.iter().filter(|old| alike(old)).count().saturating_sub(KEPT);
    for old in sign_ins.iter_mut().filter(|old| alike(old)) {
        old.forgotten = surplus > 0;
        surplus = surplus.saturating_sub(1);
    }
    sign_ins.retain(|old| old.reaches || !old.forgotten);
}

/// Gives the code back.
#[derive(Clone, Debug)]
pub struct CompleteSignIn {
    /// Whose sign-in it is.
    pub holder: Uuid,
    /// Which.
    pub sign_in: Uuid,
    /// The code given is the sign-in's: compared before the lock.
    pub right: bool,
    /// Resource name of the agency to act for; none as a citizen.
    pub agency: Option<String>,
}

/// What came of a code. A wrong one takes effect too: it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Completed {
    /// It opened this session.
    Opened(Uuid),
    /// It was wrong.
    Wrong,
}

impl Kept for Completed {}

impl Command for CompleteSignIn {
    const NAME: &'static str = "CompleteSignIn";
    type Root = Holder;
    type Answer = Completed;

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Completed>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        let sign_in = holder.sign_ins.iter_mut().find(|sign_in| sign_in.id == self.sign_in);
        let sign_in = sign_in.filter(|sign_in| !sign_in.forgotten).ok_or_else(expired)?;
        if sign_in.tries >= TRIES {
            return Err(locked());
        }
        if !sign_in.is_open(at.now) {
            return Err(expired());
        }
        if !(self.right && sign_in.reaches) {
            sign_in.tries += 1;
            return Ok(Decided::quiet(holder, Completed::Wrong));
        }
        sign_in.used = true;
        if !holder.may_act_for(self.agency.as_deref()) {
            return Err(Refusal::denied());
        }
        let session = Session::open(at.id(), self.agency.clone(), at.now);
        let answer = Completed::Opened(session.id);
        holder.admit(session);
        let fact = Fact::SignedIn { account: holder.id, agency: self.agency.clone(), at: at.now };
        Ok(Decided { after: holder, facts: vec![fact], answer })
    }
}

pub(super) fn too_many_codes(wait: Duration) -> Refusal {
    Refusal::new(
        Kind::Overloaded,
        "TOO_MANY_CODES",
        "Đã yêu cầu quá nhiều mã trong một giờ; hãy thử lại sau.",
        "Too many codes were asked for within an hour; try again later.",
    )
    .after(wait)
}

fn locked() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "SIGN_IN_LOCKED",
        "Đã nhập sai mã năm lần; hãy bắt đầu đăng nhập lại.",
        "Five wrong codes were given; start the sign-in again.",
    )
}

/// The code is too old, was used, or belongs to nothing known.
pub(crate) fn expired() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "SIGN_IN_EXPIRED",
        "Mã đã hết hạn hoặc đã dùng; hãy bắt đầu đăng nhập lại.",
        "The code has lapsed or was used; start the sign-in again.",
    )
}

#[cfg(test)]
#[path = "sign_in_tests.rs"]
mod tests;
