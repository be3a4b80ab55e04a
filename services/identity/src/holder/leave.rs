//! A telephone that is no longer the account's is told so: whoever did not wish that knows where to go.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Stream};
use uuid::Uuid;

use super::{Account, Holder};
use crate::jobs::Leave;

impl Account {
    /// Has the telephone of this account, as it was before, told. Which it was stays sealed until then.
    pub(super) fn take_leave(&self, account: Uuid, at: &mut At<'_>) {
        let sealed = STANDARD.encode(&self.sealed);
        let id = at.id();
        at.schedule(id, &Leave { account, sealed, locale: self.locale.clone() });
    }
}

/// Records that the telephone was told: mailing keeps the proof, and the job is gone with the commit.
#[derive(Clone, Copy, Debug)]
pub struct LeaveTaken {
    /// The account.
    pub account: Uuid,
}

impl Command for LeaveTaken {
    const NAME: &'static str = "LeaveTaken";
    type Root = Holder;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.account)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Holder, ()>, Refusal> {
        Ok(Decided::quiet(Holder::of(before, self.account), ()))
    }
}
