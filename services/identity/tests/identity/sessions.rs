use chassis::access::{Caller, Person};
use jiff::SignedDuration;
use proto::motcua::identity::v1 as pb;
use tonic::Code;

use crate::mesh::{Citizen, HOA, LAN, Mesh, fresh, other_than, reason};

#[tokio::test]
async fn a_code_opens_a_session_as_the_citizen() {
    let mesh = Mesh::new().await;
    let name = mesh.account(HOA).await;
    let tokens = mesh.signed_in(HOA, "").await;
    let caller = mesh.identity.verifier.caller("identity", &tokens.access_token).unwrap();
    assert_eq!(
        caller,
        Caller::Known { name: name.clone(), person: Person::Citizen { assurance: 1 } }
    );
    assert_eq!((tokens.account, tokens.officer.as_str()), (name, ""));
    assert_eq!(mesh.sendings(), 1);
}

#[tokio::test]
async fn a_stranger_cannot_tell_who_has_an_account() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let astray = Citizen { phone: LAN.phone, ..HOA };
    for citizen in [HOA, LAN, astray] {
        let started = mesh.start(citizen).await.unwrap();
        assert_eq!(
            started.expire_time.unwrap().seconds,
            mesh.identity.clock.now().as_second() + 300
        );
        let wrong = if citizen.phone == HOA.phone {
            other_than(&mesh.code_of(&started.sign_in).await)
        } else {
            "123456".into()
        };
        for _ in 0..5 {
            assert_eq!(reason(mesh.complete(&started.sign_in, &wrong).await), "CODE_WRONG");
        }
        assert_eq!(reason(mesh.complete(&started.sign_in, &wrong).await), "SIGN_IN_LOCKED");
        for _ in 1..5 {
            mesh.start(citizen).await.unwrap();
        }
        let refused = mesh.start(citizen).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(reason::<()>(Err(refused)), "TOO_MANY_CODES");
    }
    mesh.wait_for_sendings(5).await;
    assert_eq!(mesh.sendings(), 5, "codes go to the account's own telephone alone");
    mesh.identity.clock.advance(SignedDuration::from_hours(1));
    assert!(mesh.start(HOA).await.is_ok());
}

#[tokio::test]
async fn five_wrong_codes_lock_out_the_right_one() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    for _ in 0..5 {
        assert_eq!(reason(mesh.complete(&sign_in, &other_than(&code)).await), "CODE_WRONG");
    }
    assert_eq!(reason(mesh.complete(&sign_in, &code).await), "SIGN_IN_LOCKED");
}

#[tokio::test]
async fn a_wrong_try_that_is_repeated_counts_once() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    let wrong = pb::CompleteSignInRequest {
        sign_in: sign_in.clone(),
        code: other_than(&code),
        agency: String::new(),
        request_id: fresh(),
    };
    for _ in 0..6 {
        let answer = mesh.sessions.clone().complete_sign_in(wrong.clone()).await;
        assert_eq!(reason(answer), "CODE_WRONG");
    }
    let guess = pb::CompleteSignInRequest { code: code.clone(), ..wrong };
    assert_eq!(reason(mesh.sessions.clone().complete_sign_in(guess).await), "REQUEST_ID_REUSED");
    assert!(mesh.complete(&sign_in, &code).await.is_ok());
}

#[tokio::test]
async fn a_code_lapses_and_is_used_once() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    mesh.identity.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(reason(mesh.complete(&sign_in, &code).await), "SIGN_IN_EXPIRED");

    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    mesh.identity.clock.advance(SignedDuration::from_secs(299));
    assert!(mesh.complete(&sign_in, &code).await.is_ok());
    assert_eq!(reason(mesh.complete(&sign_in, &code).await), "SIGN_IN_EXPIRED");
    let unknown = format!("signIns/{}", fresh());
    assert_eq!(reason(mesh.complete(&unknown, &code).await), "SIGN_IN_EXPIRED");
}

#[tokio::test]
async fn a_repeated_start_sends_the_same_code_under_the_same_id() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let request_id = fresh();
    let first = mesh.start_as(HOA, &request_id).await.unwrap();
    mesh.wait_for_sendings(1).await;
    assert_eq!(mesh.start_as(HOA, &request_id).await.unwrap(), first);
    mesh.wait_for_sendings(2).await;
    let sendings = mesh.sendings_of(&first.sign_in);
    assert!(sendings.len() == 2 && sendings[0] == sendings[1]);
    assert_eq!(sendings[0].phone_number, "+84901234567");
}

#[tokio::test]
async fn a_refresh_token_is_traded_once() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let first = mesh.signed_in(HOA, "").await.refresh_token;
    let second = mesh.refresh(&first).await.unwrap().refresh_token;
    let third = mesh.refresh(&second).await.unwrap().refresh_token;
    assert!(first != second && second != third);
    let elsewhere = mesh.signed_in(HOA, "").await.refresh_token;
    assert_eq!(reason(mesh.refresh(&first).await), "REFRESH_TOKEN_REUSED");
    for of_the_session in [&first, &second, &third] {
        assert_eq!(reason(mesh.refresh(of_the_session).await), "SESSION_ENDED");
    }
    assert!(mesh.refresh(&elsewhere).await.is_ok(), "nobody holds a token of this one twice");
    let facts: Vec<pb::SessionsEnded> = mesh.identity.facts().await;
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].reason(), pb::SessionsEndedReason::RefreshTokenReused);
}

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let first = mesh.signed_in(HOA, "").await.refresh_token;
    let request_id = fresh();
    let second = mesh.refresh_as(&first, &request_id).await.unwrap().refresh_token;
    let again = mesh.refresh_as(&first, &request_id).await.unwrap().refresh_token;
    assert_eq!(again, second);
    let third = mesh.refresh(&second).await.unwrap().refresh_token;
    // What was answered long ago opens nothing, and takes nothing from its owner.
    assert_eq!(reason(mesh.refresh_as(&first, &request_id).await), "ANSWER_OUTDATED");
    assert!(mesh.refresh(&third).await.is_ok());
}

