//! What the public is told, from real ratings, soon after they were given.

use futures::future::join_all;
use jiff::SignedDuration;
use proto::motcua::feedback::v1 as pb;
use support::{AGENCY, PATIENCE, eventually};
use tonic::Code;

use crate::house::House;

const PROCEDURE: &str = "procedures/1.012575";

/// The numbers once they tell of so many ratings.
async fn told(house: &House, rated: i64) -> pb::Satisfaction {
    eventually(PATIENCE, async || {
        let told = house.satisfaction(PROCEDURE, AGENCY, "2026-11").await.unwrap();
        if told.rated == rated { Ok(told) } else { Err(told) }
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_reads_how_satisfied_citizens_are_once_they_are_enough() {
    let house = House::build().await;
    let dossiers = join_all((0..8).map(|_| house.closed())).await;
    join_all(dossiers.iter().zip([1, 4, 5, 5]).map(|(it, level)| house.rate(it, level))).await;
    let few = told(&house, 4).await;
    assert_eq!((few.invited, few.levels.len(), few.satisfied_share), (8, 0, None));

    house.rate(&dossiers[4], 3).await.unwrap();
    let enough = told(&house, 5).await;
    let ratings: Vec<_> =
        enough.levels.iter().map(|it| (i32::from(it.level()), it.ratings)).collect();
    assert_eq!(ratings, [(1, 1), (2, 0), (3, 1), (4, 1), (5, 2)]);
    assert_eq!(enough.satisfied_share, Some(0.6));
    for (procedure, agency, period) in
        [("", "", "2026-Q4"), (PROCEDURE, "", "2026"), ("", AGENCY, "2026-11")]
    {
        let wider = house.satisfaction(procedure, agency, period).await.unwrap();
        assert_eq!((wider.invited, wider.rated, wider.levels), (8, 5, enough.levels.clone()));
    }
    for (procedure, agency, period) in
        [("", "", "2026-10"), ("procedures/1.001193", "", "2026"), ("", "agencies/27484", "2026")]
    {
        let none = house.satisfaction(procedure, agency, period).await.unwrap();
        assert_eq!((none.invited, none.rated), (0, 0), "{procedure} {agency} {period}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rating_counts_in_the_month_its_dossier_was_closed_in() {
    let house = House::build().await;
    // Ten o'clock on 25 November: five and a half days later it is December in Vietnam.
    house.feedback.clock.advance(SignedDuration::from_hours(5 * 24));
    house.feedback.database.migrate(&house.feedback.clock).await;
    let dossier = house.closed().await;
    house.feedback.clock.advance(SignedDuration::from_hours(24));
    house.rate(&dossier, 5).await.unwrap();
    assert_eq!(told(&house, 1).await.invited, 1);
    assert_eq!(house.satisfaction("", "", "2026-12").await.unwrap().invited, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_period_procedure_or_agency_is_refused() {
    let house = House::build().await;
    for (procedure, agency, period) in
        [("", "", ""), ("", "", "2026-13"), ("x", "", "2026"), ("", "agencies/%", "2026")]
    {
        let status = house.satisfaction(procedure, agency, period).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{procedure} {agency} {period}");
    }
}
