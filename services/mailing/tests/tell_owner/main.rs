//! The owner of a dossier is told what happened to it: over a real PostgreSQL, real gRPC, and the sandbox's telephone over HTTP.

#![expect(clippy::unwrap_used, reason = "a test that fails by panicking says enough, helpers too")]

mod others;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use chassis::clock::{Clock, timestamp};
use chassis::events::Event;
use chassis::write::Stream;
use jiff::{SignedDuration, Timestamp};
use prost::{Message as _, Name};
use proto::motcua::identity::v1::Contact;
use proto::motcua::r#type::v1::DossierRef;
use proto::motcua::workflow::v1::DossierAccepted;
use sandbox::telephone::Message;
use support::{Alone, Surroundings, eventually};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::others::{OWNER, Others};

const SECRET: &str = "between mailing and the telephone";
const NUMBER: &str = "+84901234567";
const CODE: &str = "000.26860-261125-00001";
const NOW: &str = "2026-11-25T03:00:00Z";
const DUE: &str = "2026-12-02T10:00:00Z";

/// How long anything that should happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

struct Mailing {
    alone: Alone,
    telephone: SocketAddr,
}

impl Mailing {
    /// Mailing whose dossiers belong to a person who reads `locale`, or whom nobody knows; its telephone is away.
    async fn beside(locale: Option<&str>) -> Self {
        let contact = locale.map(|locale| Contact {
            account: OWNER.into(),
            phone_number: NUMBER.into(),
            locale: locale.into(),
            ..Contact::default()
        });
        let others = Others { contact }.serve().await;
        let telephone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let around = Surroundings {
            peers: HashMap::from([("dossier", others.clone()), ("identity", others)]),
            table: mailing::settings::TABLE.into(),
            set: vec![
                format!("mailing.sms.url=http://{telephone}"),
                format!("mailing.sms.secret={SECRET}"),
            ],
        };
        let clock = Clock::manual(NOW.parse().unwrap());
        Self { alone: Alone::raise(mailing::SERVICE, clock, around).await, telephone }
    }

    async fn with_telephone(locale: &str) -> Self {
        let mailing = Self::beside(Some(locale)).await;
        mailing.telephone_comes_back().await;
        mailing
    }

    async fn telephone_comes_back(&self) {
        let listener = TcpListener::bind(self.telephone).await.unwrap();
        tokio::spawn(sandbox::telephone::serve(listener, SECRET.to_owned().into()));
    }

    async fn hears(&self, events: &[Event]) {
        self.alone.sinks[0].take(events).await.unwrap();
    }

    /// What the telephone shows, once it shows one message or more.
    async fn shown(&self) -> Vec<Message> {
        let url = format!("http://{}/telephones/{NUMBER}/messages?wait_for=1", self.telephone);
        reqwest::get(url).await.unwrap().json().await.unwrap()
    }

    async fn number(&self, query: &'static str) -> i64 {
        sqlx::query_scalar(query).fetch_one(&self.alone.database.pool()).await.unwrap()
    }

    /// Waits until nothing is left to be done.
    async fn rests(&self) {
        eventually(PATIENCE, async || self.number("select count(*) from chassis.job").await == 0)
            .await;
    }
}

