//! Mailing on its feet, and what is around it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use chassis::access::Person;
use chassis::events::Event;
use chassis::webhook::{self, ID_HEADER, MessageId, SIGNATURE_HEADER, Secret, TIMESTAMP_HEADER};
use mailing::settings;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::mailing::v1::shipment_service_client::ShipmentServiceClient;
use proto::motcua::mailing::v1::{GetShipmentRequest, Shipment};
use proto::motcua::r#type::v1::{Channel, DossierRef, ReturnWay};
use proto::motcua::workflow::v1::ResultIssued;
use sandbox::carrier::Parcel;
use sandbox::telephone::Message;
use serde_json::Value;
use support::{
    AGENCY, Alone, Dossiers, PATIENCE, Surroundings, by, event, eventually, own_address,
};
use tokio::net::TcpListener;
use tonic::Status;
use uuid::Uuid;

use crate::others::{OWNER, Others};

pub const NUMBER: &str = "+84901234567";
pub const CODE: &str = "000.26860-261125-00001";

const SMS_SECRET: &str = "between mailing and the telephone";
const CARRIER_SECRET: &str = "between mailing and the carrier";
const CALLBACK_SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

pub struct Mailing {
    pub alone: Alone,
    pub telephone: SocketAddr,
    carrier: SocketAddr,
    callback: SocketAddr,
    dossiers: Dossiers,
    address: Option<dossier::DeliveryAddress>,
}

impl Mailing {
    /// Mailing beside these, its telephone and its carrier away.
    pub async fn beside(others: Others, set: &[String]) -> Self {
        let (dossiers, address) = (Dossiers::default(), others.address.clone());
        let (telephone, carrier, callback) = (own_address(), own_address(), own_address());
        let given = [
            format!("mailing.sms.url=http://{telephone}"),
            format!("mailing.sms.secret={SMS_SECRET}"),
            format!("mailing.carrier.url=http://{carrier}"),
            format!("mailing.carrier.secret={CARRIER_SECRET}"),
            format!("mailing.carrier.callback.listen={callback}"),
            format!("mailing.carrier.callback.secret={CALLBACK_SECRET}"),
        ];
        let around = Surroundings {
            peers: HashMap::from([
                ("dossier", dossiers.serve().await),
                ("identity", others.serve().await),
            ]),
            table: settings::TABLE.into(),
            set: [&given[..], set].concat(),
            ports: vec![&settings::CALLBACK_LISTEN],
        };
        let alone = Alone::raise(mailing::SERVICE, support::clock(), around).await;
        Self { alone, telephone, carrier, callback, dossiers, address }
    }

    pub async fn telephone_comes_back(&self) {
        let listener = TcpListener::bind(self.telephone).await.unwrap();
        tokio::spawn(sandbox::telephone::serve(listener, SMS_SECRET.to_owned().into()));
    }

    /// The carrier opens; it tells of its scans where they are heard, or nowhere.
    pub async fn carrier_opens(&self, heard: bool) {
        let listener = TcpListener::bind(self.carrier).await.unwrap();
        let callback = if heard { self.callback } else { own_address() };
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

    /// Mailing hears facts about dossiers, which dossier knows.
    pub async fn hears(&self, events: &[Event]) {
        for event in events {
            self.dossiers.know(dossier::Dossier {
                name: format!("dossiers/{}", event.stream.0),
                owner: OWNER.into(),
                delivery_address: self.address.clone(),
                ..Default::default()
            });
        }
        self.alone.hear(events).await;
    }

    /// What the telephone shows, once it shows so many messages or more.
    pub async fn shown(&self, wait_for: usize) -> Vec<Message> {
        let telephone = self.telephone;
        let url = format!("http://{telephone}/telephones/{NUMBER}/messages?wait_for={wait_for}");
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }

    /// Waits until nothing is left to be done.
    pub async fn rests(&self) {
        eventually(PATIENCE, async || {
            self.alone.number("select count(*) from chassis.job").await == 0
        })
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

    pub async fn shipment(
        &self,
        dossier: Uuid,
        name: &str,
        who: Person,
    ) -> Result<Shipment, Status> {
        let asked = GetShipmentRequest { name: format!("shipments/{dossier}") };
        let request = by(&self.alone.token(name, who), asked);
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

pub fn reference(dossier: Uuid) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{dossier}"),
        code: CODE.into(),
        procedure: "procedures/1.012575/versions/1".into(),
        agency: AGENCY.into(),
        channel: Channel::Online.into(),
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
