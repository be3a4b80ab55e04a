//! Facts as messages, and what follows from workflow's facts.

use chassis::clock::timestamp;
use chassis::events::{Event, Reactions, known};
use chassis::write::{Door, Outgoing};
use jiff::Timestamp;
use proto::google::r#type::Money;
use proto::motcua::payment::v1::{
    InvoiceCancelled, InvoiceExpired, InvoiceIssued, InvoicePaid, InvoiceState, TransferRefunded,
    TransferUnmatched,
};
use proto::motcua::r#type::v1::DossierRef;
use proto::motcua::workflow::v1::{FeeCancelled, FeeFellDue, FeeKind as Kind, FeeLine};
use uuid::Uuid;

use crate::folio::{
    CancelInvoice, Dossier, Fact, Fees, Invoice, IssueInvoice, State, Transfer, microseconds,
};
use crate::ledger::FeeKind;
use crate::money::Dong;
use crate::store::FolioStore;

/// The one currency.
const VND: &str = "VND";

/// What payment does about workflow's facts.
pub fn of_workflow(door: &Door<FolioStore>) -> Reactions {
    Reactions::to("workflow", door).on(door, fell_due).on(door, cancelled)
}

fn fell_due(fact: FeeFellDue, event: &Event) -> Result<Option<IssueInvoice>, &'static str> {
    let dossier = fact.dossier.ok_or("dossier is missing")?;
    let lines: Option<Vec<_>> = fact.lines.iter().map(line).collect();
    Ok(Some(IssueInvoice {
        dossier: Dossier {
            id: event.stream.0,
            channel: known(dossier.channel, "channel is unset or unknown")?,
            code: dossier.code,
            procedure: dossier.procedure,
            agency: dossier.agency,
        },
        obligation: Uuid::try_parse(&fact.obligation).map_err(|_| "obligation is no UUID")?,
        fees: lines
            .and_then(Fees::new)
            .ok_or("lines are no fees in VND that an invoice can hold")?,
        expires_at: fact
            .expire_time
            .and_then(instant)
            .ok_or("expire_time is missing or unknown")?,
    }))
}

fn cancelled(fact: FeeCancelled, event: &Event) -> Result<Option<CancelInvoice>, &'static str> {
    Ok(Some(CancelInvoice {
        dossier: event.stream.0,
        invoice: Uuid::try_parse(&fact.obligation).map_err(|_| "obligation is no UUID")?,
        cancelled_at: fact
            .cancel_time
            .and_then(instant)
            .ok_or("cancel_time is missing or unknown")?,
    }))
}

fn line(line: &FeeLine) -> Option<(FeeKind, Dong)> {
    let amount = line.amount.as_ref()?;
    let whole = amount.currency_code == VND && amount.nanos == 0;
    Some((ledger_kind(line.kind)?, Dong::new(amount.units).ok().filter(|_| whole)?))
}

fn instant(time: prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(time.seconds, time.nanos).ok().map(microseconds)
}

/// The ledger's kind of fee by workflow's number.
pub fn ledger_kind(kind: i32) -> Option<FeeKind> {
    match Kind::try_from(kind).ok()? {
        Kind::Unspecified => None,
        Kind::Service => Some(FeeKind::Service),
        Kind::State => Some(FeeKind::State),
    }
}

/// The contract's kind of fee.
pub const fn fee_kind(kind: FeeKind) -> Kind {
    match kind {
        FeeKind::Service => Kind::Service,
        FeeKind::State => Kind::State,
    }
}

/// The contract's state of an invoice.
pub const fn state(state: &State) -> InvoiceState {
    match state {
        State::Issued { .. } => InvoiceState::Issued,
        State::Paid { .. } => InvoiceState::Paid,
        State::Expired => InvoiceState::Expired,
        State::Cancelled => InvoiceState::Cancelled,
    }
}

