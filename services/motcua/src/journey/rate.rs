//! The last word is the citizen's: a rating, and what the public learns of it.

use chassis::service::BoxError;
use proto::motcua::feedback::v1 as feedback;
use proto::motcua::feedback::v1::SatisfactionLevel;
use tonic::Code;

use super::clients::as_caller;
use super::people::AGENCY;
use super::telling::local;
use super::walk::{Walker, a_moment, expect, wish};

impl Walker<'_> {
    /// The citizen is invited and rates; anyone can read how many did.
    pub(super) async fn rate(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("The rating");
        let name = dossier.replace("dossiers/", "ratings/");
        self.see_invitation(&name).await?;
        let before = self.satisfaction().await?.rated;
        self.give_rating(&name).await?;
        self.see_counted(before).await
    }

    /// The dossier's end becomes an invitation: it is there a moment later.
    async fn see_invitation(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "feedback", "RatingInvited");
        loop {
            let asked = feedback::GetRatingRequest { name: name.into() };
            match self.clients.ratings.get_rating(as_caller(asked, &self.citizen)?).await {
                Ok(_) => break,
                Err(status) if status.code() == Code::NotFound => a_moment().await,
                Err(status) => return Err(status.into()),
            }
        }
        self.saw("invited to say how it went");
        Ok(())
    }

    async fn give_rating(&mut self, name: &str) -> Result<(), BoxError> {
        self.begin("citizen", "feedback", "RateDossier");
        let asked = feedback::RateDossierRequest {
            name: name.into(),
            level: SatisfactionLevel::VerySatisfied.into(),
            comment: "Không phải đến cơ quan lần nào.".into(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.citizen)?;
        let given = self.clients.ratings.rate_dossier(request).await?.into_inner();
        expect(given.level() == SatisfactionLevel::VerySatisfied, "another level was noted")?;
        self.saw("5 of 5, very satisfied, with a comment");
        self.remember("Rated", "5 of 5, very satisfied");
        Ok(())
    }

    /// Counters are rolled up a moment after the rating.
    async fn see_counted(&mut self, before: i64) -> Result<(), BoxError> {
        self.begin("anyone", "feedback", "GetSatisfaction");
        let counted = loop {
            let now = self.satisfaction().await?;
            if now.rated > before {
                break now;
            }
            a_moment().await;
        };
        let share = counted.satisfied_share.map_or_else(
            || "too few to tell more".to_owned(),
            |share| format!("{:.0} % satisfied", share * 100.0),
        );
        self.saw(format!("ratings at {AGENCY} in {}: {}, {share}", counted.period, counted.rated));
        Ok(())
    }

    /// What anyone may know of the agency's ratings in the month that the dossier was closed in.
    async fn satisfaction(&mut self) -> Result<feedback::Satisfaction, BoxError> {
        let closed = self.closed.ok_or("the dossier has no end")?;
        let asked = feedback::GetSatisfactionRequest {
            agency: AGENCY.into(),
            period: local(closed).strftime("%Y-%m").to_string(),
            ..feedback::GetSatisfactionRequest::default()
        };
        Ok(self.clients.satisfaction.get_satisfaction(asked).await?.into_inner())
    }
}
