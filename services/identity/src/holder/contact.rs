//! Where a person can be reached, changed by its owner.

use std::time::Duration;

use chassis::access::LIFE;
use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Account, Fact, Holder};

/// A part of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The telephone.
    Telephone,
    /// The e-mail address.
    Email,
    /// The language of messages.
    Locale,
}

impl Part {
    /// The account's field in the contract.
    pub fn field(self) -> &'static str {
        match self {
            Self::Telephone => "phone_number",
            Self::Email => "email",
            Self::Locale => "locale",
        }
    }
}

/// Personal data as they were read and as they shall be: sealed outside, since a decision opens nothing.
#[derive(Clone)]
pub struct Resealed {
    /// As read.
    pub before: Vec<u8>,
    /// As it shall be.
    pub after: Vec<u8>,
}

impl Resealed {
    /// Puts them into the account.
    ///
    /// # Errors
    /// The account holds others by now.
    pub(super) fn put_into(&self, account: &mut Account) -> Result<(), Refusal> {
        if account.sealed != self.before {
            return Err(Refusal::stale());
        }
        account.sealed.clone_from(&self.after);
        Ok(())
    }
}

impl Account {
    /// Refuses a change while access tokens may live that were given before its sessions were ended: the one who is out may hold one.
    fn check_rest(&self, now: Timestamp) -> Result<(), Refusal> {
        let rests_until = self.secured_at.and_then(|at| at.saturating_add(LIFE).ok());
        match rests_until.filter(|until| now < *until) {
            Some(until) => Err(rests(until.duration_since(now).unsigned_abs())),
            None => Ok(()),
        }
    }
}

fn rests(wait: Duration) -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "CONTACT_RESTS",
        "Các phiên đăng nhập vừa được kết thúc; hãy sửa thông tin liên hệ sau ít phút.",
        "The sessions were ended a moment ago; change the contact in a few minutes.",
    )
    .after(wait)
}

/// Changes e-mail address and language.
pub struct UpdateContact {
    /// Whose.
    pub account: Uuid,
    /// With the address.
    pub details: Resealed,
    /// `vi` or `en`.
    pub locale: String,
    /// What is other than it was read.
    pub changed: Vec<Part>,
}

impl Command for UpdateContact {
    const NAME: &'static str = "UpdateContact";
    type Root = Holder;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.account)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, ()>, Refusal> {
        let mut holder = Holder::of(before, self.account);
        let account = holder.account.as_mut().ok_or_else(Refusal::denied)?;
        if self.changed.is_empty() {
            return Ok(Decided::quiet(holder, ()));
        }
        account.check_rest(at.now)?;
        self.details.put_into(account)?;
        account.locale.clone_from(&self.locale);
        let fact = Fact::AccountUpdated {
            account: self.account,
            changed: self.changed.clone(),
            at: at.now,
        };
        Ok(Decided { after: holder, facts: vec![fact], answer: () })
    }
}
