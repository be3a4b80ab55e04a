use chassis::access::{Caller, Person, Role};
use jiff::SignedDuration;
use proto::motcua::identity::v1 as pb;

use crate::mesh::{HOA, LAN, Mesh, appointment, by, fresh, reason};

const WARD: &str = "agencies/27484";
const OTHER: &str = "agencies/26860";
const ADMINISTRATOR: i32 = Role::AgencyAdministrator as i32;
const RECEIVING: i32 = Role::Receiving as i32;
const OPERATOR: i32 = Role::Operator as i32;
const CASHIER: i32 = Role::Cashier as i32;

fn roles_in(mesh: &Mesh, access_token: &str) -> Vec<i32> {
    match mesh.identity.verifier.caller("identity", access_token).unwrap() {
        Caller::Known { person: Person::Officer { roles, .. }, .. } => roles,
        other => panic!("{other:?} is no officer"),
    }
}

fn grant(name: &str, role: i32) -> pb::GrantRoleRequest {
    pb::GrantRoleRequest { name: name.into(), role, request_id: fresh() }
}

fn revoke(name: &str, role: i32) -> pb::RevokeRoleRequest {
    pb::RevokeRoleRequest { name: name.into(), role, request_id: fresh() }
}

#[tokio::test]
async fn a_service_appoints_the_first_administrator_who_appoints_others() {
    let mesh = Mesh::new().await;
    let (hoa, lan) = (mesh.account(HOA).await, mesh.account(LAN).await);
    let officer = mesh.appoint(WARD, &hoa, &[ADMINISTRATOR]).await;
    let tokens = mesh.signed_in(HOA, WARD).await;
    assert_eq!((&tokens.officer, &tokens.account), (&officer.name, &hoa));
    let caller = mesh.identity.verifier.caller("identity", &tokens.access_token).unwrap();
    assert_eq!(caller.name(), Ok(officer.name.as_str()));

    let token = &tokens.access_token;
    let mut officers = mesh.officers.clone();
    let request = by(token, appointment(WARD, &lan, &[RECEIVING, RECEIVING]));
    let appointed = officers.appoint_officer(request).await.unwrap().into_inner();
    assert_eq!((appointed.roles, appointed.account), (vec![RECEIVING], lan.clone()));
    let request = by(token, appointment(WARD, &lan, &[RECEIVING]));
    assert_eq!(reason(officers.appoint_officer(request).await), "OFFICER_EXISTS");
    let unknown = format!("accounts/{}", fresh());
    let request = by(token, appointment(WARD, &unknown, &[RECEIVING]));
    assert_eq!(reason(officers.appoint_officer(request).await), "NOT_PERMITTED");
}

#[tokio::test]
async fn an_administrator_acts_within_the_own_agency_and_makes_no_operators() {
    let mesh = Mesh::new().await;
    let (hoa, lan) = (mesh.account(HOA).await, mesh.account(LAN).await);
    mesh.appoint(WARD, &hoa, &[ADMINISTRATOR]).await;
    let stranger = mesh.appoint(OTHER, &lan, &[RECEIVING]).await.name;
    let token = mesh.signed_in(HOA, WARD).await.access_token;
    let mut officers = mesh.officers.clone();
    let refused = [
        reason(officers.appoint_officer(by(&token, appointment(OTHER, &hoa, &[RECEIVING]))).await),
        reason(officers.appoint_officer(by(&token, appointment(WARD, &lan, &[OPERATOR]))).await),
        reason(officers.appoint_officer(by(&token, appointment(WARD, &lan, &[CASHIER]))).await),
        reason(officers.grant_role(by(&token, grant(&stranger, ADMINISTRATOR))).await),
        reason(officers.revoke_role(by(&token, revoke(&stranger, RECEIVING))).await),
        reason(officers.get_officer(by(&token, pb::GetOfficerRequest { name: stranger })).await),
    ];
    assert_eq!(refused, ["NOT_PERMITTED"; 6]);
    let citizen = mesh.signed_in(HOA, "").await.access_token;
    let request = by(&citizen, appointment(WARD, &lan, &[RECEIVING]));
    assert_eq!(reason(officers.appoint_officer(request).await), "NOT_PERMITTED");
    let nobody = mesh.by_service(appointment(WARD, &lan, &[]));
    assert_eq!(reason(officers.appoint_officer(nobody).await), "FIELDS_INVALID");
    let nowhere = mesh.by_service(appointment("agencies/99999", &lan, &[RECEIVING]));
    assert_eq!(reason(officers.appoint_officer(nowhere).await), "FIELDS_INVALID");
}

#[tokio::test]
async fn roles_show_from_the_next_refresh_and_the_last_one_ends_the_office() {
    let mesh = Mesh::new().await;
    let hoa = mesh.account(HOA).await;
    let name = mesh.appoint(WARD, &hoa, &[RECEIVING]).await.name;
    let tokens = mesh.signed_in(HOA, WARD).await;
    assert_eq!(roles_in(&mesh, &tokens.access_token), [RECEIVING]);

    let mut officers = mesh.officers.clone();
    let processing = Role::Processing.into();
    officers.grant_role(mesh.by_service(grant(&name, processing))).await.unwrap();
    let tokens = mesh.refresh(&tokens.refresh_token).await.unwrap();
    assert_eq!(roles_in(&mesh, &tokens.access_token), [RECEIVING, processing]);

    for role in [RECEIVING, processing] {
        officers.revoke_role(mesh.by_service(revoke(&name, role))).await.unwrap();
    }
    assert_eq!(reason(mesh.refresh(&tokens.refresh_token).await), "SESSION_ENDED");
    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    assert_eq!(reason(mesh.complete_for(&sign_in, &code, WARD).await), "NOT_PERMITTED");
    assert!(mesh.complete(&sign_in, &code).await.is_ok(), "the code stays good");
}

#[tokio::test]
async fn an_officers_session_lasts_a_working_day() {
    let mesh = Mesh::new().await;
    let hoa = mesh.account(HOA).await;
    mesh.appoint(WARD, &hoa, &[RECEIVING]).await;
    let officer = mesh.signed_in(HOA, WARD).await.refresh_token;
    let citizen = mesh.signed_in(HOA, "").await.refresh_token;
    mesh.identity.clock.advance(SignedDuration::from_hours(12));
    assert_eq!(reason(mesh.refresh(&officer).await), "SESSION_ENDED");
    assert!(mesh.refresh(&citizen).await.is_ok());
}
