//! The account of a person.

use std::fmt;

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{Fact, Holder, Named};

/// A person's account. What is personal in it is sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Personal ID, name, birth date, sex, telephone and e-mail address.
    pub sealed: Vec<u8>,
    /// Keyed hash of the holder and the telephone.
    pub phone_index: Vec<u8>,
    /// `vi` or `en`.
    pub locale: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its sessions were ended last for the sake of safety.
    pub secured_at: Option<Timestamp>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("created_at", &self.created_at).finish_non_exhaustive()
    }
}

/// Makes the account of a person, or finds it made.
pub struct CreateAccount {
    /// Blind index of the personal ID.
    pub holder: Uuid,
    /// What is personal, checked and sealed.
    pub sealed: Vec<u8>,
    /// Keyed hash of the holder and the telephone.
    pub phone_index: Vec<u8>,
    /// `vi` or `en`.
    pub locale: String,
}

impl Command for CreateAccount {
    const NAME: &'static str = "CreateAccount";
    type Root = Holder;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    /// What is on record stands: a stranger who knows the number must not put another telephone in its place.
    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Named>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        let answer = Named { id: self.holder };
        if holder.account.is_some() {
            return Ok(Decided::quiet(holder, answer));
        }
        holder.account = Some(Account {
            sealed: self.sealed.clone(),
            phone_index: self.phone_index.clone(),
            locale: self.locale.clone(),
            created_at: at.now,
            secured_at: None,
        });
        let facts = vec![Fact::AccountCreated { account: self.holder, at: at.now }];
        Ok(Decided { after: holder, facts, answer })
    }
}
