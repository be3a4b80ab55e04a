//! The rating: what the owner of a closed dossier says of how it was handled.

mod comment;
mod invite;
mod rate;
#[cfg(test)]
mod tests;

use chassis::clock::VIETNAM;
use chassis::write::Root;
use jiff::{SignedDuration, Timestamp};
use proto::motcua::feedback::v1::{RatingState, SatisfactionLevel};
use proto::motcua::r#type::v1::Channel;
use uuid::Uuid;

pub use comment::{Comment, CommentError};
pub use invite::InviteRating;
pub use rate::RateDossier;

use crate::satisfaction::Month;

/// What is between a procedure's name and the number of its version.
const VERSIONS: &str = "/versions/";

/// A rating as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rating {
    /// What it is about.
    pub dossier: Dossier,
    /// When that was closed, by workflow's clock.
    pub closed_at: Timestamp,
    /// When its owner was invited.
    pub invited_at: Timestamp,
    /// Until when a rating is taken.
    pub expires_at: Timestamp,
    /// What the owner said; none before.
    pub given: Option<Given>,
}

/// What a fact or a row says of a dossier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dossier {
    /// Its id, which is the stream.
    pub id: Uuid,
    /// Its code.
    pub code: String,
    /// `procedures/{code}/versions/{number}`.
    pub procedure: String,
    /// `agencies/{unit code}`.
    pub agency: String,
    /// How it came in.
    pub channel: Channel,
}

/// What the owner said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// How satisfied; never unspecified.
    pub level: SatisfactionLevel,
    /// In their own words, sealed.
    pub comment: Vec<u8>,
    /// When.
    pub at: Timestamp,
}

/// On which terms ratings are taken.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How long after the invitation.
    pub open_for: SignedDuration,
}

/// What is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The owner of a dossier is invited to rate it.
    Invited(Box<Rating>),
    /// A dossier was rated.
    Given(Box<Rating>),
}

impl Root for Rating {
    type Rules = Terms;
    type Wants = ();
    type Fact = Fact;
}

impl Rating {
    /// Whether it was given, or can be.
    pub fn state(&self, now: Timestamp) -> RatingState {
        if self.given.is_some() {
            RatingState::Given
        } else if now < self.expires_at {
            RatingState::Invited
        } else {
            RatingState::Expired
        }
    }

    /// The month it counts in: that in which the dossier was closed.
    pub fn month(&self) -> Month {
        Month::of(VIETNAM.to_datetime(self.closed_at).date())
    }
}

impl Dossier {
    /// `procedures/{code}`: the procedure without its version.
    pub fn procedure_alone(&self) -> &str {
        self.procedure.split(VERSIONS).next().unwrap_or_default()
    }
}
