//! Uploads that lapsed and files that were deleted: their content goes, then their row. So every object has a row that knows of it.

use std::time::Duration;

use chassis::clock::Clock;
use chassis::database::failed;
use chassis::refusal::{Failure, Refusal};
use chassis::service::periodically;
use chassis::write::{Door, Fingerprint, Once};
use futures::TryFutureExt;

use crate::file::{ForgetFile, GRACE};
use crate::outside::objects::{Objects, Place};
use crate::store::DossierStore;

/// How often files of no use are looked for.
const EVERY: Duration = Duration::from_hours(1);

/// Files read at once.
const BATCH: i64 = 100;

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
    /// Sweeps every hour for as long as it is polled.
    pub async fn run(self) {
        periodically("files of no use", EVERY, || self.once().map_ok(drop)).await;
    }

    /// Sweeps every file that lapsed [`GRACE`] ago; tells how many went. One that does not go is logged, holds up no other, and is tried
    /// again by the next sweep. May be repeated and cut off anywhere.
    ///
    /// # Errors
    /// The database does not answer; the next sweep goes on.
    pub async fn once(&self) -> Result<usize, Failure> {
        let before = self.clock.now() - GRACE;
        let (mut swept, mut after) = (0, None);
        loop {
            let lapsed = self.store.lapsed_files(before, after, BATCH).await.map_err(failed)?;
            let Some(last) = lapsed.last() else { return Ok(swept) };
            after = Some(*last);
            for place in lapsed {
                swept += usize::from(self.goes(place).await);
            }
        }
    }

    async fn goes(&self, place: Place) -> bool {
        let swept = self.let_go(place).await;
        if let Err(error) = &swept {
            tracing::error!(%error, file = %place.file, "a file of no use could not be swept");
        }
        swept.is_ok()
    }

    async fn let_go(&self, place: Place) -> Result<(), Failure> {
        self.objects.remove(place).await?;
        self.forget(place).await
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chassis::timers::Due;
    use chassis::write::Stream;
    use jiff::SignedDuration;
    use support::TestDatabase;
    use uuid::Uuid;

    use super::*;
    use crate::dossier::{CreateDossier, DeleteDossier, Hand, LapseDraft};
    use crate::file::{CreateFile, DeleteFile, FileKind, Purpose};

    /// A draft with files, on a real database and a real folder.
    struct Shelf {
        sweep: Sweep,
        dossier: Uuid,
        folder: std::path::PathBuf,
        database: TestDatabase,
    }

    impl Drop for Shelf {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }

    fn once() -> Once {
        let (caller, request_id) = ("accounts/owner".into(), Uuid::now_v7());
        Once::Call { caller, request_id, fingerprint: Fingerprint::default() }
    }

    fn owner() -> Hand {
        Hand { name: "accounts/owner".into(), agency: None }
    }

    impl Shelf {
        async fn with_draft() -> Self {
            let clock = Clock::manual("2026-11-25T03:00:00Z".parse().expect("an instant"));
            let database = TestDatabase::new("dossier", crate::SERVICE.migrations, &clock).await;
            let folder = std::env::temp_dir().join(format!("motcua-sweep-{}", Uuid::now_v7()));
            let store = DossierStore::new(database.pool());
            let around = support::around(&clock);
            let door = Door::open("dossier", database.pool(), store.clone(), Arc::new(()), around);
            let objects = Objects::in_folder(&folder, &[7; 32]).expect("a folder");
            let dossier = Uuid::now_v7();
            let draft = CreateDossier {
                id: dossier,
                owner: owner().name,
                channel: owner().channel(),
                procedure: "1.012575".parse().expect("a code"),
                version: 1,
                agency: "agencies/26860".into(),
                draft_days: 30,
            };
            door.run(once(), draft).await.expect("a draft");
            let sweep = Sweep { objects, store, door, clock };
            Self { sweep, dossier, folder, database }
        }

        async fn file(&self) -> Place {
            let id = Uuid::now_v7();
            let file = CreateFile {
                dossier: self.dossier,
                id,
                hand: owner(),
                purpose: Purpose::Paper("invoice".into()),
                most: 9,
                sealed_name: vec![1],
                kind: FileKind::Pdf,
                size: 600_000,
                declared: None,
            };
            self.sweep.door.run(once(), file).await.expect("a file");
            let place = Place { dossier: self.dossier, file: id };
            self.sweep.objects.put(place, 1, 0, b"%PDF-").await.expect("a part");
            place
        }

        async fn lapse(&self) {
            let due = Due { stream: Stream(self.dossier), at: self.sweep.clock.now() };
            self.sweep.door.run(once(), LapseDraft(due)).await.expect("lapsed");
        }

        async fn is_there(&self, place: Place) -> (bool, u64) {
            let row = self.sweep.store.file(place.dossier, place.file).await.expect("asked");
            (row.is_some(), self.sweep.objects.committed(place, 1).await.expect("listed"))
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_of_no_use_goes_with_its_content_and_the_rest_stays() {
        let shelf = Shelf::with_draft().await;
        let (lapsing, deleted) = (shelf.file().await, shelf.file().await);
        let delete = DeleteFile { dossier: shelf.dossier, id: deleted.file, hand: owner() };
        shelf.sweep.door.run(once(), delete).await.expect("deleted");
        assert_eq!(shelf.sweep.once().await.expect("swept"), 0);
        shelf.sweep.clock.advance(GRACE);
        assert_eq!(shelf.sweep.once().await.expect("swept"), 1);
        assert_eq!(shelf.is_there(deleted).await, (false, 0));
        assert_eq!(shelf.is_there(lapsing).await, (true, 1));
        shelf.sweep.clock.advance(SignedDuration::from_hours(24));
        let fresh = shelf.file().await;
        // Cut off after the content went: the next sweep ends it.
        shelf.sweep.objects.remove(lapsing).await.expect("removed");
        assert_eq!(shelf.sweep.once().await.expect("swept"), 1);
        assert_eq!(shelf.is_there(lapsing).await, (false, 0));
        assert_eq!(shelf.is_there(fresh).await, (true, 1));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_file_that_cannot_go_holds_up_no_other() {
        let shelf = Shelf::with_draft().await;
        let (bad, good) = (shelf.file().await, shelf.file().await);
        let pool = shelf.database.pool();
        let refuse = format!(
            "create function dossier.refuse() returns trigger language plpgsql
                 as $$ begin raise exception 'damaged'; end $$;
             create trigger refuse before delete on dossier.files for each row
                 when (old.id = '{}') execute function dossier.refuse()",
            bad.file
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(refuse)).execute(&pool).await.expect("a trigger");
        shelf.sweep.clock.advance(SignedDuration::from_hours(24) + GRACE);
        assert_eq!(shelf.sweep.once().await.expect("swept"), 1);
        assert_eq!(shelf.is_there(good).await, (false, 0));
        assert_eq!(shelf.is_there(bad).await, (true, 0));
        sqlx::query("drop trigger refuse on dossier.files").execute(&pool).await.expect("gone");
        assert_eq!(shelf.sweep.once().await.expect("swept"), 1);
        assert_eq!(shelf.is_there(bad).await, (false, 0));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_draft_that_is_deleted_is_nobodys_until_its_content_has_gone() {
        let shelf = Shelf::with_draft().await;
        let file = shelf.file().await;
        let wish = DeleteDossier { id: shelf.dossier, hand: owner(), etag: String::new() };
        shelf.sweep.door.run(once(), wish).await.expect("deleted");
        let left = shelf.sweep.store.find(shelf.dossier).await.expect("asked").expect("its row");
        assert_ne!(left.owner, owner().name);
        let drafts = shelf.sweep.store.drafts_besides(&owner().name, Uuid::now_v7(), 50).await;
        assert_eq!(drafts.expect("counted"), 0);
        shelf.sweep.clock.advance(GRACE);
        assert_eq!(shelf.sweep.once().await.expect("swept"), 1);
        assert_eq!(shelf.is_there(file).await, (false, 0));
        shelf.lapse().await;
        assert!(shelf.sweep.store.find(shelf.dossier).await.expect("asked").is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_draft_that_lapses_goes_when_the_content_of_its_files_has_gone() {
        let shelf = Shelf::with_draft().await;
        let file = shelf.file().await;
        shelf.lapse().await;
        assert_eq!(shelf.is_there(file).await, (true, 1));
        shelf.sweep.clock.advance(GRACE);
        assert_eq!(shelf.sweep.once().await.expect("swept"), 1);
        assert_eq!(shelf.is_there(file).await, (false, 0));
        assert!(shelf.sweep.store.find(shelf.dossier).await.expect("asked").is_some());
        shelf.lapse().await;
        assert!(shelf.sweep.store.find(shelf.dossier).await.expect("asked").is_none());
    }
}
