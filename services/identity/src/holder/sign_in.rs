//! Signing in: a code is sent, and given back.

use std::time::Duration;

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Kept, Stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Holder, Named, Session};

/// How long a code is good for.
const LIFE: SignedDuration = SignedDuration::from_mins(5);

/// The time in which sign-ins are counted; older ones are forgotten.
const WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// Codes for one holder and telephone in that time.
const CODES: usize = 5;

/// Wrong codes that lock a sign-in.
const TRIES: i16 = 5;

/// Sign-ins with wrong telephones kept for one holder; of more, the oldest are forgotten. So guessing telephones neither fills the
/// database nor locks the owner out.
const ASTRAY: usize = 50;

/// A sign-in that waits, or waited, for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The code follows from it.
    pub id: Uuid,
    /// Keyed hash of the holder and the telephone given.
    pub phone_index: Vec<u8>,
    /// The telephone is the account's, so a code is sent.
    pub reaches: bool,
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
        !self.used && self.tries < TRIES && now < self.expires_at()
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
        let reaches =
            holder.account.as_ref().is_some_and(|account| account.phone_index == self.phone_index);
        holder.sign_ins.push(SignIn {
            id: self.id,
            phone_index: self.phone_index.clone(),
            reaches,
            tries: 0,
            used: false,
            started_at: at.now,
        });
        forget_astray(&mut holder.sign_ins);
        Ok(Decided::quiet(holder, Named { id: self.id }))
    }
}

impl StartSignIn {
    fn within_limit(&self, holder: &Holder, now: Timestamp) -> Result<(), Refusal> {
        let same = || holder.sign_ins.iter().filter(|old| old.phone_index == self.phone_index);
        if same().count() < CODES {
            return Ok(());
        }
        let free_at = same().map(SignIn::counted_until).min().unwrap_or(now);
        Err(too_many_codes(free_at.duration_since(now).unsigned_abs()))
    }
}

fn forget_astray(sign_ins: &mut Vec<SignIn>) {
    let astray = sign_ins.iter().filter(|sign_in| !sign_in.reaches).count();
    let mut surplus = astray.saturating_sub(ASTRAY);
    sign_ins.retain(|sign_in| {
        let forgotten = !sign_in.reaches && surplus > 0;
        surplus -= usize::from(forgotten);
        !forgotten
    });
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
        let sign_in = sign_in.ok_or_else(expired)?;
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

fn too_many_codes(wait: Duration) -> Refusal {
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
mod tests {
    use super::*;

    fn sign_in(number: u128, reaches: bool) -> SignIn {
        SignIn {
            id: Uuid::from_u128(number),
            phone_index: Vec::new(),
            reaches,
            tries: 0,
            used: false,
            started_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn of_too_many_astray_the_oldest_are_forgotten_and_no_other() {
        let mut sign_ins: Vec<_> =
            (0..60).map(|number| sign_in(number, number % 10 == 0)).collect();
        sign_ins.extend([sign_in(60, false), sign_in(61, true)]);
        forget_astray(&mut sign_ins);
        let kept: Vec<u128> = sign_ins.iter().map(|kept| kept.id.as_u128()).collect();
        let expected: Vec<u128> = [0].into_iter().chain(6..62).collect();
        assert_eq!(kept, expected);
    }
}
