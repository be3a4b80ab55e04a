//! Uploads that lapsed and files that were deleted: their content goes, then their row. So every object has a row that knows of it.

use chassis::clock::Clock;
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Fingerprint, Once};

use crate::file::{ForgetFile, GRACE};
use crate::outside::objects::{Objects, Place};
use crate::store::{DossierStore, failed};

/// Files of one sweep.
pub const BATCH: usize = 100;

/// The same, as SQL counts.
const LIMIT: i64 = 100;

/// Who sweeps, in the record of causes.
const SWEEPER: &str = "services/dossier";

/// Sweeps what is of no use any more.
pub struct Sweep {
    /// Where content lies.
    pub objects: Objects,
    /// Tells what lapsed.
    pub store: DossierStore,
    /// Forgets files.
    pub door: Door<DossierStore>,
    /// Tells the time.
    pub clock: Clock,
}

impl Sweep {
    /// Sweeps the oldest files that lapsed [`GRACE`] ago, 100 at most; tells how many. May be repeated and cut off anywhere.
    ///
    /// # Errors
    /// The database or the store of objects does not answer; the next sweep goes on.
    pub async fn once(&self) -> Result<usize, Failure> {
        let lapsed = self.store.lapsed_files(self.clock.now() - GRACE, LIMIT).await;
        let lapsed = lapsed.map_err(failed)?;
        for place in &lapsed {
            self.objects.remove(*place).await?;
            self.forget(*place).await?;
        }
        Ok(lapsed.len())
    }

    /// That another sweep was faster is no fault.
    async fn forget(&self, place: Place) -> Result<(), Failure> {
        let command = ForgetFile { dossier: place.dossier, id: place.file };
        let once = Once::Call {
            caller: SWEEPER.into(),
            request_id: place.file,
            fingerprint: Fingerprint::default(),
        };
        match self.door.run(once, command).await {
            Ok(_) => Ok(()),
            Err(Failure::Refused(refusal)) => {
                let Refusal { reason, .. } = *refusal;
                tracing::debug!(reason, "a file was swept already");
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }
}
