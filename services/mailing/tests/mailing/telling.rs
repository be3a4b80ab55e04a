//! The owner of a dossier is told what happened to it.

use chassis::clock::timestamp;
use chassis::events::Event;
use jiff::{SignedDuration, Timestamp};
use proto::google::r#type::Money;
use proto::motcua::feedback::v1::RatingInvited;
use proto::motcua::payment::v1::{
    InvoiceIssued, TransferRefunded, TransferUnmatched, UnmatchedReason,
};
use proto::motcua::r#type::v1::ReturnWay;
use proto::motcua::workflow::v1::{CaseLate, DossierAccepted};
use support::{PATIENCE, event, eventually};
use uuid::Uuid;

use crate::house::{CODE, Mailing, issued, reference};
use crate::others::{OWNER, Others};

const DUE: &str = "2026-12-02T10:00:00Z";

/// Mailing whose telephone is away.
async fn without_telephone(locale: &str) -> Mailing {
    Mailing::beside(Others::with_owner(locale, ""), &[]).await
}

async fn with_telephone(locale: &str) -> Mailing {
    let mailing = without_telephone(locale).await;
    mailing.telephone_comes_back().await;
    mailing
}

fn accepted(dossier: Uuid) -> Event {
    let due: Timestamp = DUE.parse().unwrap();
    let fact = DossierAccepted {
        dossier: Some(reference(dossier)),
        due_time: Some(timestamp(due)),
        ..DossierAccepted::default()
    };
    event("workflow", dossier, 1, &fact)
}

/// Late, with a new date or without.
fn late(dossier: Uuid, new_date: Option<&str>) -> Event {
    let new_date = new_date.map(|date| timestamp(date.parse::<Timestamp>().unwrap()));
    let fact = CaseLate {
        dossier: Some(reference(dossier)),
        new_due_time: new_date,
        ..CaseLate::default()
    };
    event("workflow", dossier, 1, &fact)
}

fn fee_due(dossier: Uuid) -> Event {
    let until: Timestamp = DUE.parse().unwrap();
    let total = vnd(1_150_000);
    let fact = InvoiceIssued {
        dossier: Some(reference(dossier)),
        number: "HD-2026-0000001".into(),
        total: Some(total),
        expire_time: Some(timestamp(until)),
        ..InvoiceIssued::default()
    };
    event("payment", dossier, 1, &fact)
}

fn vnd(units: i64) -> Money {
    Money { currency_code: "VND".into(), units, nanos: 0 }
}

/// Money that came for an invoice, of which so much was outstanding then; none: it could not be paid.
fn misfit(dossier: Uuid, sequence: i64, why: UnmatchedReason, outstanding: Option<i64>) -> Event {
    let until: Timestamp = DUE.parse().unwrap();
    let fact = TransferUnmatched {
        reason: why.into(),
        amount: Some(vnd(1_000_000)),
        dossier: (why != UnmatchedReason::Unknown).then(|| reference(dossier)),
        outstanding: outstanding.map(vnd),
        expire_time: outstanding.map(|_| timestamp(until)),
        ..TransferUnmatched::default()
    };
    event("payment", dossier, sequence, &fact)
}

