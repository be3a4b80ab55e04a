//! `RatingService`: ratings of single dossiers.

use chassis::access::{Caller, Person, caller};
use chassis::clock::{Clock, timestamp};
use chassis::database::failed;
use chassis::names;
use chassis::refusal::{Failure, Kind, Refusal};
use chassis::write::{Door, Once};
use proto::motcua::feedback::v1 as pb;
use proto::motcua::feedback::v1::rating_service_server::RatingService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::Owners;
use crate::events::{name, reference};
use crate::rating::{Comment, CommentError, RateDossier, Rating};
use crate::seal::Seal;
use crate::store::RatingStore;

/// Takes and shows ratings.
pub struct Ratings {
    /// Reads them.
    pub store: RatingStore,
    /// Takes them.
    pub door: Door<RatingStore>,
    /// Tells whose a dossier is.
    pub owners: Owners,
    /// Seals comments.
    pub seal: Seal,
    /// Tells whether one can still be given.
    pub clock: Clock,
}

#[tonic::async_trait]
impl RatingService for Ratings {
    async fn rate_dossier(
        &self,
        request: Request<pb::RateDossierRequest>,
    ) -> Result<Response<pb::Rating>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let dossier = names::id("ratings", &asked.name, "name")?;
        let comment = check(asked)?;
        self.owners.check(dossier, caller.name()?).await?;
        let comment = self.seal.seal(dossier, comment.as_str()).map_err(broken)?;
        self.door.run(once, RateDossier { dossier, level: asked.level(), comment }).await?;
        let rating = self.store.get(dossier).await.map_err(failed)?;
        Ok(Response::new(self.shown(&rating.ok_or_else(Refusal::denied)?)?))
    }

    async fn get_rating(
        &self,
        request: Request<pb::GetRatingRequest>,
    ) -> Result<Response<pb::Rating>, Status> {
        let dossier = names::id("ratings", &request.get_ref().name, "name")?;
        let rating = self.readable(dossier, &caller(&request)).await?;
        Ok(Response::new(self.shown(&rating)?))
    }
}

impl Ratings {
    /// The rating, if the caller owns its dossier or works for the agency that settled it.
    async fn readable(&self, dossier: Uuid, caller: &Caller) -> Result<Rating, Failure> {
        let rating = self.store.get(dossier).await.map_err(failed)?;
        match caller {
            Caller::Known { name, person: Person::Citizen { .. } } => {
                self.owners.check(dossier, name).await?;
                Ok(rating.ok_or_else(not_found)?)
            }
            Caller::Known { person: Person::Officer { agency, .. }, .. } => {
                let theirs = rating.filter(|rating| rating.dossier.agency == *agency);
                Ok(theirs.ok_or_else(Refusal::denied)?)
            }
            _ => Err(Refusal::denied().into()),
        }
    }

    fn shown(&self, rating: &Rating) -> Result<pb::Rating, Failure> {
        let given = rating.given.as_ref();
        let comment = given.map(|given| self.seal.open(rating.dossier.id, &given.comment));
        Ok(pb::Rating {
            name: name(rating),
            dossier: Some(reference(&rating.dossier)),
            state: rating.state(self.clock.now()).into(),
            level: given.map(|given| given.level).unwrap_or_default().into(),
            comment: comment.transpose().map_err(broken)?.unwrap_or_default(),
            invite_time: Some(timestamp(rating.invited_at)),
            expire_time: Some(timestamp(rating.expires_at)),
            give_time: given.map(|given| timestamp(given.at)),
        })
    }
}

/// The comment, if it and the level can be taken; else every wrong field at once.
fn check(asked: &pb::RateDossierRequest) -> Result<Comment, Refusal> {
    let level = match asked.level() {
        pb::SatisfactionLevel::Unspecified => Err(level_required()),
        _ => Ok(()),
    };
    let comment = Comment::of(&asked.comment).map_err(no_comment);
    match (level, comment) {
        (Ok(()), Ok(comment)) => Ok(comment),
        (level, comment) => {
            let refusals = [level.err(), comment.err()].into_iter().flatten();
            Err(Refusal::fields(refusals.flat_map(|refusal| refusal.violations).collect()))
        }
    }
}

fn level_required() -> Refusal {
    Refusal::field(
        "level",
        "LEVEL_REQUIRED",
        "Hãy chọn một trong năm mức hài lòng.",
        "Choose one of the five levels.",
    )
}

fn no_comment(error: CommentError) -> Refusal {
    match error {
        CommentError::TooLong => Refusal::field(
            "comment",
            "COMMENT_TOO_LONG",
            "Ý kiến dài quá 1.000 ký tự; hãy viết ngắn lại.",
            "The comment has more than 1,000 characters; shorten it.",
        ),
        CommentError::Malformed => Refusal::field(
            "comment",
            "COMMENT_MALFORMED",
            "Ý kiến có ký tự điều khiển; hãy bỏ các ký tự đó.",
            "The comment has control characters; remove them.",
        ),
    }
}

fn not_found() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "RATING_NOT_FOUND",
        "Hồ sơ này chưa có lời mời đánh giá.",
        "Nobody was invited to rate this dossier.",
    )
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}
