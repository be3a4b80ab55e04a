//! Telling a telephone that the account it belonged to has another now: if its holder did not wish that, they know where to go.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chassis::jobs::{Job, Lease, Progress, Work};
use chassis::refusal::Failure;
use chassis::seal::Seal;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::details::Details;
use crate::holder::LeaveTaken;
use crate::outside::Mailing;

/// Which telephone has to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// The account.
    pub account: Uuid,
    /// What was on record before, in base64: sealed, and opened only to be told.
    pub sealed: String,
    /// The language it spoke.
    pub locale: String,
}

impl Work for Leave {
    const KIND: &'static str = "take_leave";
}

/// Tells telephones.
pub struct TakeLeave {
    /// Opens what was on record.
    pub seal: Seal,
    /// Takes the message.
    pub mailing: Mailing,
}

impl Job for TakeLeave {
    type Work = Leave;
    type Done = LeaveTaken;

    async fn step(&self, work: Leave, lease: &Lease) -> Result<Progress<LeaveTaken>, Failure> {
        let former = self.opened(&work).map_err(Failure::Broken)?;
        let told = self.mailing.telephone_replaced(lease.id, &former.phone_number, &work.locale);
        told.await.map_err(|error| Failure::Unavailable(error.to_string()))?;
        Ok(Progress::Done(LeaveTaken { account: work.account }))
    }
}

impl TakeLeave {
    fn opened(&self, work: &Leave) -> Result<Details, String> {
        let sealed = STANDARD.decode(&work.sealed).map_err(|error| error.to_string())?;
        Details::open(&self.seal, work.account, &sealed).map_err(|error| error.to_string())
    }
}