/// So many đồng, be they owed or owing.
pub fn money(units: i64) -> Money {
    Money { currency_code: VND.into(), units, nanos: 0 }
}

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Issued(invoice) => {
            let message = InvoiceIssued {
                dossier: Some(reference(&invoice.dossier)),
                invoice: name(invoice),
                number: invoice.number.clone(),
                total: Some(money(invoice.fees.total().units())),
                issue_time: Some(timestamp(invoice.issued_at)),
                expire_time: Some(timestamp(invoice.expires_at)),
            };
            Outgoing::of(&message, &name(invoice), &invoice.dossier.agency)
        }
        Fact::Paid(invoice) => {
            let message = InvoicePaid {
                dossier: Some(reference(&invoice.dossier)),
                invoice: name(invoice),
                receipt_number: invoice.receipt().unwrap_or_default().into(),
                pay_time: invoice.paid_at().map(timestamp),
            };
            Outgoing::of(&message, &name(invoice), &invoice.dossier.agency)
        }
        Fact::Expired(invoice) => {
            let message = InvoiceExpired {
                dossier: Some(reference(&invoice.dossier)),
                invoice: name(invoice),
                expire_time: Some(timestamp(invoice.expires_at)),
            };
            Outgoing::of(&message, &name(invoice), &invoice.dossier.agency)
        }
        Fact::Cancelled(invoice, cancelled_at) => {
            let message = InvoiceCancelled {
                dossier: Some(reference(&invoice.dossier)),
                invoice: name(invoice),
                cancel_time: Some(timestamp(*cancelled_at)),
            };
            Outgoing::of(&message, &name(invoice), &invoice.dossier.agency)
        }
        Fact::SetAside(transfer, invoice) => set_aside(transfer, invoice.as_deref()),
        Fact::Refunded(transfer, invoice) => refunded(transfer, invoice.as_deref()),
    }
}

fn set_aside(transfer: &Transfer, invoice: Option<&Invoice>) -> Outgoing {
    let open = invoice.filter(|invoice| invoice.is_open());
    let message = TransferUnmatched {
        transfer: transfer_name(transfer),
        reason: transfer.set_aside.unwrap_or_default().into(),
        amount: Some(money(transfer.amount.units())),
        pay_time: Some(timestamp(transfer.paid_at)),
        dossier: invoice.map(|invoice| reference(&invoice.dossier)),
        invoice: invoice.map(name).unwrap_or_default(),
        outstanding: open.map(|invoice| money(invoice.outstanding().units())),
        expire_time: open.map(|invoice| timestamp(invoice.expires_at)),
    };
    Outgoing::of(&message, &transfer_name(transfer), agency(invoice))
}

fn refunded(transfer: &Transfer, invoice: Option<&Invoice>) -> Outgoing {
    let message = TransferRefunded {
        transfer: transfer_name(transfer),
        reason: transfer.set_aside.unwrap_or_default().into(),
        amount: Some(money(transfer.amount.units())),
        refund_time: transfer.settled.as_ref().map(|settled| timestamp(settled.at)),
        dossier: invoice.map(|invoice| reference(&invoice.dossier)),
        invoice: invoice.map(name).unwrap_or_default(),
    };
    Outgoing::of(&message, &transfer_name(transfer), agency(invoice))
}

/// The agency that a transfer concerns; empty if it concerns none.
fn agency(invoice: Option<&Invoice>) -> &str {
    invoice.map(|invoice| invoice.dossier.agency.as_str()).unwrap_or_default()
}

/// A transfer's resource name.
pub fn transfer_name(transfer: &Transfer) -> String {
    format!("transfers/{}", transfer.id)
}

/// An invoice's resource name.
pub fn name(invoice: &Invoice) -> String {
    format!("invoices/{}", invoice.id)
}

/// A dossier as every contract says it.
pub fn reference(dossier: &Dossier) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{}", dossier.id),
        code: dossier.code.clone(),
        procedure: dossier.procedure.clone(),
        agency: dossier.agency.clone(),
        channel: dossier.channel.into(),
    }
}
