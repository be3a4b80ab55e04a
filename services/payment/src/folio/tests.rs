//! Callbacks, answers of the bank and deadlines, in any order: the books balance, and money in time pays whoever tells of it.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Numbers};
use jiff::SignedDuration;
use proptest::prelude::*;

use super::*;
use crate::ledger::{Account, FeeKind, balances};
use crate::money::Dong;

const TOTAL: i64 = 150_000;
const SHORT: i64 = 100_000;
const REST: i64 = TOTAL - SHORT;
const DOSSIER: Uuid = Uuid::from_u128(1);
const INVOICE: Uuid = Uuid::from_u128(2);

fn minutes(minutes: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
}

/// Until when the invoice can be paid.
fn deadline() -> Timestamp {
    minutes(24 * 60)
}

/// The page of one dossier, and what was published of it: `I` issued, `P` paid, `E` expired, `S` set aside,
/// `C` cancelled, `B` paid back.
struct Page {
    folio: Option<Folio>,
    published: String,
    numbers: Numbers,
    turns: u8,
}

impl Page {
    fn decide<C>(&mut self, command: &C) -> Result<Decided<Folio, ()>, Refusal>
    where
        C: Command<Root = Folio, Answer = ()>,
    {
        self.turns += 1;
        let mut at = At::new(minutes(0), [self.turns; 32], &mut self.numbers);
        let payee = Payee::new("970436", "0011001234567").unwrap();
        let terms = Terms { payee, questions: questions() };
        command.decide(self.folio.as_ref(), &terms, &mut at)
    }

    fn with_an_invoice() -> Self {
        let mut page =
            Self { folio: None, published: String::new(), numbers: Numbers::default(), turns: 0 };
        page.run(&IssueInvoice {
            dossier: Dossier {
                id: DOSSIER,
                code: "H29.26.860-19700101-0000001".into(),
                procedure: "procedures/1.012575/versions/1".into(),
                agency: "agencies/26860".into(),
                channel: Channel::Online,
            },
            obligation: INVOICE,
            fees: Fees::new(vec![(FeeKind::State, Dong::new(TOTAL).unwrap())]).unwrap(),
            expires_at: deadline(),
        });
        page
    }

    fn run<C: Command<Root = Folio, Answer = ()>>(&mut self, command: &C) {
        let Ok(decided) = self.decide(command) else { return };
        self.published.extend(decided.facts.iter().map(|fact| match fact {
            Fact::Issued(_) => 'I',
            Fact::Paid(_) => 'P',
            Fact::Expired(_) => 'E',
            Fact::Cancelled(..) => 'C',
            Fact::SetAside(..) => 'S',
            Fact::Refunded(..) => 'B',
        }));
        self.folio = Some(decided.after);
    }

    /// Takes one turn: a transfer told of, by callback or when asked (`p`, `q` in time, `l` late, `s` short, `r` the rest of that, `o` over),
    /// or the bank's word that there are no others (`x` as of after the deadline, `e` before it), or that it need not be asked (`n`); or a
    /// person pays back what waits longest (`b`); or what is collected is not due any more (`c`).
    fn turn(&mut self, turn: char) {
        let told_until = |minutes| Some(deadline() + SignedDuration::from_mins(minutes));
        match turn {
            'p' => self.transfer("FT1", TOTAL, minutes(30)),
            'q' => self.transfer("FT2", TOTAL, deadline()),
            'l' => self.transfer("FT3", TOTAL, deadline() + SignedDuration::from_mins(1)),
            's' => self.transfer("FT4", SHORT, minutes(30)),
            'r' => self.transfer("FT5", REST, minutes(40)),
            'o' => self.transfer("FT6", TOTAL + 1, minutes(30)),
            'b' => self.pay_back(),
            'c' => self.cancel(),
            'e' => self.end_asking(told_until(0)),
            'x' => self.end_asking(told_until(1)),
            _ => self.end_asking(None),
        }
    }

    fn transfer(&mut self, reference: &str, amount: i64, paid_at: Timestamp) {
        let told = self.told(reference, amount, paid_at);
        self.run(&told);
    }

