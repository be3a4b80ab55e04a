//! The books: who may ask, and that the database itself keeps them straight.

use chassis::access::Role;
use support::AGENCY;
use tonic::Code;

use crate::office::{Office, TOTAL};

#[tokio::test(flavor = "multi_thread")]
async fn operators_and_services_ask_whether_the_books_balance() {
    let office = Office::open().await;
    office.issued().await;
    let operator = office.alone.officer(AGENCY, Role::Operator);
    let books = office.check_ledger(&operator).await.unwrap();
    let accounts: Vec<_> = books.balances.iter().map(|it| it.account.as_str()).collect();
    assert_eq!(
        accounts,
        [
            "ledgerAccounts/receivable",
            "ledgerAccounts/service-fee-revenue",
            "ledgerAccounts/state-fee-revenue",
        ]
    );
    for token in [office.alone.officer(AGENCY, Role::Receiving), office.alone.citizen("accounts/1")]
    {
        let refused = office.check_ledger(&token).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_refuses_what_would_falsify_the_books() {
    let office = Office::open().await;
    office.issued().await;
    for falsified in [
        "update payment.ledger_postings set amount = amount + 1",
        "delete from payment.ledger_postings",
        "truncate payment.ledger_postings",
        "delete from payment.ledger_entries",
        "insert into payment.ledger_postings select id, 5, 'suspense', 7 from payment.ledger_entries",
        "insert into payment.ledger_postings
             select id, place, 'suspense', 7 * sign from payment.ledger_entries,
                 (values (5, 1), (6, 0)) as given (place, sign)",
        "insert into payment.ledger_postings
             select id, place, 'elsewhere', 7 * sign from payment.ledger_entries,
                 (values (5, 1), (6, -1)) as given (place, sign)",
    ] {
        let done = sqlx::query(falsified).execute(&office.alone.database.pool()).await;
        assert!(done.is_err(), "{falsified}");
    }
    assert_eq!(office.balances().await["receivable"], TOTAL);
}
