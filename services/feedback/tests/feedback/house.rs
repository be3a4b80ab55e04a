//! Feedback on its feet, dossiers that were closed, and people who call.

use std::collections::HashMap;

use chassis::access::{Assurance, Person};
use chassis::clock::timestamp;
use chassis::events::Event;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::DossierStatusChanged;
use proto::motcua::feedback::v1 as pb;
use proto::motcua::feedback::v1::rating_service_client::RatingServiceClient;
use proto::motcua::feedback::v1::satisfaction_service_client::SatisfactionServiceClient;
use proto::motcua::r#type::v1::{Channel, DossierRef, DossierStatus};
use support::{AGENCY, Alone, Dossiers, Surroundings, by};
use tonic::{Response, Status};
use uuid::Uuid;

/// The procedure version of every dossier here.
pub const PROCEDURE: &str = "procedures/1.012575/versions/1";

/// Feedback and what is around it.
pub struct House {
    pub feedback: Alone,
    dossiers: Dossiers,
}

/// A dossier and its owner.
#[derive(Clone)]
pub struct Dossier {
    pub id: Uuid,
    pub owner: String,
}

impl Dossier {
    /// The name of its rating.
    pub fn rating(&self) -> String {
        format!("ratings/{}", self.id)
    }
}

impl House {
    pub async fn build() -> Self {
        let dossiers = Dossiers::default();
        let around = Surroundings {
            peers: HashMap::from([("dossier", dossiers.serve().await)]),
            table: feedback::settings::TABLE.into(),
            set: vec!["feedback.rating.open_for=48h".into()],
            ports: Vec::new(),
        };
        let feedback = Alone::raise(feedback::SERVICE, support::clock(), around).await;
        Self { feedback, dossiers }
    }

    /// A dossier somebody owns.
    pub fn dossier(&self) -> Dossier {
        let dossier = Dossier { id: Uuid::now_v7(), owner: format!("accounts/{}", Uuid::now_v7()) };
        self.dossiers.know(dossier::Dossier {
            name: format!("dossiers/{}", dossier.id),
            owner: dossier.owner.clone(),
            ..Default::default()
        });
        dossier
    }

    /// A dossier whose result was returned just now.
    pub async fn closed(&self) -> Dossier {
        let dossier = self.dossier();
        self.feedback.hear(&[self.event(&dossier, 1, DossierStatus::ResultReturned)]).await;
        dossier
    }

    /// Dossier's fact that a dossier reached a status now.
    pub fn event(&self, dossier: &Dossier, sequence: i64, after: DossierStatus) -> Event {
        let fact = DossierStatusChanged {
            dossier: Some(DossierRef {
                name: format!("dossiers/{}", dossier.id),
                code: format!("H29.26.860-20261125-{}", dossier.id.as_u64_pair().1),
                procedure: PROCEDURE.into(),
                agency: AGENCY.into(),
                channel: Channel::Online.into(),
            }),
            before: DossierStatus::ProcessingDone.into(),
            after: after.into(),
            change_time: Some(timestamp(self.feedback.clock.now())),
        };
        let event = support::event("dossier", dossier.id, sequence, &fact);
        Event { time: self.feedback.clock.now(), ..event }
    }

    /// Rates in the name of the dossier's owner, by a new request.
    pub async fn rate(&self, dossier: &Dossier, level: i32) -> Result<pb::Rating, Status> {
        self.send(&self.citizen(&dossier.owner), wish(dossier, level)).await
    }

    pub async fn send(
        &self,
        token: &str,
        asked: pb::RateDossierRequest,
    ) -> Result<pb::Rating, Status> {
        let mut ratings = RatingServiceClient::new(self.feedback.channel.clone());
        ratings.rate_dossier(by(token, asked)).await.map(Response::into_inner)
    }

    pub async fn read(&self, dossier: &Dossier, token: &str) -> Result<pb::Rating, Status> {
        let mut ratings = RatingServiceClient::new(self.feedback.channel.clone());
        let asked = by(token, pb::GetRatingRequest { name: dossier.rating() });
        ratings.get_rating(asked).await.map(Response::into_inner)
    }

    /// Asks as anyone.
    pub async fn satisfaction(
        &self,
        procedure: &str,
        agency: &str,
        period: &str,
    ) -> Result<pb::Satisfaction, Status> {
        let asked = pb::GetSatisfactionRequest {
            procedure: procedure.into(),
            agency: agency.into(),
            period: period.into(),
        };
        let mut satisfaction = SatisfactionServiceClient::new(self.feedback.channel.clone());
        satisfaction.get_satisfaction(asked).await.map(Response::into_inner)
    }

    /// A token of somebody who signed in by a code, which is enough here.
    pub fn citizen(&self, name: &str) -> String {
        self.feedback.token(name, Person::Citizen { assurance: Assurance::Low.into() })
    }
}

/// A new wish to rate a dossier.
pub fn wish(dossier: &Dossier, level: i32) -> pb::RateDossierRequest {
    pb::RateDossierRequest {
        name: dossier.rating(),
        level,
        comment: "  Cán bộ tận tình, chờ hơi lâu. ".into(),
        request_id: support::wish(),
    }
}
