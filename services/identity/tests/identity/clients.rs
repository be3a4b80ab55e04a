use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::access::{Caller, Person, Role, SigningKey};
use ed25519_dalek::pkcs8::EncodePrivateKey;
use jiff::SignedDuration;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use proto::motcua::identity::v1 as pb;
use serde_json::{Value, json};
use tonic::Status;
use uuid::Uuid;

use crate::mesh::{HOA, Mesh, appointment, by, fresh, reason};

/// The client of these tests.
const BANK: &str = "clients/bank-1";

fn key(byte: u8) -> SigningKey {
    SigningKey::from_bytes(&[byte; 32])
}

fn public(key: &SigningKey) -> String {
    URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes())
}

async fn register(mesh: &Mesh, client_id: &str, key: &SigningKey) -> Result<pb::Client, Status> {
    let request = pb::CreateClientRequest {
        client_id: client_id.into(),
        public_key: public(key),
        request_id: fresh(),
    };
    let answer = mesh.clients.clone().create_client(mesh.by_service(request)).await;
    answer.map(|client| client.into_inner())
}

fn claims(mesh: &Mesh) -> Value {
    let now = mesh.identity.clock.now().as_second();
    json!({"iss": BANK, "sub": BANK, "aud": "motcua/identity", "exp": now + 60, "jti": fresh()})
}

fn with(mut claims: Value, name: &str, value: Value) -> Value {
    claims[name] = value;
    claims
}

fn signed(claims: &Value, key: &SigningKey) -> String {
    let der = key.to_pkcs8_der().unwrap();
    let key = EncodingKey::from_ed_der(der.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), claims, &key).unwrap()
}

async fn trade(mesh: &Mesh, assertion: &str) -> Result<pb::ClientToken, Status> {
    let said = assertion.split('.').nth(1).and_then(|said| URL_SAFE_NO_PAD.decode(said).ok());
    let said: Value = serde_json::from_slice(&said.unwrap_or_default()).unwrap_or_default();
    let request_id = said["jti"].as_str().unwrap_or_default().into();
    let request = pb::IssueClientTokenRequest { assertion: assertion.into(), request_id };
    mesh.clients.clone().issue_client_token(request).await.map(|token| token.into_inner())
}

#[tokio::test]
async fn a_client_trades_an_assertion_for_a_token_and_calls_as_a_service() {
    let mesh = Mesh::new().await;
    let hoa = mesh.account(HOA).await;
    let client = register(&mesh, "bank-1", &key(7)).await.unwrap();
    assert_eq!((client.name.as_str(), client.public_key), (BANK, public(&key(7))));
    let token = trade(&mesh, &signed(&claims(&mesh), &key(7))).await.unwrap();
    let now = mesh.identity.clock.now().as_second();
    assert_eq!(token.access_expire_time.unwrap().seconds, now + 300);
    let caller = mesh.identity.verifier.caller("identity", &token.access_token).unwrap();
    assert_eq!(caller, Caller::Known { name: BANK.into(), person: Person::Service });
    let asked = pb::ResolveContactsRequest {
        accounts: vec![hoa.clone()],
        purpose: pb::ContactPurpose::Notification.into(),
    };
    let answer = mesh.accounts.clone().resolve_contacts(by(&token.access_token, asked)).await;

    // It learns nobody's contacts, and neither registers clients nor makes officers.
    assert_eq!(reason(answer), "NOT_PERMITTED");
    let create = pb::CreateClientRequest {
        client_id: "other".into(),
        public_key: public(&key(8)),
        request_id: fresh(),
    };
    let created = mesh.clients.clone().create_client(by(&token.access_token, create)).await;
    assert_eq!(reason(created), "NOT_PERMITTED");
    let operator = appointment("agencies/27484", &hoa, &[Role::Operator.into()]);
    let appointed = mesh.officers.clone().appoint_officer(by(&token.access_token, operator)).await;
    assert_eq!(reason(appointed), "NOT_PERMITTED");
}

#[tokio::test]
async fn an_assertion_is_good_once() {
    let mesh = Mesh::new().await;
    register(&mesh, "bank-1", &key(7)).await.unwrap();
    let said = claims(&mesh);
    let assertion = signed(&said, &key(7));
    let (one, other) = tokio::join!(trade(&mesh, &assertion), trade(&mesh, &assertion));
    let refused = match (one, other) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("one of {both:?} should be refused"),
    };
    assert_eq!(reason::<()>(Err(refused)), "ASSERTION_USED");
    assert_eq!(reason(trade(&mesh, &assertion).await), "ASSERTION_USED");
    let same_id =
        signed(&with(said, "exp", json!(claims(&mesh)["exp"].as_i64().unwrap() + 1)), &key(7));
    assert_eq!(reason(trade(&mesh, &same_id).await), "ASSERTION_USED");
    assert!(trade(&mesh, &signed(&claims(&mesh), &key(7))).await.is_ok());
}

