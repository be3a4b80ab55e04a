//! Inviting the owner of a dossier that was closed.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;

use super::{Dossier, Fact, Rating, Terms};

/// Invites the owner of a dossier, as its last status asks for it.
#[derive(Clone, Debug)]
pub struct InviteRating {
    /// The dossier.
    pub dossier: Dossier,
    /// When it was closed, by workflow's clock.
    pub closed_at: Timestamp,
}

impl Command for InviteRating {
    const NAME: &'static str = "InviteRating";
    type Root = Rating;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier.id)
    }

    fn decide(
        &self,
        before: Option<&Rating>,
        terms: &Terms,
        at: &mut At<'_>,
    ) -> Result<Decided<Rating, ()>, Refusal> {
        if before.is_some() {
            return Err(invited_already());
        }
        let rating = Rating {
            dossier: self.dossier.clone(),
            closed_at: self.closed_at,
            invited_at: at.now,
            expires_at: at.now + terms.open_for,
            given: None,
        };
        let fact = Fact::Invited(Box::new(rating.clone()));
        Ok(Decided { after: rating, facts: vec![fact], answer: () })
    }
}

/// A dossier is closed once.
fn invited_already() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "RATING_INVITED",
        "Chủ hồ sơ đã được mời đánh giá.",
        "The owner of the dossier was invited already.",
    )
}
