//! A draft that nobody changes lapses, over real gRPC and a real PostgreSQL.

use std::collections::HashMap;
use std::time::Duration;

use chassis::access::Person;
use chassis::clock::Clock;
use jiff::SignedDuration;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::{CreateDossierRequest, Dossier, GetDossierRequest};
use support::{Alone, Surroundings, eventually};
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::identity::Identity;

const OWNER: &str = "accounts/0192f0c1-2a3b-7c4d-8e5f-60718293a4b5";

const PATIENCE: Duration = Duration::from_secs(20);

async fn raise(days: &str) -> Alone {
    let around = Surroundings {
        peers: HashMap::from([("identity", Identity.serve().await)]),
        table: dossier::settings::TABLE.into(),
        set: vec![format!("dossier.draft.days={days}")],
        ..Surroundings::default()
    };
    let clock = Clock::manual("2026-11-25T03:00:00Z".parse().expect("an instant"));
    Alone::raise(dossier::SERVICE, clock, around).await
}

fn asked<T>(alone: &Alone, message: T) -> Request<T> {
    let citizen = Person::Citizen { assurance: 2 };
    let token = alone.issuer.issue(OWNER, citizen).expect("a token");
    let mut request = Request::new(message);
    let bearer = format!("Bearer {token}").parse().expect("a header");
    request.metadata_mut().insert("authorization", bearer);
    request
}

async fn open_draft(alone: &Alone) -> Dossier {
    let wanted = Dossier {
        procedure: "procedures/1.012575/versions/-".into(),
        agency: "agencies/26860".into(),
        ..Default::default()
    };
    let request = CreateDossierRequest {
        dossier: Some(wanted),
        request_id: Uuid::now_v7().to_string(),
        ..Default::default()
    };
    let mut client = DossierServiceClient::new(alone.channel.clone());
    client.create_dossier(asked(alone, request)).await.expect("a draft").into_inner()
}

async fn get(alone: &Alone, name: &str) -> Result<Dossier, Status> {
    let mut client = DossierServiceClient::new(alone.channel.clone());
    let request = asked(alone, GetDossierRequest { name: name.into() });
    client.get_dossier(request).await.map(tonic::Response::into_inner)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_lapses_with_its_answers_and_then_does_not_exist() {
    let alone = raise("7").await;
    let draft = open_draft(&alone).await;
    let days = |from: Option<prost_types::Timestamp>| from.expect("set").seconds / 86_400;
    assert_eq!(days(draft.expire_time) - days(draft.create_time), 7);
    let pool = alone.database.pool();
    sqlx::query("insert into dossier.steps select id, 1, 'sealed' from dossier.dossiers")
        .execute(&pool)
        .await
        .expect("an answer");
    alone.clock.advance(SignedDuration::from_hours(7 * 24));
    let timers = async || {
        let waiting = sqlx::query_scalar("select count(*) from chassis.timer");
        waiting.fetch_one(&pool).await.unwrap_or(-1_i64) == 0
    };
    eventually(PATIENCE, timers).await;
    let refused = get(&alone, &draft.name).await.expect_err("it is gone");
    assert_eq!(refused.code(), Code::PermissionDenied, "as what never was");
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from dossier.dossiers) + (select count(*) from dossier.steps)",
    )
    .fetch_one(&pool)
    .await
    .expect("a count");
    assert_eq!(left, 0);
}
