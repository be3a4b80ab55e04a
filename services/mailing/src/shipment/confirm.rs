//! The end of a posting.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use uuid::Uuid;

use super::{microseconds, post};
use crate::mail::Mail;

/// Records that the carrier took a parcel.
#[derive(Clone, Debug)]
pub struct ConfirmPosting {
    /// The dossier.
    pub dossier: Uuid,
    /// When, by the carrier's clock.
    pub posted_at: Timestamp,
}

impl Command for ConfirmPosting {
    const NAME: &'static str = "ConfirmPosting";
    type Root = Mail;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn decide(
        &self,
        before: Option<&Mail>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Mail, ()>, Refusal> {
        let known = before.filter(|mail| mail.shipment.is_some());
        let mut after = known.cloned().ok_or_else(no_such_shipment)?;
        let fact = post(&mut after, microseconds(self.posted_at), at);
        Ok(Decided { after, facts: fact.into_iter().collect(), answer: () })
    }
}

/// A job is scheduled in the commit that opens its shipment.
pub(super) fn no_such_shipment() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "SHIPMENT_NOT_FOUND",
        "Không có bưu gửi này.",
        "There is no such shipment.",
    )
}
