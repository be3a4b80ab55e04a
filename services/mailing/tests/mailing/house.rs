//! Mailing on its feet, and what is around it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use chassis::access::Person;
use chassis::clock::Clock;
use chassis::events::{Event, Sink};
use chassis::webhook::{self, ID_HEADER, MessageId, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER};
use chassis::write::Stream;
use prost::Name;
use proto::motcua::mailing::v1::shipment_service_client::ShipmentServiceClient;
use proto::motcua::mailing::v1::{GetShipmentRequest, Shipment};
use proto::motcua::r#type::v1::{Channel, DossierRef, ReturnWay};
use proto::motcua::workflow::v1::ResultIssued;
use sandbox::carrier::Parcel;
use sandbox::telephone::Message;
use serde_json::Value;
use support::{Alone, Surroundings, eventually};
use tokio::net::TcpListener;
use tonic::{Request, Status};
use uuid::Uuid;

use crate::others::Others;

pub const NUMBER: &str = "+84901234567";
pub const CODE: &str = "000.26860-261125-00001";
pub const NOW: &str = "2026-11-25T03:00:00Z";
pub const AGENCY: &str = "agencies/26860";

/// How long anything that should happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub const SMS_SECRET: &str = "between mailing and the telephone";
const CARRIER_SECRET: &str = "between mailing and the carrier";
const CALLBACK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub struct Mailing {
    pub alone: Alone,
    pub telephone: SocketAddr,
    carrier: SocketAddr,
    callback: SocketAddr,
}

impl Mailing {
    /// Mailing beside these, its telephone and its carrier away.
    pub async fn beside(others: Others, set: &[String]) -> Self {
        let others = others.serve().await;
        let (telephone, carrier, callback) = (unused().await, unused().await, free());
        let given = [
            format!("mailing.sms.url=http://{telephone}"),
            format!("mailing.sms.secret={SMS_SECRET}"),
            format!("mailing.carrier.url=http://{carrier}"),
            format!("mailing.carrier.secret={CARRIER_SECRET}"),
            format!("mailing.carrier.callback.listen={callback}"),
            format!("mailing.carrier.callback.secret={CALLBACK_SECRET}"),
        ];
        let around = Surroundings {
            peers: HashMap::from([("dossier", others.clone()), ("identity", others)]),
            table: mailing::settings::TABLE.into(),
            set: [&given[..], set].concat(),
            ports: vec![&mailing::settings::CALLBACK_LISTEN],
        };
        let clock = Clock::manual(NOW.parse().unwrap());
        let alone = Alone::raise(mailing::SERVICE, clock, around).await;
        Self { alone, telephone, carrier, callback }
    }

    pub async fn telephone_comes_back(&self) {
        let listener = TcpListener::bind(self.telephone).await.unwrap();
        tokio::spawn(sandbox::telephone::serve(listener, SMS_SECRET.to_owned().into()));
    }

    /// The carrier opens; it tells of its scans where they are heard, or nowhere.
    pub async fn carrier_opens(&self, heard: bool) {
        let listener = TcpListener::bind(self.carrier).await.unwrap();
        let callback = if heard { self.callback } else { unused().await };
        let settings = sandbox::carrier::Settings {
            secret: CARRIER_SECRET.to_owned().into(),
            callback_url: format!("http://{callback}{}", mailing::callback::PATH),
            callback_secret: CALLBACK_SECRET.parse().unwrap(),
            clock: self.alone.clock.clone(),
            pace: Duration::ZERO,
        };
        tokio::spawn(sandbox::carrier::serve(listener, settings));
    }

