//! The last of a file: its row goes when its content has gone.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::SignedDuration;
use uuid::Uuid;

use super::Named;
use crate::dossier::{Dossier, Wants};

/// How long a lapsed or deleted file stays: longer than any call, so that no part is written once its content was swept.
pub const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// Forgets a file that lapsed or was deleted [`GRACE`] ago, whose content is gone.
#[derive(Clone, Debug)]
pub struct ForgetFile {
    /// The dossier.
    pub dossier: Uuid,
    /// The file.
    pub id: Uuid,
}

impl Command for ForgetFile {
    const NAME: &'static str = "ForgetFile";
    type Root = Dossier;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn wants(&self) -> Wants {
        Wants { files: true }
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, Named>, Refusal> {
        let mut after = before.ok_or_else(Refusal::denied)?.clone();
        let lapsed = after.files.get(&self.id).and_then(super::File::lapses_at);
        if lapsed.is_none_or(|lapsed| at.now < lapsed + GRACE) {
            return Err(in_use());
        }
        after.files.remove(&self.id);
        Ok(Decided::quiet(after, Named { id: self.id }))
    }
}

fn in_use() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "FILE_IN_USE",
        "Tệp vẫn đang dùng hoặc đã được dọn.",
        "The file is still in use, or was swept already.",
    )
}