#[tokio::test]
async fn a_disabled_client_gets_no_token_any_more() {
    let mesh = Mesh::new().await;
    register(&mesh, "bank-1", &key(7)).await.unwrap();
    register(&mesh, "bank-2", &key(8)).await.unwrap();
    let disable = async |name: &str, request_id: String| {
        let asked = pb::DisableClientRequest { name: name.into(), request_id };
        mesh.clients.clone().disable_client(mesh.by_service(asked)).await
    };
    let (wish, known) = (fresh(), trade(&mesh, &signed(&claims(&mesh), &key(7))).await.unwrap());
    let disabled = disable(BANK, wish.clone()).await.unwrap().into_inner();
    let since = disabled.disable_time.expect("since when");
    assert_eq!(reason(trade(&mesh, &signed(&claims(&mesh), &key(7))).await), "ASSERTION_INVALID");
    mesh.identity.clock.advance(SignedDuration::from_secs(1));
    for wish in [wish, fresh()] {
        let again = disable(BANK, wish).await.unwrap().into_inner();
        assert_eq!(again.disable_time, Some(since), "since the first time");
    }
    let another =
        with(with(claims(&mesh), "iss", json!("clients/bank-2")), "sub", json!("clients/bank-2"));
    trade(&mesh, &signed(&another, &key(8))).await.expect("the other is untouched");
    assert_eq!(reason(disable("clients/bank-3", fresh()).await), "CLIENT_UNKNOWN");
    assert_eq!(reason(disable("bank-1", fresh()).await), "FIELDS_INVALID");
    assert_eq!(reason(register(&mesh, "bank-1", &key(9)).await), "CLIENT_EXISTS");
    let asked = pb::DisableClientRequest { name: "clients/bank-2".into(), request_id: fresh() };
    let by_client = mesh.clients.clone().disable_client(by(&known.access_token, asked)).await;
    assert_eq!(reason(by_client), "NOT_PERMITTED");
}

#[tokio::test]
async fn an_assertion_that_is_wrong_in_anything_is_refused() {
    let mesh = Mesh::new().await;
    register(&mesh, "bank-1", &key(7)).await.unwrap();
    let now = mesh.identity.clock.now().as_second();
    let says = |name: &str, value: Value| signed(&with(claims(&mesh), name, value), &key(7));
    let good = signed(&claims(&mesh), &key(7));
    let parts: Vec<&str> = good.split('.').collect();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    // The public key as an HMAC's: the classic confusion of algorithms.
    let secret = EncodingKey::from_secret(key(7).verifying_key().as_bytes());
    let mac =
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(&mesh), &secret).unwrap();
    for (bad, why) in [
        (signed(&claims(&mesh), &key(8)), "another key"),
        (says("aud", json!("motcua")), "another audience"),
        (says("aud", Value::Null), "no audience"),
        (says("iss", json!("clients/bank-2")), "an unknown issuer"),
        (says("iss", json!("services/ctl")), "an issuer that is no client"),
        (says("sub", json!("clients/bank-2")), "another subject"),
        (says("exp", json!(now)), "lapsed"),
        (says("exp", json!(now + 306)), "good for too long"),
        (says("exp", json!(i64::MAX)), "good for ever"),
        (says("jti", json!("once")), "no UUID"),
        (format!("{none}.{}.", parts[1]), "no signature"),
        (format!("{none}.{}.{}", parts[1], parts[2]), "another header"),
        (mac, "another algorithm"),
        (String::new(), "nothing"),
        ("x.y.z".into(), "no token"),
        ("a".repeat(5000), "too long"),
    ] {
        assert_eq!(reason(trade(&mesh, &bad).await), "ASSERTION_INVALID", "{why}");
    }
    let request_id = Uuid::now_v7().to_string();
    let request = pb::IssueClientTokenRequest { assertion: good.clone(), request_id };
    let answer = mesh.clients.clone().issue_client_token(request).await;
    assert_eq!(reason(answer), "ASSERTION_INVALID", "another request id");
    assert!(trade(&mesh, &good).await.is_ok(), "none of it used the good one up");
}

#[tokio::test]
async fn a_client_is_registered_once_with_a_key_that_verifies() {
    let mesh = Mesh::new().await;
    register(&mesh, "bank-1", &key(7)).await.unwrap();
    assert_eq!(reason(register(&mesh, "bank-1", &key(8)).await), "CLIENT_EXISTS");
    assert_eq!(reason(register(&mesh, "Bank", &key(8)).await), "FIELDS_INVALID");
    for public_key in ["", "AAAA", &URL_SAFE_NO_PAD.encode([0; 32])] {
        let (client_id, public_key) = ("bank-2".into(), public_key.into());
        let request = pb::CreateClientRequest { client_id, public_key, request_id: fresh() };
        let answer = mesh.clients.clone().create_client(mesh.by_service(request)).await;
        assert_eq!(reason(answer), "FIELDS_INVALID");
    }
}
