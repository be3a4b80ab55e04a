//! Posting the result of a dossier: where it goes is asked only now, and forgotten when the carrier has it.

use chassis::clock::Clock;
use chassis::jobs::{Job, Lease, Progress, Work};
use chassis::refusal::Failure;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::outside::{Carrier, Dossiers, Label};
use crate::shipment::ConfirmPosting;

/// Attempts with pauses that grow, before a parcel is tried again once an hour for as long as it takes: a result that was issued must
/// reach its citizen, and what stands in its way (an address, a secret, an outage) is mended by people.
const SOON: i32 = 15;

/// The pause thereafter.
const HOURLY: SignedDuration = SignedDuration::from_hours(1);

/// What has to be posted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Posting {
    /// The dossier.
    pub dossier: Uuid,
    /// The agency that sends it, `agencies/{unit code}`.
    pub agency: String,
    /// Its item number.
    pub item_number: String,
}

impl Work for Posting {
    const KIND: &'static str = "post_result";
}

/// Hands parcels to the carrier.
pub struct PostResult {
    /// Knows where a result goes.
    pub dossiers: Dossiers,
    /// Takes it there.
    pub carrier: Carrier,
    /// Tells the time.
    pub clock: Clock,
}

impl Job for PostResult {
    type Work = Posting;
    type Done = ConfirmPosting;

    async fn step(
        &self,
        work: Posting,
        lease: &Lease,
    ) -> Result<Progress<ConfirmPosting>, Failure> {
        match self.post(&work, lease).await {
            Err(Failure::Unavailable(why)) if lease.attempt > SOON => {
                tracing::error!(why, "a result cannot be posted; it is tried again in an hour");
                Ok(Progress::Later(self.clock.now() + HOURLY))
            }
            posted => posted.map(Progress::Done),
        }
    }
}

impl PostResult {
    async fn post(&self, work: &Posting, lease: &Lease) -> Result<ConfirmPosting, Failure> {
        let to = self.dossiers.delivery_address(work.dossier).await?;
        let label = Label { item_number: &work.item_number, sender: &work.agency, to: &to };
        let taken = self.carrier.post(lease.id, &label).await;
        // Even a refusal may be a wrong secret or address that an operator mends.
        let posted_at = taken.map_err(|error| Failure::Unavailable(error.to_string()))?;
        Ok(ConfirmPosting { dossier: work.dossier, posted_at })
    }
}
