//! An upload: parts are kept as objects as they come, and the dossier learns of the file when it is whole.
//!
//! Nothing but the objects themselves says how far an upload is, so what was answered as committed is what is there, whenever a process
//! died. The state of the file changes by one command at the beginning and one at the end.

use chassis::clock::Clock;
use chassis::database::failed;
use chassis::refusal::{Failure, Kind, Refusal};
use chassis::write::{Door, Once};
use sha2::{Digest as _, Sha256};

use crate::dossier::Hand;
use crate::file::{CompleteFile, Digest, File, PART, Part, RestartFile, State, lapsed, parts};
use crate::outside::objects::{Objects, Place};
use crate::store::DossierStore;

/// Takes uploads in.
#[derive(Clone)]
pub struct Uploads {
    /// Where parts lie.
    pub objects: Objects,
    /// Reads files.
    pub store: DossierStore,
    /// Completes them.
    pub door: Door<DossierStore>,
    /// Tells what lapsed.
    pub clock: Clock,
}

impl Uploads {
    /// Keeps the part at an offset; the one that leaves no other missing completes the file.
    ///
    /// # Errors
    /// As `WriteFile` in the contract.
    pub async fn write(
        &self,
        place: Place,
        hand: Hand,
        once: Once,
        (offset, data): (i64, &[u8]),
    ) -> Result<(), Failure> {
        let file = self.of_writer(place, &hand).await?;
        let part = Part::at(&file, offset)?;
        part.check(&file, data)?;
        if file.is_complete() {
            return Ok(());
        }
        if !file.is_live(self.clock.now()) {
            return Err(lapsed().into());
        }
        let committed = self.objects.committed(place, file.attempt).await?;
        if part.number > committed {
            return Err(offset_wrong(committed * u64::from(PART)).into());
        }
        if part.number == committed {
            self.objects.put(place, file.attempt, part.number, data).await?;
        }
        if committed.max(part.number + 1) == parts(file.size) {
            self.complete(place, &file, hand, once).await?;
        }
        Ok(())
    }

    /// Bytes of a file that are kept, from the beginning.
    ///
    /// # Errors
    /// The store of objects does not answer.
    pub async fn committed(&self, place: Place, file: &File) -> Result<u64, Failure> {
        if file.is_complete() {
            return Ok(file.size);
        }
        let committed = self.objects.committed(place, file.attempt).await?;
        Ok(file.size.min(committed * u64::from(PART)))
    }

    async fn of_writer(&self, place: Place, hand: &Hand) -> Result<File, Failure> {
        let found = self.store.file(place.dossier, place.file).await.map_err(failed)?;
        let own = found.filter(|file| file.created_by == hand.name);
        let there = own.filter(|file| !matches!(file.state, State::Deleted { .. }));
        Ok(there.ok_or_else(Refusal::denied)?)
    }

    async fn complete(
        &self,
        place: Place,
        file: &File,
        hand: Hand,
        once: Once,
    ) -> Result<(), Failure> {
        let Place { dossier, file: id } = place;
        let attempt = file.attempt;
        let digest = match self.digest(place, file).await {
            // Another hand found the attempt to be wrong meanwhile, and dropped it under our eyes.
            Err(_) if self.began_again(place, attempt).await? => return Err(differs().into()),
            digest => digest?,
        };
        if file.declared.is_some_and(|declared| declared != digest) {
            self.door.run(once, RestartFile { dossier, id, hand, attempt }).await?;
            self.objects.remove_attempt(place, attempt).await?;
            return Err(differs().into());
        }
        self.door.run(once, CompleteFile { dossier, id, hand, digest, attempt }).await?;
        Ok(())
    }

    async fn began_again(&self, place: Place, attempt: i32) -> Result<bool, Failure> {
        let now = self.store.file(place.dossier, place.file).await.map_err(failed)?;
        Ok(now.is_none_or(|now| now.attempt != attempt))
    }

    async fn digest(&self, place: Place, file: &File) -> Result<Digest, Failure> {
        let mut hash = Sha256::new();
        for number in 0..parts(file.size) {
            hash.update(self.objects.get(place, file.attempt, number).await?);
        }
        Ok(hash.finalize().into())
    }
}

fn offset_wrong(committed: u64) -> Refusal {
    Refusal::new(
        Kind::Race,
        "OFFSET_WRONG",
        format!("Thiếu phần trước đó; hãy tải tiếp từ vị trí {committed}."),
        format!("Parts before it are missing; go on at offset {committed}."),
    )
    .telling("committedBytes", committed)
}

fn differs() -> Refusal {
    Refusal::new(
        Kind::Race,
        "FILE_DIFFERS",
        "Nội dung nhận được khác SHA-256 đã khai; hãy tải lại từ đầu.",
        "What arrived has not the SHA-256 declared; upload again from offset 0.",
    )
}