fn accepted(dossier: Uuid) -> Event {
    let due: Timestamp = DUE.parse().unwrap();
    let fact = DossierAccepted {
        dossier: Some(DossierRef { code: CODE.into(), ..DossierRef::default() }),
        due_time: Some(timestamp(due)),
        ..DossierAccepted::default()
    };
    Event {
        id: Uuid::now_v7(),
        source: "workflow".into(),
        kind: DossierAccepted::full_name(),
        subject: format!("cases/{dossier}"),
        time: NOW.parse().unwrap(),
        stream: Stream(dossier),
        sequence: 1,
        agency: String::new(),
        actor: "agencies/26860/officers/an".into(),
        causation: String::new(),
        traceparent: None,
        body: fact.encode_to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_dossier_is_told_once_though_the_fact_comes_twice() {
    let mailing = Mailing::with_telephone("vi").await;
    let event = accepted(Uuid::now_v7());
    mailing.hears(&[event.clone(), event.clone()]).await;
    mailing.rests().await;
    mailing.hears(&[event]).await;
    mailing.rests().await;
    let shown = mailing.shown().await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains(CODE), "{}", shown[0].text);
    assert!(shown[0].text.contains("17:00 ngày 02/12/2026"), "{}", shown[0].text);
    let proven = "select count(*) from mailing.messages where sent_at is not null and attempt = 1";
    assert_eq!(mailing.number(proven).await, 1);
    assert_eq!(mailing.number("select count(*) from chassis.event").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_was_away_gets_the_message_later_in_the_owners_language() {
    let mailing = Mailing::beside(Some("en")).await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    let put_off = "select count(*) from chassis.job where detail is not null";
    eventually(PATIENCE, async || mailing.number(put_off).await == 1).await;
    assert_eq!(mailing.number("select count(*) from chassis.event").await, 0);
    mailing.telephone_comes_back().await;
    mailing.alone.clock.advance(SignedDuration::from_mins(1));
    mailing.rests().await;
    let shown = mailing.shown().await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains("17:00 on 2 December 2026"), "{}", shown[0].text);
    let later = "select count(*) from mailing.messages where sent_at > made_at and attempt > 1";
    assert_eq!(mailing.number(later).await, 1);
}

/// A death after the sending and before its record leaves the job, and a message not known to be sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_sending_and_record_shows_no_second_message() {
    let mailing = Mailing::with_telephone("vi").await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[accepted(dossier)]).await;
    mailing.rests().await;
    let pool = mailing.alone.database.pool();
    let left =
        "with unproven as (update mailing.messages set sent_at = null, attempt = null returning id)
                insert into chassis.job (id, kind, stream, body, scheduled_at, due_at)
                select id, 'tell_owner', $1, $2, now(), '2026-11-25' from unproven";
    let body = serde_json::json!({
        "dossier": dossier,
        "notice": {"dossier_accepted": {"code": CODE, "due_at": DUE}},
    });
    sqlx::query(left).bind(dossier).bind(body).execute(&pool).await.unwrap();
    mailing.rests().await;
    assert_eq!(mailing.shown().await.len(), 1);
    let proven = "select count(*) from mailing.messages where sent_at is not null";
    assert_eq!(mailing.number(proven).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_shows_who_was_told() {
    let mailing = Mailing::with_telephone("vi").await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    mailing.rests().await;
    assert_nothing_personal(&mailing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_what_waits_to_be_told() {
    let mailing = Mailing::beside(Some("vi")).await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    let put_off = "select count(*) from chassis.job where detail is not null";
    eventually(PATIENCE, async || mailing.number(put_off).await == 1).await;
    assert_nothing_personal(&mailing).await;
}

async fn assert_nothing_personal(mailing: &Mailing) {
    let dump: String = sqlx::query_scalar(
        "select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename),
             true, false, '')::text, '')
         from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&mailing.alone.database.pool())
    .await
    .unwrap();
    assert!(dump.contains("dossier_accepted"), "the dump holds what may be kept");
    let owner = OWNER.strip_prefix("accounts/").unwrap();
    assert!(!dump.contains("901234567") && !dump.contains(owner));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_without_an_account_is_given_up_and_stays_to_be_seen() {
    let mailing = Mailing::beside(None).await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    let given_up = "select count(*) from chassis.job where failed_at is not null and detail like '%no account'";
    eventually(PATIENCE, async || mailing.number(given_up).await == 1).await;
    let waiting = "select count(*) from mailing.messages where sent_at is null";
    assert_eq!(mailing.number(waiting).await, 1);
}
