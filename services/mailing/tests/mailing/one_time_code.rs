//! One-time codes.

use std::collections::HashMap;

use chassis::access::Person;
use chassis::clock::Clock;
use futures::future::join_all;
use proto::motcua::mailing::v1::SendOneTimeCodeRequest;
use proto::motcua::mailing::v1::message_service_client::MessageServiceClient;
use sandbox::telephone::Message;
use support::{Alone, Surroundings};
use tokio::net::TcpListener;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::house::{NUMBER, SMS_SECRET as SECRET};

struct Mailing {
    alone: Alone,
    telephone: String,
}

impl Mailing {
    async fn new(secret: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let telephone = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(sandbox::telephone::serve(listener, SECRET.to_owned().into()));
        Self { alone: raise(&telephone, secret).await, telephone }
    }

    async fn send(&self, asked: SendOneTimeCodeRequest) -> Result<(), Status> {
        send(&self.alone, asked).await
    }

    /// What the telephone shows, with the key each message came under.
    async fn shown(&self) -> Vec<Message> {
        let url = format!("{}/telephones/{NUMBER}/messages", self.telephone);
        reqwest::get(url).await.expect("an answer").json().await.expect("messages")
    }

    async fn rows(&self, table: &'static str) -> i64 {
        let count = sqlx::AssertSqlSafe(format!("select count(*) from {table}"));
        let pool = self.alone.database.pool();
        sqlx::query_scalar(count).fetch_one(&pool).await.expect("a count")
    }
}

async fn raise(telephone: &str, secret: &str) -> Alone {
    // Nobody is asked for a one-time code, and no parcel is posted.
    let nobody = || "http://127.0.0.1:9".to_owned();
    let around = Surroundings {
        peers: HashMap::from([("dossier", nobody()), ("identity", nobody())]),
        table: mailing::settings::TABLE.into(),
        set: vec![
            format!("mailing.sms.url={telephone}"),
            format!("mailing.sms.secret={secret}"),
            "mailing.carrier.url=http://127.0.0.1:9".into(),
            "mailing.carrier.secret=none".into(),
            "mailing.carrier.callback.listen=127.0.0.1:0".into(),
            "mailing.carrier.callback.secret=whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".into(),
        ],
        ports: vec![&mailing::settings::CALLBACK_LISTEN],
    };
    let clock = Clock::manual("2026-11-25T03:00:00Z".parse().expect("an instant"));
    Alone::raise(mailing::SERVICE, clock, around).await
}

async fn send(alone: &Alone, asked: SendOneTimeCodeRequest) -> Result<(), Status> {
    let token = alone.issuer.issue("services/identity", Person::Service).expect("a token");
    let mut request = Request::new(asked);
    let bearer = format!("Bearer {token}").parse().expect("a header");
    request.metadata_mut().insert("authorization", bearer);
    MessageServiceClient::new(alone.channel.clone()).send_one_time_code(request).await?;
    Ok(())
}

fn code(code: &str) -> SendOneTimeCodeRequest {
    SendOneTimeCodeRequest {
        request_id: Uuid::now_v7().to_string(),
        phone_number: NUMBER.into(),
        code: code.into(),
        locale: "en".into(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_comes_once_however_often_it_is_sent() {
    let mailing = Mailing::new(SECRET).await;
    let asked = code("123456");
    mailing.send(asked.clone()).await.expect("sent");
    let repeats = join_all((0..10).map(|_| mailing.send(asked.clone()))).await;
    assert!(repeats.iter().all(Result::is_ok));
    let shown = mailing.shown().await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains("123456"));
    assert_eq!(shown[0].key, asked.request_id);
    assert_eq!(mailing.rows("mailing.messages").await, 1);
    assert_eq!(mailing.rows("chassis.event").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_shows_neither_code_nor_number() {
    let mailing = Mailing::new(SECRET).await;
    mailing.send(code("918273")).await.expect("sent");
    let dump: String = sqlx::query_scalar(
        "select string_agg(query_to_xml(format('select * from %I.%I', schemaname, tablename),
             true, false, '')::text, '')
         from pg_tables where schemaname not in ('pg_catalog', 'information_schema')",
    )
    .fetch_one(&mailing.alone.database.pool())
    .await
    .expect("every row");
    assert!(dump.contains("one_time_code"), "the dump holds what may be kept");
    assert!(!dump.contains("918273") && !dump.contains("901234567"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_is_away_is_told_and_leaves_no_trace() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let nobody = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let alone = raise(&nobody, SECRET).await;
    let refused = send(&alone, code("123456")).await.expect_err("away");
    assert_eq!(refused.code(), Code::Unavailable);
    assert_eq!(chassis::status::reason(&refused).as_deref(), Some("GATEWAY_UNAVAILABLE"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_shows_nothing_to_the_caller_or_the_telephone() {
    let mailing = Mailing::new("a wrong one").await;
    let refused = mailing.send(code("123456")).await.expect_err("refused");
    assert_eq!(refused.code(), Code::Internal);
    assert!(!refused.message().contains("secret"));
    assert!(mailing.shown().await.is_empty());
    assert_eq!(mailing.rows("mailing.messages").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_at_once() {
    let mailing = Mailing::new(SECRET).await;
    let asked = SendOneTimeCodeRequest {
        phone_number: "0901234567".into(),
        code: "12a456".into(),
        locale: "fr".into(),
        ..code("")
    };
    let refused = mailing.send(asked).await.expect_err("refused");
    assert_eq!(refused.code(), Code::InvalidArgument);
    let details = String::from_utf8_lossy(refused.details()).into_owned();
    for field in ["phone_number", "code", "locale"] {
        assert!(details.contains(field), "{field}");
    }
    assert!(mailing.shown().await.is_empty());
}
