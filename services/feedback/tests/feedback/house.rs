//! Feedback on its feet, dossiers that were closed, and people who call.

use std::collections::HashMap;
use std::time::Duration;

use chassis::access::{Assurance, Person, Role};
use chassis::clock::{Clock, timestamp};
use chassis::events::{Bell, Cursor, Event, Log};
use chassis::write::Stream;
use prost::{Message, Name};
use proto::motcua::dossier::v1::DossierStatusChanged;
use proto::motcua::feedback::v1 as pb;
use proto::motcua::feedback::v1::rating_service_client::RatingServiceClient;
use proto::motcua::feedback::v1::satisfaction_service_client::SatisfactionServiceClient;
use proto::motcua::r#type::v1::{Channel, DossierRef, DossierStatus};
use support::{Alone, Surroundings};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use crate::dossiers::Dossiers;

/// How long anything that should happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The agency of every dossier here.
pub const AGENCY: &str = "agencies/26860";

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
        };
        let clock = Clock::manual("2026-11-25T03:00:00Z".parse().unwrap());
        Self { feedback: Alone::raise(feedback::SERVICE, clock, around).await, dossiers }
    }

    /// A dossier somebody owns.
    pub fn dossier(&self) -> Dossier {
        let dossier = Dossier { id: Uuid::now_v7(), owner: format!("accounts/{}", Uuid::now_v7()) };
        self.dossiers.know(&format!("dossiers/{}", dossier.id), &dossier.owner);
        dossier
    }

    /// A dossier whose result was returned just now.
    pub async fn closed(&self) -> Dossier {
        let dossier = self.dossier();
        self.take(&[self.event(&dossier, 1, DossierStatus::ResultReturned)]).await;
        dossier
    }

    /// Dossier's fact that a dossier reached a status now.
    pub fn event(&self, dossier: &Dossier, sequence: i64, after: DossierStatus) -> Event {
        let name = format!("dossiers/{}", dossier.id);
        let fact = DossierStatusChanged {
            dossier: Some(DossierRef {
                name: name.clone(),
                code: format!("H29.26.860-20261125-{}", dossier.id.as_u64_pair().1),
                procedure: PROCEDURE.into(),
                agency: AGENCY.into(),
                channel: Channel::Online.into(),
            }),
            before: DossierStatus::ProcessingDone.into(),
            after: after.into(),
            change_time: Some(timestamp(self.feedback.clock.now())),
        };
        Event {
            id: Uuid::now_v7(),
            source: "dossier".into(),
            kind: DossierStatusChanged::full_name(),
            subject: name,
            time: self.feedback.clock.now(),
            stream: Stream(dossier.id),
            sequence,
            agency: AGENCY.into(),
            actor: "services/workflow".into(),
            causation: String::new(),
            traceparent: None,
            body: fact.encode_to_vec(),
        }
    }

    pub async fn take(&self, events: &[Event]) {
        self.feedback.sinks[0].take(events).await.unwrap();
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
        ratings.rate_dossier(in_name_of(token, asked)).await.map(Response::into_inner)
    }

    pub async fn read(&self, dossier: &Dossier, token: &str) -> Result<pb::Rating, Status> {
        let mut ratings = RatingServiceClient::new(self.feedback.channel.clone());
        let asked = in_name_of(token, pb::GetRatingRequest { name: dossier.rating() });
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

    /// Every fact of one kind that feedback published, in order.
    pub async fn facts<M: Message + Name + Default>(&self) -> Vec<M> {
        let log = Log::new("feedback", self.feedback.database.pool(), Bell::new());
        let (mut facts, mut cursor) = (Vec::new(), Cursor::beginning());
        loop {
            let (events, next) = log.read(&cursor).await.unwrap();
            if events.is_empty() {
                return facts;
            }
            let wanted = events.into_iter().filter(|event| event.kind == M::full_name());
            facts.extend(wanted.map(|event| M::decode(event.body.as_slice()).unwrap()));
            cursor = next;
        }
    }

    pub async fn rows(&self, count: &'static str) -> i64 {
        sqlx::query_scalar(count).fetch_one(&self.feedback.database.pool()).await.unwrap()
    }

    pub fn citizen(&self, name: &str) -> String {
        self.token(name, Person::Citizen { assurance: Assurance::Low.into() })
    }

    pub fn officer(&self, agency: &str, role: Role) -> String {
        let person = Person::Officer { agency: agency.into(), roles: vec![role.into()] };
        self.token(&format!("{agency}/officers/{}", Uuid::now_v7()), person)
    }

    pub fn service(&self) -> String {
        self.token("services/mailing", Person::Service)
    }

    fn token(&self, name: &str, person: Person) -> String {
        self.feedback.issuer.issue(name, person).unwrap()
    }
}

/// A new wish to rate a dossier.
pub fn wish(dossier: &Dossier, level: i32) -> pb::RateDossierRequest {
    pb::RateDossierRequest {
        name: dossier.rating(),
        level,
        comment: "  Cán bộ tận tình, chờ hơi lâu. ".into(),
        request_id: Uuid::now_v7().to_string(),
    }
}

fn in_name_of<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}
