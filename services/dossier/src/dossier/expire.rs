//! A draft that nobody changes lapses, and what its citizen answered goes with it; so does one that its owner deletes.

use chassis::refusal::{Kind, Refusal};
use chassis::timers::Due;
use chassis::write::{At, Command, Decided, Stream};
use jiff::{SignedDuration, Timestamp};

use super::{Dossier, Wants};

/// The timer of a draft.
pub const LAPSE_DRAFT: &str = "lapse_draft";

/// After the files of a draft were deleted, their content and rows are gone by then (`jobs/sweep.rs`), and the draft follows.
const FILES_GO: SignedDuration = SignedDuration::from_hours(3);

impl Dossier {
    /// The dossier, changed now: if it is a draft, its days begin anew.
    #[must_use]
    pub(crate) fn touched(self, at: &mut At<'_>) -> Self {
        if self.is_draft() { self.kept_from_now(at) } else { self }
    }

    /// The draft, changed now: its days begin anew.
    #[must_use]
    pub(super) fn kept_from_now(self, at: &mut At<'_>) -> Self {
        let days = SignedDuration::from_hours(24 * i64::from(self.draft_days));
        let expire_at = at.now.checked_add(days).unwrap_or(Timestamp::MAX);
        at.wake(LAPSE_DRAFT, expire_at);
        Self { expire_at: Some(expire_at), ..self }
    }

    /// The draft, nobody's any more: it is found for no caller and counts for none.
    #[must_use]
    pub(super) fn disowned(self) -> Self {
        Self { owner: NOBODY.into(), ..self }
    }

    /// The draft on its way out. Content of files lies outside the database and goes first, so that none is left that no row knows of: one
    /// with files loses these, and is deleted when they are gone.
    #[must_use]
    pub(super) fn emptied(self, at: &mut At<'_>) -> Self {
        if self.files.is_empty() {
            at.still(LAPSE_DRAFT);
            return Self { lapsed: true, ..self };
        }
        let again = at.now + FILES_GO;
        at.wake(LAPSE_DRAFT, again);
        let mut emptied = Self { expire_at: Some(again), ..self };
        for file in emptied.files.values_mut() {
            file.delete(at.now);
        }
        emptied
    }
}

/// The owner of a draft that was deleted, while its files go. No caller has this name.
const NOBODY: &str = "";

/// Deletes a draft that lapsed, in two steps where it has files; between them its owner may take it up again.
#[derive(Clone, Copy, Debug)]
pub struct LapseDraft(pub Due);

impl Command for LapseDraft {
    const NAME: &'static str = "LapseDraft";
    type Root = Dossier;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0.stream
    }

    fn wants(&self) -> Wants {
        Wants { files: true }
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Dossier, ()>, Refusal> {
        let draft = before.filter(|dossier| dossier.is_draft()).ok_or_else(no_draft)?;
        let draft = Dossier { revision: draft.revision + 1, ..draft.clone() };
        Ok(Decided::quiet(draft.emptied(at), ()))
    }
}

/// Whoever submits a draft removes its timer in the same commit.
fn no_draft() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "NO_DRAFT",
        "Không còn bản nháp này.",
        "There is no such draft any more.",
    )
}
