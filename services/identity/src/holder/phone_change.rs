//! A change of telephone: a code is sent to the new one, and given back.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Kept, Stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sign_in::{CODES, LIFE, TRIES, WINDOW, too_many_codes};
use super::{Fact, Holder, Named, Part, Resealed};

/// A change of telephone that waits, or waited, for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PhoneChange {
    /// The code follows from it.
    pub id: Uuid,
    /// Keyed hash of the account and the new telephone.
    pub phone_index: Vec<u8>,
    /// Wrong codes given.
    pub tries: i16,
    /// It changed the telephone.
    pub used: bool,
    /// When it was started.
    pub started_at: Timestamp,
}

impl PhoneChange {
    /// When its code ends.
    pub fn expires_at(&self) -> Timestamp {
        self.started_at.saturating_add(LIFE).unwrap_or(Timestamp::MAX)
    }

    fn counted_until(&self) -> Timestamp {
        self.started_at.saturating_add(WINDOW).unwrap_or(Timestamp::MAX)
    }

    /// Whether its code can still be given.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.check(now).is_ok()
    }

    fn check(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.tries >= TRIES {
            return Err(locked());
        }
        if self.used || now >= self.expires_at() { Err(phone_change_expired()) } else { Ok(()) }
    }
}

/// Starts a change of telephone.
#[derive(Clone, Debug)]
pub struct StartPhoneChange {
    /// Whose.
    pub account: Uuid,
    /// The id it will have.
    pub id: Uuid,
    /// Keyed hash of the account and the new telephone.
    pub phone_index: Vec<u8>,
}

impl Command for StartPhoneChange {
    const NAME: &'static str = "StartPhoneChange";
    type Root = Holder;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.account)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Named>, Refusal> {
        let before = before.filter(|holder| holder.account.is_some());
        let mut holder = before.ok_or_else(Refusal::denied)?.clone();
        let changes = &mut holder.phone_changes;
        changes.retain(|change| at.now < change.counted_until());
        if changes.len() >= CODES {
            let free_at = changes.iter().map(PhoneChange::counted_until).min().unwrap_or(at.now);
            return Err(too_many_codes(free_at.duration_since(at.now).unsigned_abs()));
        }
        changes.push(PhoneChange {
            id: self.id,
            phone_index: self.phone_index.clone(),
            tries: 0,
            used: false,
            started_at: at.now,
        });
        Ok(Decided::quiet(holder, Named { id: self.id }))
    }
}

/// Gives the code back.
pub struct CompletePhoneChange {
    /// Whose change it is.
    pub account: Uuid,
    /// Which.
    pub id: Uuid,
    /// The code given is the change's: compared before the lock.
    pub right: bool,
    /// Keyed hash of the account and the telephone told again.
    pub phone_index: Vec<u8>,
    /// With that telephone.
    pub details: Resealed,
    /// The caller's session and the number of the refresh token shown.
    pub session: (Uuid, i32),
}

/// What came of a code. A wrong one takes effect too: it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PhoneChanged {
    /// The telephone is the new one.
    Changed,
    /// The code was wrong.
    Wrong,
}

impl Kept for PhoneChanged {}

impl Command for CompletePhoneChange {
    const NAME: &'static str = "CompletePhoneChange";
    type Root = Holder;
    type Answer = PhoneChanged;

    fn stream(&self) -> Stream {
        Stream(self.account)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, PhoneChanged>, Refusal> {
        let mut holder = Holder::of(before, self.account);
        let (session, generation) = self.session;
        holder.check_good(session, generation, at.now)?;
        let change = holder.phone_changes.iter_mut().find(|change| change.id == self.id);
        let change = change.ok_or_else(phone_change_expired)?;
        change.check(at.now)?;
        if !(self.right && change.phone_index == self.phone_index) {
            change.tries += 1;
            return Ok(Decided::quiet(holder, PhoneChanged::Wrong));
        }
        change.used = true;
        let account = holder.account.as_mut().ok_or_else(Refusal::denied)?;
        let former = account.clone();
        self.details.put_into(account)?;
        account.phone_index.clone_from(&self.phone_index);
        if former.phone_index != self.phone_index {
            former.take_leave(self.account, at);
        }
        holder.end_sessions_but(Some(session), at.now);
        let changed = vec![Part::Telephone];
        let fact = Fact::AccountUpdated { account: self.account, changed, at: at.now };
        Ok(Decided { after: holder, facts: vec![fact], answer: PhoneChanged::Changed })
    }
}

fn locked() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "PHONE_CHANGE_LOCKED",
        "Đã nhập sai mã năm lần; hãy yêu cầu đổi số lại từ đầu.",
        "Five wrong codes were given; start the change of telephone again.",
    )
}

/// The code is too old, was used, or belongs to nothing known.
pub(crate) fn phone_change_expired() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "PHONE_CHANGE_EXPIRED",
        "Mã đã hết hạn hoặc đã dùng; hãy yêu cầu đổi số lại từ đầu.",
        "The code has lapsed or was used; start the change of telephone again.",
    )
}