    fn told(&self, reference: &str, amount: i64, paid_at: Timestamp) -> RecordTransfer {
        let purpose = &self.folio.as_ref().unwrap().invoices[0].purpose;
        let body = format!(
            r#"{{"transfer_id":{reference:?},"amount":{amount},"currency":"VND",
                "purpose":"{purpose}","pay_time":"{paid_at}"}}"#
        );
        let notice = Notice::parse(body.as_bytes(), deadline()).unwrap();
        RecordTransfer { stream: DOSSIER, notice }
    }

    fn pay_back(&mut self) {
        let waits = self.in_suspense().next().map(|transfer| transfer.id);
        let Some(transfer) = waits else { return };
        let (reference, reason) = ("FT9".into(), "paid twice".into());
        let refund = Refund { reference, reason, cashier: "services/ctl".into() };
        self.run(&RefundTransfer { stream: DOSSIER, transfer, refund });
    }

    fn end_asking(&mut self, told_until: Option<Timestamp>) {
        self.run(&EndAsking { dossier: DOSSIER, invoice: INVOICE, told_until });
    }

    fn cancel(&mut self) {
        let cancelled_at = minutes(35);
        self.run(&CancelInvoice { dossier: DOSSIER, invoice: INVOICE, cancelled_at });
    }

    fn balance(&self, account: Account) -> i128 {
        let entries = self.folio.iter().flat_map(|folio| &folio.entries);
        balances(entries.map(|(_, entry)| entry)).get(&account).copied().unwrap_or_default()
    }

    fn invoice(&self) -> &Invoice {
        &self.folio.as_ref().unwrap().invoices[0]
    }

    fn paid_back(&self) -> i64 {
        let transfers = self.folio.iter().flat_map(|folio| &folio.transfers);
        let refunded =
            |it: &&Transfer| it.settled.as_ref().is_some_and(|settled| settled.refund.is_some());
        sum(transfers.filter(refunded))
    }

    fn in_suspense(&self) -> impl Iterator<Item = &Transfer> {
        let transfers = self.folio.iter().flat_map(|folio| &folio.transfers);
        transfers.filter(|transfer| transfer.is_in_suspense())
    }
}

fn sum<'a>(transfers: impl Iterator<Item = &'a Transfer>) -> i64 {
    transfers.map(|transfer| transfer.amount.units()).sum()
}

fn questions() -> Questions {
    Questions { first: SignedDuration::from_mins(5) }
}

#[test]
fn whoever_tells_first_the_outcome_is_that_of_the_facts() {
    let (total, short) = (i128::from(TOTAL), i128::from(SHORT));
    for (turns, published, suspense) in [
        ("", "I", 0),
        ("n", "I", 0),
        ("e", "I", 0),
        ("p", "IP", 0),
        ("q", "IP", 0),
        ("pp", "IP", 0),
        ("ppx", "IP", 0),
        ("px", "IP", 0),
        ("pn", "IP", 0),
        ("ep", "IP", 0),
        ("pq", "IPS", total),
        ("x", "IE", 0),
        ("ex", "IE", 0),
        ("xx", "IE", 0),
        ("xn", "IE", 0),
        ("xp", "IES", total),
        ("xpp", "IES", total),
        ("l", "IS", total),
        ("lx", "ISE", total),
        ("xl", "IES", total),
        ("lp", "ISP", total),
        ("sp", "ISP", short),
        ("spx", "ISP", short),
        ("sx", "ISE", short),
        ("sr", "ISP", 0),
        ("rs", "ISP", 0),
        ("srx", "ISP", 0),
        ("ssr", "ISP", 0),
        ("sxr", "ISES", total),
        ("srp", "ISPS", total),
        ("spr", "ISPS", total),
        ("osr", "ISSP", total + 1),
        ("sor", "ISSP", total + 1),
        ("slr", "ISSP", total),
        ("splqx", "ISPSS", 2 * total + short),
        ("pqb", "IPSB", 0),
        ("sb", "ISB", 0),
        ("sbr", "ISBS", total - short),
        ("sbp", "ISBP", 0),
        ("spb", "ISPB", 0),
        ("sxb", "ISEB", 0),
        ("srb", "ISP", 0),
        ("c", "IC", 0),
        ("cc", "IC", 0),
        ("cxn", "IC", 0),
        ("xc", "IE", 0),
        ("pc", "IP", 0),
        ("cp", "ICS", total),
        ("scr", "ISCS", total),
        ("scb", "ISCB", 0),
    ] {
        let mut page = Page::with_an_invoice();
        turns.chars().for_each(|turn| page.turn(turn));
        assert_eq!(page.published, published, "{turns}");
        assert_eq!(-page.balance(Account::Suspense), suspense, "{turns}");
    }
}