    /// What the carrier has.
    pub async fn parcels(&self) -> Vec<Parcel> {
        reqwest::get(format!("http://{}/parcels", self.carrier))
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub async fn hears(&self, events: &[Event]) {
        self.sink(&events[0].source).take(events).await.unwrap();
    }

    fn sink(&self, source: &str) -> &Sink {
        self.alone.sinks.iter().find(|sink| sink.source() == source).unwrap()
    }

    /// What the telephone shows, once it shows so many messages or more.
    pub async fn shown(&self, wait_for: usize) -> Vec<Message> {
        let telephone = self.telephone;
        let url = format!("http://{telephone}/telephones/{NUMBER}/messages?wait_for={wait_for}");
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }

    pub async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.alone.database.pool()).await.unwrap()
    }

    /// Waits until nothing is left to be done.
    pub async fn rests(&self) {
        eventually(PATIENCE, async || self.number("select count(*) from chassis.job").await == 0)
            .await;
    }

    /// Kinds of the facts published about a dossier, in order, without those of messages.
    pub async fn facts(&self, dossier: Uuid) -> Vec<String> {
        let kinds = "select type from chassis.event where stream = $1
             and type not like '%MessageSent' order by sequence";
        let pool = self.alone.database.pool();
        let kinds = sqlx::query_scalar::<_, String>(kinds).bind(dossier).fetch_all(&pool).await;
        kinds.unwrap().iter().map(|kind| kind.rsplit('.').next().unwrap().to_owned()).collect()
    }

    /// Everything that is kept, as text.
    pub async fn dump(&self) -> String {
        let dump = "select string_agg(query_to_xml(format('select * from %I.%I', schemaname,
             tablename), true, false, '')::text, '')
             from pg_tables where schemaname not in ('pg_catalog', 'information_schema')";
        sqlx::query_scalar(dump).fetch_one(&self.alone.database.pool()).await.unwrap()
    }

    pub async fn shipment(
        &self,
        dossier: Uuid,
        name: &str,
        who: Person,
    ) -> Result<Shipment, Status> {
        let token = self.alone.issuer.issue(name, who).unwrap();
        let mut request = Request::new(GetShipmentRequest { name: format!("shipments/{dossier}") });
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.metadata_mut().insert("authorization", bearer);
        let mut shipments = ShipmentServiceClient::new(self.alone.channel.clone());
        Ok(shipments.get_shipment(request).await?.into_inner())
    }

    /// What the carrier's call is answered.
    pub async fn told(&self, call: &str, body: &Value) -> (u16, Value) {
        self.told_by(CALLBACK_SECRET, call, body).await
    }

    pub async fn told_by(&self, secret: &str, call: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let (id, now): (MessageId, _) = (call.parse().unwrap(), self.alone.clock.now());
        let secret: Secret = secret.parse().unwrap();
        let answer = reqwest::Client::new()
            .post(format!("http://{}{}", self.callback, mailing::callback::PATH))
            .header(ID_HEADER, call)
            .header(TIMESTAMP_HEADER, now.as_second())
            .header(SIGNATURE_HEADER, webhook::sign(&secret, &id, now, body.as_bytes()))
            .body(body)
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or_default())
    }
}

/// An address where nobody listens.
async fn unused() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// An address that was free a moment ago; nothing else takes ports of this one.
fn free() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.3:0").unwrap().local_addr().unwrap()
}

pub fn reference(dossier: Uuid) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{dossier}"),
        code: CODE.into(),
        procedure: "procedures/1.012575/versions/1".into(),
        agency: AGENCY.into(),
        channel: Channel::Online.into(),
    }
}

/// The `sequence`-th fact of a service about a dossier.
pub fn event<M: prost::Message + Name>(
    source: &str,
    dossier: Uuid,
    sequence: i64,
    fact: &M,
) -> Event {
    Event {
        id: Uuid::now_v7(),
        source: source.into(),
        kind: M::full_name(),
        subject: format!("cases/{dossier}"),
        time: NOW.parse().unwrap(),
        stream: Stream(dossier),
        sequence,
        agency: AGENCY.into(),
        actor: "agencies/26860/officers/an".into(),
        causation: String::new(),
        traceparent: None,
        body: fact.encode_to_vec(),
    }
}

/// The result of a dossier was signed.
pub fn issued(dossier: Uuid, way: ReturnWay) -> Event {
    let fact = ResultIssued {
        dossier: Some(reference(dossier)),
        return_way: way.into(),
        ..ResultIssued::default()
    };
    event("workflow", dossier, 1, &fact)
}
