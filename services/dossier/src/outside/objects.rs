//! The content of files, as encrypted objects: `{dossier}/{file}/{attempt}/{number of the part}`.
//!
//! An object is written whole or not at all, and is on the disk before it counts; so what is committed is what is listed.

use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path as Folder;
use std::sync::Arc;

use chassis::refusal::Failure;
use chassis::seal::Seal;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use uuid::Uuid;

/// Where a file's content lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The dossier.
    pub dossier: Uuid,
    /// The file.
    pub file: Uuid,
}

/// The content of every file.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
    seal: Seal,
}

impl Objects {
    /// Those below a folder, which is made (mode 0700) where missing, sealed with this key.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn in_folder(folder: &Folder, key: &[u8; 32]) -> std::io::Result<Self> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let store = LocalFileSystem::new_with_prefix(folder)?;
        let store = store.with_fsync(true).with_automatic_cleanup(true);
        Ok(Self { store: Arc::new(store), seal: Seal::new(key) })
    }

    /// How many parts of an attempt are kept, from the first without a gap.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn committed(&self, place: Place, attempt: i32) -> Result<u64, Failure> {
        let listed = self.list(&attempt_at(place, attempt)).await?;
        let number = |path: &Path| path.filename()?.parse().ok();
        let kept: BTreeSet<u64> = listed.iter().filter_map(number).collect();
        let run = (0..).zip(&kept).take_while(|(expected, number)| expected == *number).count();
        Ok(u64::try_from(run).unwrap_or(u64::MAX))
    }

    /// Keeps a part. One that is kept already stays as it is.
    ///
    /// # Errors
    /// The store does not take it.
    pub async fn put(
        &self,
        place: Place,
        attempt: i32,
        number: u64,
        plain: &[u8],
    ) -> Result<(), Failure> {
        let sealed = self.seal.seal(&bound(place, number), plain).map_err(broken)?;
        let create = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        match self.store.put_opts(&path(place, attempt, number), sealed.into(), create).await {
            Ok(_) | Err(Error::AlreadyExists { .. }) => Ok(()),
            Err(error) => Err(away(error)),
        }
    }

    /// A part that was kept.
    ///
    /// # Errors
    /// The store does not answer; the part is not there or does not open.
    pub async fn get(&self, place: Place, attempt: i32, number: u64) -> Result<Vec<u8>, Failure> {
        let found = self.store.get(&path(place, attempt, number)).await.map_err(away)?;
        let sealed = found.bytes().await.map_err(away)?;
        self.seal.open(&bound(place, number), &sealed).map_err(broken)
    }

    /// Drops every part of every attempt, the last first: whenever it is cut off, what is left has no gap.
    ///
    /// # Errors
    /// The store does not answer; some may be gone.
    pub async fn remove(&self, place: Place) -> Result<(), Failure> {
        self.remove_below(&folder(place)).await
    }

    /// Drops the parts of one attempt that has ended.
    ///
    /// # Errors
    /// As [`Objects::remove`].
    pub async fn remove_attempt(&self, place: Place, attempt: i32) -> Result<(), Failure> {
        self.remove_below(&attempt_at(place, attempt)).await
    }

    async fn remove_below(&self, folder: &Path) -> Result<(), Failure> {
        let mut listed = self.list(folder).await?;
        listed.sort_unstable();
        for path in listed.into_iter().rev() {
            match self.store.delete(&path).await {
                Ok(()) | Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(away(error)),
            }
        }
        Ok(())
    }

    async fn list(&self, folder: &Path) -> Result<Vec<Path>, Failure> {
        let listed: Vec<_> = self.store.list(Some(folder)).try_collect().await.map_err(away)?;
        Ok(listed.into_iter().map(|meta| meta.location).collect())
    }
}

fn folder(Place { dossier, file }: Place) -> Path {
    Path::from(format!("{dossier}/{file}"))
}

fn attempt_at(place: Place, attempt: i32) -> Path {
    folder(place).join(attempt.to_string())
}

fn path(place: Place, attempt: i32, number: u64) -> Path {
    attempt_at(place, attempt).join(format!("{number:05}"))
}

/// What a part is bound to: moved to another place it does not open.
fn bound(Place { dossier, file }: Place, number: u64) -> Vec<u8> {
    [dossier.as_bytes().as_slice(), file.as_bytes(), &number.to_be_bytes()].concat()
}

fn away(error: Error) -> Failure {
    match error {
        Error::NotFound { .. } => broken("a part of a file is missing"),
        other => Failure::Unavailable(format!("the store of files: {other}")),
    }
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that goes with the test.
    struct Scratch(std::path::PathBuf);

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn scratch() -> Scratch {
        Scratch(std::env::temp_dir().join(format!("motcua-objects-{}", Uuid::now_v7())))
    }

    fn place(file: u128) -> Place {
        Place { dossier: Uuid::from_u128(1), file: Uuid::from_u128(file) }
    }

    #[tokio::test]
    async fn parts_count_from_the_first_without_a_gap() {
        let folder = scratch();
        let objects = Objects::in_folder(&folder.0, &[7; 32]).expect("a folder");
        assert_eq!(objects.committed(place(2), 1).await.expect("listed"), 0);
        for number in [0, 1, 3] {
            objects.put(place(2), 1, number, &[1, 2, 3]).await.expect("kept");
        }
        assert_eq!(objects.committed(place(2), 1).await.expect("listed"), 2);
        objects.remove(place(2)).await.expect("removed");
        assert_eq!(objects.committed(place(2), 1).await.expect("listed"), 0);
    }

    #[tokio::test]
    async fn a_part_opens_at_its_own_place_and_lies_there_unread() {
        let folder = scratch();
        let objects = Objects::in_folder(&folder.0, &[7; 32]).expect("a folder");
        objects.put(place(2), 1, 0, b"who was born where").await.expect("kept");
        objects.put(place(2), 1, 0, b"something else").await.expect("a repeat");
        assert_eq!(objects.get(place(2), 1, 0).await.expect("read"), b"who was born where");
        let file = |place| folder.0.join(path(place, 1, 0).as_ref());
        let raw = std::fs::read(file(place(2))).expect("an object");
        assert!(!raw.windows(4).any(|window| window == b"born"));
        std::fs::create_dir_all(file(place(3)).parent().expect("its folder")).expect("a folder");
        std::fs::copy(file(place(2)), file(place(3))).expect("copied");
        assert!(matches!(objects.get(place(3), 1, 0).await, Err(Failure::Broken(_))));
        let other = Objects::in_folder(&folder.0, &[8; 32]).expect("a folder");
        assert!(matches!(other.get(place(2), 1, 0).await, Err(Failure::Broken(_))));
    }
}
