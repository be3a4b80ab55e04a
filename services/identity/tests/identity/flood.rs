//! Strangers who start sign-ins by the dozen.

use futures::future::join_all;
use jiff::SignedDuration;
use proto::motcua::identity::v1 as pb;
use tonic::Status;

use crate::mesh::{Citizen, HOA, LAN, Mesh, fresh, reason};

/// Starts sign-ins as one person with that many other telephones, one a second.
async fn guess_telephones(mesh: &Mesh, personal_id: &str, count: usize) {
    for number in 0..count {
        let phone = format!("09{number:08}");
        mesh.identity.clock.advance(SignedDuration::from_secs(1));
        mesh.start(Citizen { personal_id, phone: &phone }).await.unwrap();
    }
}

/// What a guesser sees of a sign-in.
fn seen(answer: Result<pb::Tokens, Status>) -> (tonic::Code, String, Vec<u8>) {
    let status = answer.expect_err("refused");
    (status.code(), status.message().into(), status.details().into())
}

#[tokio::test]
async fn guessing_many_telephones_does_not_tell_which_is_right() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let right = mesh.start(HOA).await.unwrap().sign_in;
    let astray = mesh.start(Citizen { phone: LAN.phone, ..HOA }).await.unwrap().sign_in;
    let code = mesh.code_of(&right).await;
    guess_telephones(&mesh, HOA.personal_id, 50).await;
    let of_right = seen(mesh.complete(&right, "000000").await);
    assert_eq!(of_right, seen(mesh.complete(&astray, "000000").await));
    assert_eq!(reason(mesh.complete(&right, &code).await), "SIGN_IN_EXPIRED");
    for _ in 0..5 {
        mesh.start(HOA).await.unwrap();
    }
    assert_eq!(reason(mesh.start(HOA).await), "TOO_MANY_CODES");
    mesh.wait_for_sendings(5).await;
    guess_telephones(&mesh, LAN.personal_id, 1).await;
    assert_eq!(mesh.sendings(), 5, "no sixth code within the hour");
}

#[tokio::test]
async fn a_device_that_signed_in_before_is_counted_apart() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let token = mesh.signed_in(HOA, "").await.refresh_token;
    for _ in 1..5 {
        mesh.start(HOA).await.unwrap();
    }
    assert_eq!(reason(mesh.start(HOA).await), "TOO_MANY_CODES");
    mesh.account(LAN).await;
    let others = mesh.signed_in(LAN, "").await.refresh_token;
    for token in [others.as_str(), "AAAA"] {
        assert_eq!(reason(mesh.start_on(HOA, &fresh(), token).await), "TOO_MANY_CODES");
    }

    let sign_in = mesh.start_on(HOA, &fresh(), &token).await.unwrap().sign_in;
    guess_telephones(&mesh, HOA.personal_id, 60).await;
    let code = mesh.code_of(&sign_in).await;
    assert!(mesh.complete(&sign_in, &code).await.is_ok());
}

#[tokio::test]
async fn one_telephone_is_not_flooded_in_the_name_of_many() {
    let mesh = Mesh::new().await;
    for number in 0..12 {
        let personal_id = format!("0791900000{number:02}");
        let citizen = Citizen { personal_id: &personal_id, phone: HOA.phone };
        mesh.account(citizen).await;
        mesh.start(citizen).await.unwrap();
        mesh.wait_for_sendings((number + 1).min(10)).await;
    }
    mesh.account(LAN).await;
    mesh.signed_in(LAN, "").await;
    assert_eq!(mesh.sendings(), 11, "ten to the one, one to the other");
}

#[tokio::test]
async fn with_mailing_stuck_no_one_is_told_who_has_an_account() {
    let mesh = Mesh::new().await;
    mesh.mailing_gets_stuck();
    join_all((0..52).map(|number| start_five(&mesh, number))).await;
    let refused = [HOA, LAN].map(|citizen| mesh.start(citizen));
    for answer in join_all(refused).await {
        assert_eq!(reason(answer), "OVERLOADED");
    }
}

/// Five sign-ins of a person of their own; some find no room any more.
async fn start_five(mesh: &Mesh, number: usize) {
    let (personal_id, phone) = (format!("0791900000{number:02}"), format!("0901{number:06}"));
    let citizen = Citizen { personal_id: &personal_id, phone: &phone };
    mesh.account(citizen).await;
    for _ in 0..5 {
        if let Err(status) = mesh.start(citizen).await {
            assert_eq!(reason::<()>(Err(status)), "OVERLOADED");
        }
    }
}
