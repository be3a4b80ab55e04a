//! At a counter: an officer vouches for who a person is, and how they are reached from now on.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Account, Fact, Holder, Named, Part};

/// A paper that says who a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdentityPaper {
    /// An identity card.
    IdentityCard,
    /// A passport.
    Passport,
}

/// Puts on record what a paper and its holder say.
pub struct RegisterPerson {
    /// Blind index of the personal ID.
    pub holder: Uuid,
    /// What is personal, checked and sealed.
    pub sealed: Vec<u8>,
    /// Keyed hash of the holder and the telephone; empty where there is none.
    pub phone_index: Vec<u8>,
    /// `vi` or `en`.
    pub locale: String,
    /// The paper that was compared.
    pub paper: IdentityPaper,
    /// Resource name of the officer who compared it.
    pub officer: String,
    /// The officer's own account.
    pub officers_account: Uuid,
}

impl Command for RegisterPerson {
    const NAME: &'static str = "RegisterPerson";
    type Root = Holder;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    /// Whoever was reached before is out, be it a thief or someone who made the account in another's name. An officer's roles must not come
    /// into the hands of whoever another officer vouches for, so they are revoked before.
    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Named>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        if self.officers_account == self.holder {
            return Err(is_caller());
        }
        if holder.officers.iter().any(|officer| !officer.roles.is_empty()) {
            return Err(is_officer());
        }
        let former = holder.account.take();
        let created_at = former.as_ref().map_or(at.now, |former| former.created_at);
        holder.account = Some(Account {
            sealed: self.sealed.clone(),
            phone_index: self.phone_index.clone(),
            locale: self.locale.clone(),
            created_at,
            secured_at: None,
        });
        holder.end_sessions_but(None, at.now);
        let facts = self.facts(former.as_ref(), at);
        if let Some(former) = former.filter(|former| self.replaces_telephone_of(former)) {
            former.take_leave(self.holder, at);
        }
        Ok(Decided { after: holder, facts, answer: Named { id: self.holder } })
    }
}

impl RegisterPerson {
    fn replaces_telephone_of(&self, former: &Account) -> bool {
        !former.phone_index.is_empty() && former.phone_index != self.phone_index
    }

    fn facts(&self, former: Option<&Account>, at: &At<'_>) -> Vec<Fact> {
        let (account, at) = (self.holder, at.now);
        let created = former.is_none().then_some(Fact::AccountCreated { account, at });
        let changed = former.is_some_and(|former| former.phone_index != self.phone_index);
        let updated =
            changed.then(|| Fact::AccountUpdated { account, changed: vec![Part::Telephone], at });
        let registered = Fact::PersonRegistered {
            account,
            officer: self.officer.clone(),
            paper: self.paper,
            telephone_replaced: former.is_some_and(|former| self.replaces_telephone_of(former)),
            at,
        };
        created.into_iter().chain(updated).chain([registered]).collect()
    }
}

fn is_officer() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "PERSON_IS_OFFICER",
        "Người này là cán bộ; quản trị cơ quan phải thu hồi vai trò trước, rồi cấp lại sau.",
        "This person is an officer; their administrator revokes their roles first, and grants them anew behind it.",
    )
}

fn is_caller() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "PERSON_IS_CALLER",
        "Không ai tự xác nhận cho mình; hãy nhờ một cán bộ khác.",
        "Nobody vouches for themselves; ask another officer.",
    )
}

#[cfg(test)]
#[path = "register_tests.rs"]
mod tests;
