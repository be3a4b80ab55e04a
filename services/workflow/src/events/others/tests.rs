//! What others' facts are taken for.

use chassis::write::Stream;
use jiff::Timestamp;
use prost_types::Timestamp as Wire;

use super::*;

const ID: Uuid = Uuid::from_u128(7);

fn event() -> Event {
    Event {
        id: Uuid::from_u128(1),
        source: "payment".into(),
        kind: String::new(),
        subject: String::new(),
        time: Timestamp::UNIX_EPOCH,
        stream: Stream(ID),
        sequence: 1,
        agency: String::new(),
        actor: String::new(),
        causation: String::new(),
        traceparent: None,
        body: Vec::new(),
    }
}

#[test]
fn an_invoice_that_expired_lapses_the_fee_at_its_deadline() {
    let obligation = Uuid::from_u128(9);
    let invoice = format!("invoices/{obligation}");
    let at = Some(Wire { seconds: 60, nanos: 0 });
    let fact = InvoiceExpired { invoice, expire_time: at, ..InvoiceExpired::default() };
    let lapse = expired(fact, &event()).expect("sound").expect("a command");
    assert_eq!((lapse.id, lapse.obligation), (ID, obligation));
    assert_eq!(lapse.lapsed_at.as_second(), 60);
}

#[test]
fn a_fact_that_lacks_what_it_must_say_is_poison() {
    let event = event();
    let invoice = || format!("invoices/{ID}");
    for bad in
        [None, Some(Wire { seconds: 0, nanos: -1 }), Some(Wire { seconds: i64::MAX, nanos: 0 })]
    {
        let fact = InvoiceExpired { invoice: invoice(), expire_time: bad, ..Default::default() };
        assert!(expired(fact, &event).is_err(), "{bad:?}");
        let fact = InvoicePaid { invoice: invoice(), pay_time: bad, ..Default::default() };
        assert!(paid(fact, &event).is_err(), "{bad:?}");
        let fact = ShipmentDelivered { deliver_time: bad, ..Default::default() };
        assert!(delivered(fact, &event).is_err(), "{bad:?}");
    }
    let at = Some(Wire::default());
    let fact =
        InvoiceExpired { invoice: "invoices/x".into(), expire_time: at, ..Default::default() };
    assert!(expired(fact, &event).is_err());
}
