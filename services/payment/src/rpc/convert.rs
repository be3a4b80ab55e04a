//! Domain types as messages.

use chassis::clock::timestamp;
use chassis::refusal::Failure;
use proto::motcua::payment::v1 as pb;

use crate::events::{fee_kind, money, name, reference, state, transfer_name};
use crate::folio::{Fees, Invoice, Refund, Transfer};
use crate::store::Balances;

/// An invoice with its VietQR.
///
/// # Errors
/// Its row was damaged, so that nobody could pay by it.
pub fn invoice(invoice: &Invoice) -> Result<pb::Invoice, Failure> {
    let vietqr = invoice.is_open().then(|| invoice.vietqr()).transpose();
    let vietqr = vietqr.map_err(|error| Failure::Broken(error.to_string()))?;
    Ok(pb::Invoice {
        name: name(invoice),
        number: invoice.number.clone(),
        dossier: Some(reference(&invoice.dossier)),
        lines: lines(&invoice.fees),
        total: Some(money(invoice.fees.total().units())),
        state: state(&invoice.state).into(),
        vietqr: vietqr.map(|payload| payload.encode()).unwrap_or_default(),
        payee: Some(pb::PayeeAccount {
            bank_bin: invoice.payee.bank_bin().into(),
            account: invoice.payee.account().into(),
        }),
        purpose: invoice.purpose.to_string(),
        issue_time: Some(timestamp(invoice.issued_at)),
        expire_time: Some(timestamp(invoice.expires_at)),
        pay_time: invoice.paid_at().map(timestamp),
        receipt_number: invoice.receipt().unwrap_or_default().into(),
        outstanding: Some(money(invoice.outstanding().units())),
    })
}

fn lines(fees: &Fees) -> Vec<pb::InvoiceLine> {
    let line = |(kind, amount): &(_, crate::money::Dong)| pb::InvoiceLine {
        kind: fee_kind(*kind).into(),
        amount: Some(money(amount.units())),
    };
    fees.lines().iter().map(line).collect()
}

/// A transfer, with the invoice it names.
pub fn transfer(transfer: &Transfer, invoice: Option<&Invoice>) -> pb::Transfer {
    let settled = transfer.settled.as_ref();
    pb::Transfer {
        name: transfer_name(transfer),
        reference: transfer.reference.clone(),
        amount: Some(money(transfer.amount.units())),
        pay_time: Some(timestamp(transfer.paid_at)),
        receive_time: Some(timestamp(transfer.received_at)),
        state: became(transfer).into(),
        reason: transfer.set_aside.unwrap_or_default().into(),
        invoice: invoice.map(name).unwrap_or_default(),
        dossier: invoice.map(|invoice| reference(&invoice.dossier)),
        settle_time: settled.map(|settled| timestamp(settled.at)),
        refund: settled.and_then(|settled| settled.refund.as_ref()).map(refund),
    }
}

fn became(transfer: &Transfer) -> pb::TransferState {
    let refund = transfer.settled.as_ref().map(|settled| settled.refund.is_some());
    match (transfer.set_aside, refund) {
        (None, _) => pb::TransferState::Matched,
        (Some(_), None) => pb::TransferState::InSuspense,
        (Some(_), Some(false)) => pb::TransferState::Allocated,
        (Some(_), Some(true)) => pb::TransferState::Refunded,
    }
}

fn refund(refund: &Refund) -> pb::Refund {
    pb::Refund {
        reference: refund.reference.clone(),
        reason: refund.reason.clone(),
        cashier: refund.cashier.clone(),
    }
}

/// How the books stand.
pub fn balances(balances: &Balances) -> pb::CheckLedgerResponse {
    let balance = |(account, sum): (&crate::ledger::Account, &i64)| pb::AccountBalance {
        account: format!("ledgerAccounts/{}", account.id()),
        balance: Some(money(*sum)),
    };
    pb::CheckLedgerResponse {
        balances: balances.accounts.iter().map(balance).collect(),
        difference: Some(money(balances.accounts.values().sum())),
        unbalanced_entries: balances
            .unbalanced
            .iter()
            .map(|entry| format!("ledgerEntries/{entry}"))
            .collect(),
    }
}
