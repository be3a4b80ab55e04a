//! A draft that nobody changes lapses, and what its citizen answered goes with it.

use chassis::refusal::{Kind, Refusal};
use chassis::timers::Due;
use chassis::write::{At, Command, Decided, Stream};
use jiff::{SignedDuration, Timestamp};

use super::Dossier;

/// The timer of a draft.
pub const LAPSE_DRAFT: &str = "lapse_draft";

impl Dossier {
    /// The draft, changed now: its days begin anew.
    #[must_use]
    pub(super) fn kept_from_now(self, at: &mut At<'_>) -> Self {
        let days = SignedDuration::from_hours(24 * i64::from(self.draft_days));
        let expire_at = at.now.checked_add(days).unwrap_or(Timestamp::MAX);
        at.wake(LAPSE_DRAFT, expire_at);
        Self { expire_at: Some(expire_at), ..self }
    }
}

/// Deletes a draft that lapsed.
#[derive(Clone, Copy, Debug)]
pub struct LapseDraft(pub Due);

impl Command for LapseDraft {
    const NAME: &'static str = "LapseDraft";
    type Root = Dossier;
    type Answer = ();

    fn stream(&self) -> Stream {
        self.0.stream
    }

    fn decide(
        &self,
        before: Option<&Dossier>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Dossier, ()>, Refusal> {
        let draft = before.filter(|dossier| dossier.is_draft()).ok_or_else(no_draft)?;
        Ok(Decided::quiet(Dossier { lapsed: true, ..draft.clone() }, ()))
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
