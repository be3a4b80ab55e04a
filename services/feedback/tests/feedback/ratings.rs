//! From a closed dossier to its rating, and who may read it.

use chassis::access::Role;
use chassis::clock::timestamp;
use chassis::status::reason;
use futures::future::join_all;
use jiff::SignedDuration;
use proto::motcua::feedback::v1 as pb;
use proto::motcua::r#type::v1::DossierStatus;
use support::{AGENCY, wrong};
use tonic::{Code, Status};

use crate::house::{House, PROCEDURE, wish};

const RATED: &str = "select count(*) from feedback.ratings where level is not null";

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String) {
    let status = answer.unwrap_err();
    (status.code(), reason(&status).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_of_a_closed_dossier_is_invited_and_rates_it() {
    let house = House::build().await;
    let dossier = house.closed().await;
    let invited = house.feedback.facts::<pb::RatingInvited>().await;
    assert_eq!(invited.len(), 1);
    assert_eq!(invited[0].rating, dossier.rating());
    let now = house.feedback.clock.now();
    assert_eq!(invited[0].expire_time, Some(timestamp(now + SignedDuration::from_hours(48))));
    assert_eq!(invited[0].dossier.as_ref().unwrap().procedure, PROCEDURE);

    let owner = house.citizen(&dossier.owner);
    let open = house.read(&dossier, &owner).await.unwrap();
    assert_eq!((open.state(), open.comment.as_str()), (pb::RatingState::Invited, ""));

    house.feedback.clock.advance(SignedDuration::from_hours(1));
    let rated = house.rate(&dossier, 4).await.unwrap();
    assert_eq!(rated.state(), pb::RatingState::Given);
    assert_eq!(rated.level(), pb::SatisfactionLevel::Satisfied);
    assert_eq!(rated.comment, "Cán bộ tận tình, chờ hơi lâu.");
    let owner = house.citizen(&dossier.owner);
    assert_eq!(house.read(&dossier, &owner).await.unwrap(), rated);
    let facts = house.feedback.facts::<pb::RatingGiven>().await;
    let expected = pb::RatingGiven {
        dossier: rated.dossier,
        rating: rated.name,
        level: 4,
        give_time: rated.give_time,
    };
    assert_eq!(facts, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_agencys_last_word_invites_and_once() {
    let house = House::build().await;
    for (number, invites) in (1..=10).map(|number| (number, [3, 10].contains(&number))) {
        let before = house.feedback.facts::<pb::RatingInvited>().await.len();
        let dossier = house.dossier();
        let status = DossierStatus::try_from(number).unwrap();
        let event = house.event(&dossier, 1, status);
        let again = house.event(&dossier, 2, status);
        house.feedback.hear(&[event.clone(), event, again]).await;
        let after = house.feedback.facts::<pb::RatingInvited>().await.len();
        assert_eq!(after - before, usize::from(invites), "{status:?}");
    }
    assert_eq!(house.feedback.number("select count(*) from chassis.dead_letter").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rating_is_given_once_in_time_by_the_owner() {
    let house = House::build().await;
    let (open, late, dossier) = (house.closed().await, house.closed().await, house.dossier());
    assert_eq!(
        refused(house.rate(&dossier, 5).await),
        (Code::FailedPrecondition, "NOT_INVITED".into())
    );
    let stranger = house.citizen("accounts/019abf00-0000-7000-8000-000000000001");
    let denied = (Code::PermissionDenied, "NOT_PERMITTED".to_owned());
    assert_eq!(refused(house.send(&stranger, wish(&open, 1)).await), denied);
    assert_eq!(refused(house.send(&stranger, wish(&dossier, 1)).await), denied);
    let officer = house.feedback.officer(AGENCY, Role::Receiving);
    assert_eq!(refused(house.send(&officer, wish(&open, 5)).await), denied);

    let asked = wish(&open, 5);
    let owner = house.citizen(&open.owner);
    let answers = join_all((0..20).map(|_| house.send(&owner, asked.clone()))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    let given = (Code::AlreadyExists, "RATING_GIVEN".to_owned());
    assert_eq!(refused(house.rate(&open, 1).await), given);
    assert_eq!(house.feedback.facts::<pb::RatingGiven>().await.len(), 1);

    house.feedback.clock.advance(SignedDuration::from_hours(48));
    let closed = (Code::FailedPrecondition, "RATING_CLOSED".to_owned());
    assert_eq!(refused(house.rate(&late, 5).await), closed);
    let owner = house.citizen(&late.owner);
    assert_eq!(house.read(&late, &owner).await.unwrap().state(), pb::RatingState::Expired);
    assert_eq!(house.feedback.number(RATED).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_wrong_field_is_named_at_once_and_leaves_no_trace() {
    let house = House::build().await;
    let dossier = house.closed().await;
    let owner = house.citizen(&dossier.owner);
    let long = "ế".repeat(1001);
    for (level, comment, fields) in [
        (0, "", &["level"][..]),
        (6, "", &["level"]),
        (-1, &long, &["level", "comment"]),
        (5, "a\0b", &["comment"]),
    ] {
        let asked = pb::RateDossierRequest { comment: comment.into(), ..wish(&dossier, level) };
        let wrong = wrong(house.send(&owner, asked).await);
        let named: Vec<_> = wrong.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(named, fields);
    }
    assert_eq!(house.feedback.number(RATED).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rating_is_read_by_its_owner_and_by_those_whose_work_it_judges() {
    let house = House::build().await;
    let dossier = house.closed().await;
    house.rate(&dossier, 2).await.unwrap();
    for (what, token, reads) in [
        ("the owner", house.citizen(&dossier.owner), true),
        ("its desk", house.feedback.officer(AGENCY, Role::Receiving), true),
        ("its leader", house.feedback.officer(AGENCY, Role::AgencyAdministrator), true),
        ("its operator", house.feedback.officer(AGENCY, Role::Operator), false),
        ("another desk", house.feedback.officer("agencies/27484", Role::Receiving), false),
        ("a citizen", house.citizen("accounts/019abf00-0000-7000-8000-000000000001"), false),
        ("a service", house.feedback.service("mailing"), false),
    ] {
        let answer = house.read(&dossier, &token).await;
        assert_eq!(answer.is_ok(), reads, "{what}: {answer:?}");
        if let Err(status) = answer {
            assert_eq!(status.code(), Code::PermissionDenied, "{what}");
        }
    }
    let open = house.dossier();
    let owner = house.citizen(&open.owner);
    let none = (Code::NotFound, "RATING_NOT_FOUND".to_owned());
    assert_eq!(refused(house.read(&open, &owner).await), none);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_shows_neither_owner_nor_comment() {
    let house = House::build().await;
    let dossier = house.closed().await;
    house.rate(&dossier, 1).await.unwrap();
    let dump = house.feedback.dump().await;
    assert!(dump.contains(AGENCY), "the dump holds what may be kept");
    assert!(!dump.contains("tận tình"));
}
