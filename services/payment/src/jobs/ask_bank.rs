//! Asking the bank about an invoice: its callback may be late or never come, and no invoice lapses unasked.

use chassis::clock::Clock;
use chassis::database::failed;
use chassis::jobs::{Job, Lease, Progress, Work};
use chassis::refusal::{Failure, Kind};
use chassis::write::Door;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::folio::{EndAsking, Invoice, Notice, Questions, RecordTransfer, Told};
use crate::outside::Bank;

use crate::store::FolioStore;

/// How far the bank's clock may be behind ours: a transfer for an invoice can seem so much older than it.
const BEHIND: SignedDuration = SignedDuration::from_mins(5);

/// Attempts at one question, some hours of them, before it is left and the next one waited for: no invoice is ever given up because
/// the bank is away.
const MOST_ATTEMPTS: i32 = 16;

/// Which invoice the bank is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asking {
    /// Its dossier.
    pub dossier: Uuid,
    /// The invoice.
    pub invoice: Uuid,
}

impl Work for Asking {
    const KIND: &'static str = "ask_bank";
}

/// Asks the bank.
pub struct AskBank {
    /// The bank.
    pub bank: Bank,
    /// When it is asked again.
    pub questions: Questions,
    /// Reads invoices.
    pub store: FolioStore,
    /// Records what the bank tells of, as its callback does.
    pub door: Door<FolioStore>,
    /// Tells whether a deadline has passed.
    pub clock: Clock,
}

impl Job for AskBank {
    type Work = Asking;
    type Done = EndAsking;

    async fn step(&self, work: Asking, lease: &Lease) -> Result<Progress<EndAsking>, Failure> {
        let Asking { dossier, invoice: id } = work;
        let end = |told_until| Progress::Done(EndAsking { dossier, invoice: id, told_until });
        let invoice = self.invoice(id).await?;
        if !invoice.is_open() {
            return Ok(end(None));
        }
        let later = Progress::Later(self.questions.next(&invoice, self.clock.now()));
        match self.ask(&invoice).await {
            Ok(told_until) if told_until > invoice.expires_at => Ok(end(Some(told_until))),
            Ok(_) => Ok(later),
            Err(Failure::Unavailable(_)) if lease.attempt >= MOST_ATTEMPTS => Ok(later),
            Err(failure) => Err(failure),
        }
    }
}

impl AskBank {
    async fn invoice(&self, id: Uuid) -> Result<Invoice, Failure> {
        let found = self.store.invoice(id).await.map_err(failed)?;
        found.ok_or_else(|| Failure::Broken("the invoice that is asked about is not there".into()))
    }

    /// Asks once and records every transfer told of. Returns until when there are no others: an instant that has passed by the bank's
    /// clock, which decides, and by ours, since a clock that runs ahead must let nothing lapse.
    async fn ask(&self, invoice: &Invoice) -> Result<Timestamp, Failure> {
        let asked_at = self.clock.now();
        let answer = self.bank.transfers(&invoice.purpose, invoice.issued_at - BEHIND).await;
        let answer = answer.map_err(|error| Failure::Unavailable(error.to_string()))?;
        for told in answer.transfers {
            self.record(told).await?;
        }
        Ok(answer.as_of.min(asked_at))
    }

    async fn record(&self, told: Told) -> Result<(), Failure> {
        let notice = Notice::of(told, self.clock.now())
            .map_err(|error| Failure::Unavailable(format!("the bank's answer: {error}")))?;
        let stream = self.store.page_of(&notice).await.map_err(failed)?;
        match self.door.run(notice.once(), RecordTransfer { stream, notice }).await {
            Err(Failure::Refused(refusal)) if refusal.kind == Kind::Invalid => Err(contradiction()),
            recorded => recorded,
        }
    }
}

/// Which of two stories is true, and so whether the invoice is paid, a person must find out.
fn contradiction() -> Failure {
    Failure::Broken("the bank tells of another transfer under a known transfer_id".into())
}