#[tokio::test]
async fn a_lost_sign_in_is_answered_again() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    let request =
        pb::CompleteSignInRequest { sign_in, code, agency: String::new(), request_id: fresh() };
    let complete = async || {
        let mut sessions = mesh.sessions.clone();
        sessions.complete_sign_in(request.clone()).await.unwrap().into_inner().refresh_token
    };
    let first = complete().await;
    assert_eq!(complete().await, first);
    assert!(mesh.refresh(&first).await.is_ok());
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let token = mesh.signed_in(HOA, "").await.refresh_token;
    let request = pb::SignOutRequest { refresh_token: token.clone(), request_id: fresh() };
    assert!(mesh.sessions.clone().sign_out(request).await.is_ok());
    assert_eq!(reason(mesh.refresh(&token).await), "SESSION_ENDED");
    let again = pb::SignOutRequest { refresh_token: token, request_id: fresh() };
    assert!(mesh.sessions.clone().sign_out(again).await.is_ok());
    let forged = pb::SignOutRequest { refresh_token: "AAAA".into(), request_id: fresh() };
    assert_eq!(reason(mesh.sessions.clone().sign_out(forged).await), "REFRESH_TOKEN_INVALID");
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_and_wants_the_token_that_is_good_now() {
    let mesh = Mesh::new().await;
    let account = mesh.account(HOA).await;
    mesh.appoint("agencies/26860", &account, &[1]).await;
    let officer = mesh.signed_in(HOA, "agencies/26860").await;
    let elsewhere = mesh.signed_in(HOA, "").await;
    let first = mesh.signed_in(HOA, "").await;
    let here = mesh.refresh(&first.refresh_token).await.unwrap();
    let under_way = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&under_way).await;
    let sign_out = async |refresh_token: &str, request_id: &str| {
        let (refresh_token, request_id) = (refresh_token.into(), request_id.into());
        let asked = pb::SignOutEverywhereRequest { refresh_token, request_id };
        mesh.sessions.clone().sign_out_everywhere(asked).await
    };
    assert_eq!(reason(sign_out("AAAA", &fresh()).await), "REFRESH_TOKEN_INVALID");
    assert_eq!(reason(sign_out(&first.refresh_token, &fresh()).await), "SESSION_ENDED");
    let wish = fresh();
    sign_out(&here.refresh_token, &wish).await.unwrap();
    sign_out(&here.refresh_token, &wish).await.unwrap();
    for tokens in [&officer, &elsewhere, &here] {
        assert_eq!(reason(mesh.refresh(&tokens.refresh_token).await), "SESSION_ENDED");
    }
    assert_eq!(reason(mesh.complete(&under_way, &code).await), "CODE_WRONG");
    let facts: Vec<pb::SessionsEnded> = mesh.identity.facts().await;
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].reason(), pb::SessionsEndedReason::SignedOutEverywhere);
    mesh.signed_in(HOA, "").await;
}

#[tokio::test]
async fn a_kept_answer_opens_no_session_that_was_ended() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let first = mesh.signed_in(HOA, "").await.refresh_token;
    let request_id = fresh();
    let second = mesh.refresh_as(&first, &request_id).await.unwrap().refresh_token;
    let request = pb::SignOutRequest { refresh_token: second, request_id: fresh() };
    mesh.sessions.clone().sign_out(request).await.unwrap();
    assert_eq!(reason(mesh.refresh_as(&first, &request_id).await), "SESSION_ENDED");
}

#[tokio::test]
async fn the_eleventh_session_crowds_out_the_oldest() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let mut tokens = Vec::new();
    for _ in 0..11 {
        tokens.push(mesh.signed_in(HOA, "").await.refresh_token);
        mesh.identity.clock.advance(SignedDuration::from_mins(15));
    }
    assert_eq!(reason(mesh.refresh(&tokens[0]).await), "SESSION_ENDED");
    assert!(mesh.refresh(&tokens[1]).await.is_ok());
}

#[tokio::test]
async fn tokens_verify_with_the_published_key() {
    let mesh = Mesh::new().await;
    mesh.account(HOA).await;
    let token = mesh.signed_in(HOA, "").await.access_token;
    let set = mesh.keys.clone().get_key_set(pb::GetKeySetRequest {}).await.unwrap().into_inner();
    let [key] = set.keys.as_slice() else { panic!("one key") };
    let decoding = jsonwebtoken::DecodingKey::from_ed_components(&key.x).unwrap();
    let header = jsonwebtoken::decode_header(&token).unwrap();
    assert_eq!((header.kid.as_ref(), key.kty.as_str()), (Some(&key.kid), "OKP"));
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&["motcua"]);
    validation.validate_exp = false;
    let claims = jsonwebtoken::decode::<serde_json::Value>(&token, &decoding, &validation).unwrap();
    let life = claims.claims["exp"].as_i64().unwrap() - claims.claims["iat"].as_i64().unwrap();
    assert_eq!(life, 300);
}
