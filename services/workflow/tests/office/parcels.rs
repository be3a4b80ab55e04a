//! The result's way to its citizen, as mailing tells of it.

use chassis::clock::timestamp;
use jiff::SignedDuration;
use proto::motcua::dossier::v1::DossierSubmitted;
use proto::motcua::mailing::v1::{ShipmentDelivered, ShipmentReturned};
use proto::motcua::r#type::v1::{DossierStatus, LegalLimit, ReturnWay, Visitor};
use proto::motcua::workflow::v1 as pb;
use uuid::Uuid;

use crate::house::{AGENCY, House};

fn delivered(house: &House) -> ShipmentDelivered {
    let deliver_time = Some(timestamp(house.now() - SignedDuration::from_mins(5)));
    ShipmentDelivered { deliver_time, ..ShipmentDelivered::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_delivered_ends_its_case_once_though_the_fact_comes_twice() {
    let house = House::build().await;
    let id = house.settled(ReturnWay::Post).await;
    let case = house.case(id).await;
    assert_eq!(case.status(), DossierStatus::ProcessingDone);
    assert!(case.issue_time.is_some() && case.close_time.is_none());
    assert!(case.tasks.iter().all(|task| task.state() == pb::TaskState::Closed));
    house.later(30);
    let fact = delivered(&house);
    let event = house.fact("mailing", id, &fact);
    house.hear(&event).await;
    house.hear(&event).await;
    let told = house.published(id).await;
    assert_eq!(told[told.len() - 3..], ["ResultIssued", "ResultReturned", "CaseClosed"]);
    let returned: pb::ResultReturned = house.last(id).await;
    assert_eq!(returned.return_time, fact.deliver_time);
    assert_eq!(returned.return_way(), ReturnWay::Post);
    assert!(house.last::<pb::CaseClosed>(id).await.on_time);
    assert_eq!(house.case(id).await.status(), DossierStatus::ResultReturned);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parcel_that_came_back_is_fetched_at_the_counter() {
    let house = House::build().await;
    let id = house.settled(ReturnWay::Post).await;
    house.later(100);
    house.hear(&house.fact("mailing", id, &ShipmentReturned::default())).await;
    house.hear(&house.fact("mailing", id, &delivered(&house))).await;
    let case = house.case(id).await;
    assert_eq!((case.return_way(), case.close_time), (ReturnWay::Counter, None));
    house.work(id, "return", "returned").await;
    let returned: pb::ResultReturned = house.last(id).await;
    assert_eq!(returned.return_way(), ReturnWay::Counter);
    assert_eq!(returned.returned_to(), Visitor::Representative);
    let case = house.case(id).await;
    assert_eq!(
        (case.status(), case.returned_to()),
        (DossierStatus::ResultReturned, Visitor::Representative)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_before_its_time_is_passed_by() {
    let house = House::build().await;
    let id = house.submitted(AGENCY, ReturnWay::Post).await;
    house.hear(&house.fact("mailing", id, &delivered(&house))).await;
    assert_eq!(house.case(id).await.status(), DossierStatus::NewlyRegistered);
    house.work(id, "receive", "accepted").await;
    let accepted: pb::DossierAccepted = house.last(id).await;
    let day = accepted.receipt_day.unwrap();
    assert_eq!((day.year, day.month, day.day), (2026, 11, 25));
}

/// A fact that lacks what it must say is kept for a person to look at, and opens no case that would go astray.
#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_leaves_open_what_it_must_say_is_a_dead_letter() {
    let house = House::build().await;
    let mends: [fn(&mut DossierSubmitted); 6] = [
        |fact| fact.return_way = 0,
        |fact| fact.return_way = 99,
        |fact| fact.dossier.as_mut().unwrap().channel = 0,
        |fact| fact.legal_limit = Some(LegalLimit::default()),
        |fact| fact.legal_limit.as_mut().unwrap().count = 0,
        |fact| fact.dossier = None,
    ];
    for (letters, mend) in (1_i64..).zip(mends) {
        let id = Uuid::now_v7();
        let mut fact = house.submission(id, AGENCY, ReturnWay::Post);
        mend(&mut fact);
        house.hear(&house.fact("dossier", id, &fact)).await;
        let found: i64 = sqlx::query_scalar("select count(*) from chassis.dead_letter")
            .fetch_one(&house.alone.database.pool())
            .await
            .unwrap();
        assert_eq!((found, house.published(id).await.len()), (letters, 0), "{fact:?}");
    }
}
