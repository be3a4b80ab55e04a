//! Giving a rating: once, and for good, for it is counted and published at once.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use proto::motcua::feedback::v1::{RatingState, SatisfactionLevel};
use uuid::Uuid;

use super::{Fact, Given, Rating, Terms};

/// Rates a dossier in the name of its owner.
#[derive(Clone, Debug)]
pub struct RateDossier {
    /// The dossier, whose owner calls.
    pub dossier: Uuid,
    /// How satisfied; not unspecified.
    pub level: SatisfactionLevel,
    /// In their own words, sealed.
    pub comment: Vec<u8>,
}

impl Command for RateDossier {
    const NAME: &'static str = "RateDossier";
    type Root = Rating;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier)
    }

    fn decide(
        &self,
        before: Option<&Rating>,
        _: &Terms,
        at: &mut At<'_>,
    ) -> Result<Decided<Rating, ()>, Refusal> {
        let before = before.ok_or_else(not_invited)?;
        match before.state(at.now) {
            RatingState::Given => return Err(given()),
            RatingState::Expired => return Err(closed()),
            RatingState::Invited | RatingState::Unspecified => {}
        }
        let given = Given { level: self.level, comment: self.comment.clone(), at: at.now };
        let rating = Rating { given: Some(given), ..before.clone() };
        let fact = Fact::Given(Box::new(rating.clone()));
        Ok(Decided { after: rating, facts: vec![fact], answer: () })
    }
}

fn not_invited() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "NOT_INVITED",
        "Hồ sơ chưa kết thúc nên chưa đánh giá được; hãy chờ lời mời.",
        "The dossier cannot be rated yet: wait for the invitation that follows when it is closed.",
    )
}

fn closed() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "RATING_CLOSED",
        "Đã hết thời hạn đánh giá hồ sơ này.",
        "The time for rating this dossier is over.",
    )
}

fn given() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "RATING_GIVEN",
        "Hồ sơ này đã được đánh giá; mỗi hồ sơ chỉ đánh giá một lần.",
        "This dossier was rated; each is rated once.",
    )
}