#[test]
fn another_transfer_under_a_known_reference_is_refused_however_late() {
    let mut page = Page::with_an_invoice();
    page.transfer("FT1", TOTAL, minutes(30));
    for (amount, paid_at, refused) in
        [(TOTAL, minutes(30), false), (TOTAL + 1, minutes(30), true), (TOTAL, minutes(31), true)]
    {
        let told = page.told("FT1", amount, paid_at);
        assert_eq!(page.decide(&told).is_err(), refused, "{amount} at {paid_at}");
    }
}

#[test]
fn what_came_in_parts_was_paid_with_the_last_of_them() {
    for (turns, outstanding) in [
        ("", TOTAL),
        ("s", REST),
        ("r", SHORT),
        ("sr", 0),
        ("x", 0),
        ("c", 0),
        ("sb", TOTAL),
        ("srb", 0),
    ] {
        let mut page = Page::with_an_invoice();
        turns.chars().for_each(|turn| page.turn(turn));
        assert_eq!(page.invoice().outstanding().units(), outstanding, "{turns}");
    }
    for turns in ["sr", "rs"] {
        let mut page = Page::with_an_invoice();
        turns.chars().for_each(|turn| page.turn(turn));
        assert_eq!(page.invoice().paid_at(), Some(minutes(40)), "{turns}");
    }
}

#[test]
fn the_bank_is_asked_ever_more_rarely_and_after_the_deadline() {
    let page = Page::with_an_invoice();
    let invoice = &page.folio.as_ref().unwrap().invoices[0];
    let last = 24 * 60 + 2;
    for (now, next) in [
        (0, 5),
        (4, 5),
        (5, 10),
        (9, 10),
        (10, 20),
        (639, 640),
        (640, 1280),
        (1280, last),
        (last - 1, last),
        (last, last + 5),
        (last + 100, last + 105),
    ] {
        assert_eq!(questions().next(invoice, minutes(now)), minutes(next), "after {now} min");
    }
    let short_lived = Invoice { expires_at: minutes(1), ..invoice.clone() };
    assert_eq!(questions().next(&short_lived, minutes(0)), minutes(3));
}

proptest! {
    /// In whatever order and however often things are told.
    #[test]
    fn the_books_balance_and_an_invoice_ends_once(
        turns in prop::collection::vec(prop::sample::select(b"pqlsroexnbc".to_vec()), 0..20),
    ) {
        let mut page = Page::with_an_invoice();
        turns.iter().for_each(|turn| page.turn(char::from(*turn)));
        prop_assert_eq!(Account::ALL.iter().map(|it| page.balance(*it)).sum::<i128>(), 0);
        let open = page.invoice().is_open();
        prop_assert_eq!(page.balance(Account::Receivable), if open { TOTAL.into() } else { 0 });
        let ends = page.published.chars().filter(|fact| "PEC".contains(*fact)).count();
        prop_assert_eq!(ends, usize::from(!open));
        let told: i64 = [
            (b'p', TOTAL), (b'q', TOTAL), (b'l', TOTAL), (b's', SHORT), (b'r', REST), (b'o', TOTAL + 1),
        ].into_iter().filter(|(turn, _)| turns.contains(turn)).map(|(_, amount)| amount).sum();
        let held = told - page.paid_back();
        prop_assert_eq!(page.balance(Account::BankClearing), held.into());
        prop_assert_eq!(-page.balance(Account::Suspense), sum(page.in_suspense()).into());
        let parts = page.in_suspense().filter(|it| open && it.is_part_of(INVOICE));
        prop_assert_eq!(page.invoice().in_parts().units(), sum(parts));
        prop_assert_eq!(page.invoice().outstanding().is_zero(), !open);
    }

    /// A bank that is asked as it should be is asked a bounded number of times, and last after the deadline.
    #[test]
    fn questions_end(first in 1..86_400_i64, life in 60..(30 * 86_400_i64)) {
        let questions = Questions { first: SignedDuration::from_secs(first) };
        let page = Page::with_an_invoice();
        let invoice = Invoice {
            expires_at: minutes(0) + SignedDuration::from_secs(life),
            ..page.folio.unwrap().invoices.remove(0)
        };
        let (mut now, mut asked) = (invoice.issued_at, 0);
        while now <= invoice.expires_at {
            let next = questions.next(&invoice, now);
            prop_assert!(next > now);
            (now, asked) = (next, asked + 1);
        }
        prop_assert!(asked <= 25, "{asked}");
    }
}
