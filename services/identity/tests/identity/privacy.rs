use proto::motcua::identity::v1 as pb;
use sqlx::PgPool;

use crate::mesh::{HOA, Mesh, by, details, fresh};

/// Everything in every table, as text; what is binary in hexadecimal.
async fn everything(pool: &PgPool) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select format('%I.%I', table_schema, table_name) from information_schema.tables
         where table_schema in ('identity', 'chassis')",
    )
    .fetch_all(pool)
    .await
    .unwrap();
    let mut text = String::new();
    for table in tables {
        let rows = format!("select t::text from {table} as t");
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(rows)).fetch_all(pool).await.unwrap();
        text.push_str(&rows.join("\n"));
    }
    text
}

/// Hoa moves to another telephone; the name of the change.
async fn moved(mesh: &Mesh) -> String {
    let tokens = mesh.signed_in(HOA, "").await;
    let request = pb::StartPhoneChangeRequest {
        account: tokens.account,
        phone_number: "0912345678".into(),
        request_id: fresh(),
    };
    let mut contacts = mesh.contacts.clone();
    let started = contacts.start_phone_change(by(&tokens.access_token, request)).await;
    let name = started.unwrap().into_inner().phone_change;
    let request = pb::CompletePhoneChangeRequest {
        name: name.clone(),
        phone_number: "0912345678".into(),
        code: mesh.code_of(&name).await,
        refresh_token: tokens.refresh_token,
        request_id: fresh(),
    };
    contacts.complete_phone_change(by(&tokens.access_token, request)).await.unwrap();
    name
}

#[tokio::test]
async fn nothing_personal_and_no_secret_is_in_the_database_or_the_log_in_clear() {
    let mesh = Mesh::new().await;
    let person = pb::Account { email: "hoa@example.vn".into(), ..details(HOA) };
    let request = pb::CreateAccountRequest { account: Some(person), request_id: fresh() };
    let account = mesh.accounts.clone().create_account(request).await.unwrap().into_inner().name;
    mesh.appoint("agencies/27484", &account, &[1]).await;
    let sign_in = mesh.start(HOA).await.unwrap().sign_in;
    let code = mesh.code_of(&sign_in).await;
    let tokens = mesh.complete_for(&sign_in, &code, "agencies/27484").await.unwrap();
    let next = mesh.refresh(&tokens.refresh_token).await.unwrap();
    let name = format!("agencies/27484/officers/{}", account.trim_start_matches("accounts/"));
    let request = pb::GrantRoleRequest { name, role: 3, request_id: fresh() };
    mesh.officers.clone().grant_role(mesh.by_service(request)).await.unwrap();
    let change = moved(&mesh).await;

    let pool = mesh.identity.database.pool();
    let kinds: Vec<String> = sqlx::query_scalar("select type from chassis.event order by sequence")
        .fetch_all(&pool)
        .await
        .unwrap();
    let expected = [
        "AccountCreated",
        "OfficerAppointed",
        "SignedIn",
        "RolesChanged",
        "SignedIn",
        "AccountUpdated",
    ];
    assert_eq!(kinds, expected.map(|kind| format!("motcua.identity.v1.{kind}")));

    let everything = everything(&pool).await;
    assert!(everything.contains(account.trim_start_matches("accounts/")), "it was looked at");
    let secrets = [
        HOA.personal_id,
        "901234567",
        "912345678",
        "hoa@example.vn",
        "Nguyễn Thị Hoa",
        "1990-05-01",
        &tokens.access_token,
        &tokens.refresh_token,
        &next.refresh_token,
    ];
    for secret in secrets {
        let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
        assert!(!everything.contains(secret) && !everything.contains(&hexadecimal));
    }
    let columns = everything.split([',', '(', ')', '"', '\n']);
    let codes = [code, mesh.code_of(&change).await];
    let kept = columns.into_iter().any(|column| codes.iter().any(|code| column == code));
    assert!(!kept, "a code is in no column");
}