fn invited(dossier: Uuid) -> Event {
    let until: Timestamp = DUE.parse().unwrap();
    let fact = RatingInvited {
        dossier: Some(reference(dossier)),
        expire_time: Some(timestamp(until)),
        ..RatingInvited::default()
    };
    event("feedback", dossier, 1, &fact)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_accepted_dossier_is_told_once_though_the_fact_comes_twice() {
    let mailing = with_telephone("vi").await;
    let event = accepted(Uuid::now_v7());
    mailing.hears(&[event.clone(), event.clone()]).await;
    mailing.rests().await;
    mailing.hears(&[event]).await;
    mailing.rests().await;
    let shown = mailing.shown(1).await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains(CODE), "{}", shown[0].text);
    assert!(shown[0].text.contains("17:00 ngày 02/12/2026"), "{}", shown[0].text);
    let proven = "select count(*) from mailing.messages where sent_at is not null and attempt = 1";
    assert_eq!(mailing.alone.number(proven).await, 1);
    assert_eq!(mailing.alone.number("select count(*) from chassis.event").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_late_is_apologised_for_with_the_new_date_if_there_is_one() {
    for (new_date, words) in
        [(Some(DUE), "New date: 17:00 on 2 December 2026"), (None, "is late. Why")]
    {
        let mailing = with_telephone("en").await;
        let event = late(Uuid::now_v7(), new_date);
        mailing.hears(&[event.clone(), event]).await;
        mailing.rests().await;
        let shown = mailing.shown(1).await;
        assert_eq!(shown.len(), 1);
        assert!(shown[0].text.contains(CODE) && shown[0].text.contains(words), "{}", shown[0].text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_was_away_gets_the_message_later_in_the_owners_language() {
    let mailing = without_telephone("en").await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    let put_off = "select count(*) from chassis.job where detail is not null";
    eventually(PATIENCE, async || mailing.alone.number(put_off).await == 1).await;
    assert_eq!(mailing.alone.number("select count(*) from chassis.event").await, 0);
    mailing.telephone_comes_back().await;
    mailing.alone.clock.advance(SignedDuration::from_mins(1));
    mailing.rests().await;
    let shown = mailing.shown(1).await;
    assert_eq!(shown.len(), 1);
    assert!(shown[0].text.contains("17:00 on 2 December 2026"), "{}", shown[0].text);
    let later = "select count(*) from mailing.messages where sent_at > made_at and attempt > 1";
    assert_eq!(mailing.alone.number(later).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_neither_telephone_nor_mailbox_is_told_nothing_and_nothing_waits() {
    let mut others = Others::with_owner("vi", "");
    others.contact.as_mut().unwrap().phone_number.clear();
    let mailing = Mailing::beside(others, &[]).await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    mailing.rests().await;
    let unsent = "select count(*) from mailing.messages where sent_at is null";
    assert_eq!(mailing.alone.number(unsent).await, 1);
    assert_eq!(mailing.alone.number("select count(*) from chassis.event").await, 0);
}

/// A death after the sending and before its record leaves the job, and a message not known to be sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_death_between_sending_and_record_shows_no_second_message() {
    let mailing = with_telephone("vi").await;
    let dossier = Uuid::now_v7();
    mailing.hears(&[accepted(dossier)]).await;
    mailing.rests().await;
    let pool = mailing.alone.database.pool();
    let left =
        "with unproven as (update mailing.messages set sent_at = null, attempt = null, channel = null
                returning id)
                insert into chassis.job (id, kind, stream, body, scheduled_at, due_at)
                select id, 'tell_owner', $1, $2, now(), '2026-11-25' from unproven";
    let body = serde_json::json!({
        "dossier": dossier,
        "notice": {"dossier_accepted": {"code": CODE, "due_at": DUE}},
    });
    sqlx::query(left).bind(dossier).bind(body).execute(&pool).await.unwrap();
    mailing.rests().await;
    assert_eq!(mailing.shown(1).await.len(), 1);
    let proven = "select count(*) from mailing.messages where sent_at is not null";
    assert_eq!(mailing.alone.number(proven).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_kept_shows_who_was_told() {
    let mailing = with_telephone("vi").await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    mailing.rests().await;
    assert_nothing_personal(&mailing).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nor_does_what_waits_to_be_told() {
    let mailing = without_telephone("vi").await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    let put_off = "select count(*) from chassis.job where detail is not null";
    eventually(PATIENCE, async || mailing.alone.number(put_off).await == 1).await;
    assert_nothing_personal(&mailing).await;
}

async fn assert_nothing_personal(mailing: &Mailing) {
    let dump = mailing.alone.dump().await;
    assert!(dump.contains("dossier_accepted"), "the dump holds what may be kept");
    let owner = OWNER.strip_prefix("accounts/").unwrap();
    assert!(!dump.contains("901234567") && !dump.contains(owner));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_without_an_account_is_given_up_and_stays_to_be_seen() {
    let mailing = Mailing::beside(Others { contact: None, address: None }, &[]).await;
    mailing.hears(&[accepted(Uuid::now_v7())]).await;
    let given_up = "select count(*) from chassis.job where failed_at is not null and detail like '%no account'";
    eventually(PATIENCE, async || mailing.alone.number(given_up).await == 1).await;
    let waiting = "select count(*) from mailing.messages where sent_at is null";
    assert_eq!(mailing.alone.number(waiting).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fee_a_result_that_waits_and_an_invitation_are_told_once_each() {
    let mailing = with_telephone("vi").await;
    for (way, template) in
        [(ReturnWay::Counter, "result_at_counter"), (ReturnWay::Electronic, "result_online")]
    {
        let dossier = Uuid::now_v7();
        for event in [fee_due(dossier), issued(dossier, way), invited(dossier)] {
            mailing.hears(&[event.clone(), event]).await;
        }
        mailing.rests().await;
        let sent = "select array_agg(template order by cause like 'workflow%', template) from mailing.messages
                    where stream = $1 and sent_at is not null";
        let pool = mailing.alone.database.pool();
        let sent: Vec<String> =
            sqlx::query_scalar(sent).bind(dossier).fetch_one(&pool).await.unwrap();
        assert_eq!(sent, ["invoice_issued", "rating_invited", template]);
    }
    let shown = mailing.shown(6).await;
    assert_eq!(shown.len(), 6);
    let fee = shown.iter().find(|one| one.text.contains("HD-2026-0000001")).unwrap();
    assert!(fee.text.contains("1.150.000 đồng") && fee.text.contains("17:00 ngày 02/12/2026"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_is_told_what_becomes_of_money_that_does_not_fit() {
    let mailing = with_telephone("en").await;
    let dossier = Uuid::now_v7();
    let refunded = TransferRefunded {
        amount: Some(vnd(1_000_000)),
        dossier: Some(reference(dossier)),
        ..TransferRefunded::default()
    };
    let facts = [
        (
            misfit(dossier, 1, UnmatchedReason::Short, Some(150_000)),
            "1,000,000 VND came, 150,000 VND is still to be paid until 17:00 on 2 December 2026",
        ),
        (
            misfit(dossier, 2, UnmatchedReason::Over, Some(150_000)),
            "Please pay exactly 150,000 VND until 17:00 on 2 December 2026",
        ),
        (misfit(dossier, 3, UnmatchedReason::Double, None), "It will be paid back"),
        (misfit(dossier, 4, UnmatchedReason::Late, None), "It will be paid back"),
        (event("payment", dossier, 5, &refunded), "1,000,000 VND was paid back"),
    ];
    for (told, (event, words)) in facts.iter().enumerate() {
        mailing.hears(&[event.clone(), event.clone()]).await;
        mailing.rests().await;
        let shown = mailing.shown(told + 1).await;
        assert_eq!(shown.len(), told + 1);
        let text = &shown[told].text;
        assert!(text.contains(words) && text.contains(CODE), "{text}");
    }
    mailing.hears(&[misfit(Uuid::now_v7(), 1, UnmatchedReason::Unknown, None)]).await;
    mailing.rests().await;
    assert_eq!(mailing.shown(facts.len()).await.len(), facts.len(), "nobody is known");
}
