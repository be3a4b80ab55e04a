//! From a fee that fell due to an invoice, and who may read it.

use chassis::access::Role;
use chassis::status::reason;
use jiff::Timestamp;
use payment::vietqr;
use proto::motcua::payment::v1 as pb;
use proto::motcua::workflow::v1::{FeeFellDue, FeeKind};
use support::{AGENCY, event};
use tonic::Code;
use uuid::Uuid;

use crate::office::{FEES, Office, TOTAL, vnd};

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_becomes_an_invoice_that_can_be_scanned() {
    let office = Office::open().await;
    let invoice = office.issued().await;
    assert_eq!(invoice.number, "HD-2026-0000001");
    assert_eq!(invoice.purpose, "MC20260000001");
    assert_eq!(invoice.state(), pb::InvoiceState::Issued);
    assert_eq!(invoice.total, Some(vnd(TOTAL)));
    assert_eq!((invoice.pay_time, invoice.receipt_number.as_str()), (None, ""));
    let expected =
        FEES.map(|(kind, units)| pb::InvoiceLine { kind: kind.into(), amount: Some(vnd(units)) });
    assert_eq!(invoice.lines, expected);

    let scanned = vietqr::parse(&invoice.vietqr).unwrap();
    let proposed = scanned.transfer();
    assert_eq!(proposed.amount.map(payment::money::Dong::units), Some(TOTAL));
    assert_eq!(proposed.purpose, Some(invoice.purpose.as_str()));
    let payee = invoice.payee.clone().unwrap();
    assert_eq!((proposed.bank_bin, proposed.account), (&*payee.bank_bin, &*payee.account));

    let facts = office.alone.facts::<pb::InvoiceIssued>().await;
    assert_eq!(facts.len(), 1);
    assert_eq!(facts[0].invoice, invoice.name);
    assert_eq!(facts[0].total, invoice.total);
    assert_eq!(office.balances().await["receivable"], TOTAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_told_of_twice_is_one_invoice() {
    let office = Office::open().await;
    let dossier = office.dossier();
    let obligation = Uuid::now_v7();
    let event = office.event(dossier.id, obligation, 1, &FEES);
    let again = office.event(dossier.id, obligation, 2, &FEES);
    office.alone.hear(&[event.clone(), event, again]).await;
    assert_eq!(office.alone.facts::<pb::InvoiceIssued>().await.len(), 1);
    assert_eq!(office.balances().await["receivable"], TOTAL);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_fee_is_parked_and_told_of() {
    let office = Office::open().await;
    let letters = "select count(*) from chassis.dead_letter";
    let mut parked = 0;
    for fees in [&[][..], &[(FeeKind::State, 0)], &[(FeeKind::Unspecified, 5)]] {
        let dossier = office.dossier();
        let event = office.event(dossier.id, Uuid::now_v7(), 1, fees);
        office.alone.hear(&[event]).await;
        parked += 1;
        assert_eq!(office.alone.number(letters).await, parked, "{fees:?}");
    }
    let dossier = office.dossier().id;
    let mut fact = FeeFellDue::default();
    fact.lines.resize_with(1, Default::default);
    office.alone.hear(&[event("workflow", dossier, 1, &fact)]).await;
    assert_eq!(office.alone.number(letters).await, parked + 1);
    assert!(office.alone.published().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_those_whom_it_concerns_read_an_invoice() {
    let office = Office::open().await;
    let dossier = office.dossier();
    let invoice = office.fell_due(&dossier).await;
    let owner = office.alone.citizen(&dossier.owner);
    let clerk = office.alone.officer(AGENCY, Role::Receiving);
    let stranger = office.alone.citizen("accounts/0193b3c0-0000-7000-8000-000000000001");
    let elsewhere = office.alone.officer("agencies/27484", Role::Receiving);
    let of_dossier = pb::ListInvoicesRequest {
        filter: format!(r#"dossier = "dossiers/{}""#, dossier.id),
        ..pb::ListInvoicesRequest::default()
    };
    for token in [&owner, &clerk, &office.service()] {
        assert_eq!(office.read(&invoice.name, token).await.unwrap(), invoice);
        let listed = office.list(of_dossier.clone(), token).await.unwrap();
        assert_eq!(listed.invoices, std::slice::from_ref(&invoice));
    }
    for token in [&stranger, &elsewhere] {
        let refused = office.read(&invoice.name, token).await.unwrap_err();
        let missing = office.read(&format!("invoices/{}", Uuid::now_v7()), token).await;
        assert_eq!(refused.code(), Code::PermissionDenied);
        assert_eq!(refused.message(), missing.unwrap_err().message(), "nobody learns which exist");
    }
    let refused = office.list(of_dossier.clone(), &stranger).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert!(office.list(of_dossier, &elsewhere).await.unwrap().invoices.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_read_page_by_page() {
    let office = Office::open().await;
    let dossier = office.dossier();
    let events: Vec<_> =
        (1..=5).map(|n| office.event(dossier.id, Uuid::now_v7(), n, &FEES)).collect();
    office.alone.hear(&events).await;
    let mut numbers = Vec::new();
    let mut asked = pb::ListInvoicesRequest {
        page_size: 2,
        filter: format!(r#"dossier = "dossiers/{}""#, dossier.id),
        ..pb::ListInvoicesRequest::default()
    };
    loop {
        let page = office.list(asked.clone(), &office.service()).await.unwrap();
        numbers.extend(page.invoices.into_iter().map(|invoice| invoice.number));
        if page.next_page_token.is_empty() {
            break;
        }
        asked.page_token = page.next_page_token;
    }
    numbers.sort();
    assert_eq!(numbers, (1..=5).map(|n| format!("HD-2026-000000{n}")).collect::<Vec<_>>());

    asked.filter.clear();
    let refused = office.list(asked, &office.service()).await.unwrap_err();
    assert_eq!(reason(&refused).as_deref(), Some("FIELDS_INVALID"));
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_begin_anew_with_the_year_in_vietnam() {
    let office = Office::open().await;
    let new_year: Timestamp = "2026-12-31T17:00:00Z".parse().unwrap();
    let second = jiff::SignedDuration::from_secs(1);
    office.alone.clock.advance(new_year.duration_since(office.alone.clock.now()) - second);
    office.alone.database.migrate(&office.alone.clock).await;
    let (first, last) = (office.issued().await, office.issued().await);
    assert_eq!((&*first.number, &*last.number), ("HD-2026-0000001", "HD-2026-0000002"));
    office.alone.clock.advance(second);
    let next = office.issued().await;
    assert_eq!((&*next.number, &*next.purpose), ("HD-2027-0000001", "MC20270000001"));
}
