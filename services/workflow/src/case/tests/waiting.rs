//! Worked cases and properties of the citizen's turn: drawing, paying, and the clock that stands meanwhile.

use std::collections::BTreeSet;

use super::*;
use crate::case::{Beside, DrawNumber, EpochName, LapseFee, PayFee};
use crate::draw::{
    Claim, Epoch, EpochId, NumberPools, PlateNumber, SecretKey, SubjectHash, VehicleHash, draw,
};
use crate::fees::FeeKind;
use crate::working_time::PauseReason;
use proto::motcua::r#type::v1::StopReason;
use proto::motcua::workflow::v1::NumberState;

const POOLS: &str =
    "pools: [{ name: tiny, kind: motorcycle, series: [{ series: '59-AA', from: 1, to: 6 }] }]";

fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

static EPOCH: LazyLock<Epoch> = LazyLock::new(|| {
    let pools = NumberPools::from_yaml(POOLS).expect("a pool");
    let pool = pools.get("tiny").expect("the pool");
    let free = pool.numbers().collect();
    Epoch::open(EpochId(1), pool.name().clone(), free, *key().public_key()).expect("an epoch")
});

fn accepted_vehicle() -> Decided<Case, Named> {
    let case = opened_under("procedures/1.012575/versions/1");
    let case = claim(&case, "receive", able(1)).expect("claimed");
    accept(&case, able(1)).expect("accepted")
}

/// A proof takes long where nothing is optimized; the same vehicle draws the same anyway.
static DRAWINGS: LazyLock<Vec<DrawNumber>> = LazyLock::new(|| (0..10).map(drawing_of).collect());

fn drawing(vehicle: u8) -> DrawNumber {
    DRAWINGS[usize::from(vehicle)].clone()
}

fn drawing_of(vehicle: u8) -> DrawNumber {
    let subject = SubjectHash([vehicle; 32]);
    let draw = draw(&key(), EPOCH.summary(), &subject, None).expect("a draw");
    let number = |index: &u32| (*index, EPOCH.number(*index).expect("in the list"));
    DrawNumber {
        id: ID,
        epoch: EpochName { pool: EPOCH.summary().pool.clone(), id: EpochId(1) },
        subject,
        vehicle: VehicleHash([vehicle; 32]),
        citizen: format!("accounts/{vehicle}"),
        row: draw.candidates.iter().map(number).collect(),
        draw,
    }
}

fn draw_beside(
    command: &DrawNumber,
    case: &Case,
    taken: &BTreeSet<PlateNumber>,
) -> Result<Decided<Case, Named>, Refusal> {
    let beside = Beside { taken: taken.clone(), vehicles: BTreeSet::new() };
    decide(command, Some(&Case { beside, ..case.clone() }))
}

fn drawn() -> Decided<Case, Named> {
    draw_beside(&drawing(1), &accepted_vehicle().after, &BTreeSet::new()).expect("drawn")
}

fn paid(case: &Case, paid_at: Timestamp, heard_at: Timestamp) -> Decided<Case, ()> {
    let obligation = case.obligation.expect("a fee is due");
    let command = PayFee { id: ID, obligation, paid_at };
    let mut numbers = Numbers::default();
    command.decide(Some(case), &RULES, &mut At::new(heard_at, [1; 32], &mut numbers)).expect("paid")
}

/// A vehicle's case in processing: its number is assigned.
pub(super) fn paid_vehicle() -> Case {
    paid(&drawn().after, now(), now()).after
}

/// A vehicle's case whose fee is due: its number is held.
pub(super) fn drawn_vehicle() -> Case {
    drawn().after
}

fn verify(case: &Case) {
    let drawn = case.draw.clone().expect("a draw");
    let (number, inclusion) = EPOCH.entry(drawn.index).expect("in the list");
    assert_eq!(number, drawn.number);
    let (subject, proof, skipped) = (drawn.subject, drawn.proof, drawn.skipped);
    let claim =
        Claim { subject, beacon: None, proof, number, index: drawn.index, inclusion, skipped };
    assert_eq!(claim.verify(EPOCH.summary()), Ok(()));
}

#[test]
fn an_accepted_vehicle_waits_for_the_draw_with_a_promise_and_a_standing_clock() {
    let Decided { after, facts, .. } = accepted_vehicle();
    let [Fact::Accepted { case: promised, fees, .. }, Fact::TaskClosed(..), Fact::Paused(paused)] =
        &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert!(promised.due_at.is_some(), "the date promised at acceptance");
    assert_eq!(fees[0].amount, 1_400_000, "the fee told at acceptance");
    assert_eq!(paused.pauses[0].pause.reason, PauseReason::CitizenStep);
    assert_eq!((after.due_at, after.status), (None, DossierStatus::Accepted));
    assert!(after.is_paused() && after.tasks.iter().all(|task| task.state == TaskState::Closed));
}

#[test]
fn a_draw_holds_a_number_and_lets_the_fee_fall_due() {
    let Decided { after, facts, .. } = drawn();
    let [Fact::NumberDrawn(_), Fact::FeeFellDue { case, lines, .. }, Fact::Paused(paused)] =
        &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert_eq!((lines[0].kind, lines[0].amount), (FeeKind::State, 1_400_000));
    assert_eq!(case.obligation, after.obligation);
    assert_eq!(paused.pauses.last().map(|p| p.pause.reason), Some(PauseReason::Payment));
    assert_eq!(after.status, DossierStatus::FinancialObligationRequired);
    assert_eq!(after.due_at, None);
    verify(&after);
}

#[test]
fn a_draw_is_made_once_for_a_case_and_once_for_a_vehicle() {
    let again = draw_beside(&drawing(1), &drawn().after, &BTreeSet::new());
    assert_eq!(reason(again), "DRAW_NOT_DUE");
    assert_eq!(reason(decide(&drawing(1), Some(&accepted()))), "DRAW_NOT_DUE");
    assert_eq!(reason(decide(&drawing(1), None)), "NOT_PERMITTED");
    let vehicles = BTreeSet::from([VehicleHash([1; 32])]);
    let beside = Beside { taken: BTreeSet::new(), vehicles };
    let elsewhere = Case { beside, ..accepted_vehicle().after };
    assert_eq!(reason(decide(&drawing(1), Some(&elsewhere))), "VEHICLE_DRAWN");
    assert!(decide(&drawing(2), Some(&elsewhere)).is_ok());
}

#[test]
fn a_pool_of_which_all_is_taken_says_what_to_do() {
    let all = EPOCH.free().iter().copied().collect();
    let refused = draw_beside(&drawing(1), &accepted_vehicle().after, &all).expect_err("nothing");
    assert_eq!(refused.reason, "POOL_EXHAUSTED");
    assert!(refused.public.en.contains("add a series"));
}

#[test]
fn the_clock_runs_again_from_the_instant_of_payment() {
    let case = drawn().after;
    // Drawn on Friday 13 February at 10:00, paid on Tuesday 24 at 09:00 after the New Year, heard of two hours later.
    let paid_at: Timestamp = "2026-02-24T02:00:00Z".parse().expect("an instant");
    let heard_at: Timestamp = "2026-02-24T04:00:00Z".parse().expect("an instant");
    let Decided { after, facts, .. } = paid(&case, paid_at, heard_at);
    let [Fact::NumberAssigned(_), Fact::Resumed(resumed, from), Fact::TaskOpened(_, step)] =
        &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert_eq!((*from, step.as_str()), (paid_at, "process"));
    assert_eq!(resumed.due_at, after.due_at);
    assert!(!after.is_paused());
    assert_eq!(after.status, DossierStatus::InProcessing);
    let unpaused = RULES.calendar.due(case.submitted_at, case.limit, &[]).expect("a date").at();
    assert!(after.due_at > unpaused, "the pause moved the date");
    let counted = RULES.calendar.due(case.submitted_at, case.limit, &after.counted_pauses());
    assert_eq!(counted.expect("a date").at(), after.due_at);
}

#[test]
fn an_instant_of_another_clock_keeps_within_the_pause_and_now() {
    let case = drawn().after;
    let hour = jiff::SignedDuration::from_hours(1);
    for (said, taken) in [(now() - hour, now()), (now() + hour, now()), (now(), now())] {
        let after = paid(&case, said, now()).after;
        assert_eq!(after.pauses.last().and_then(|p| p.pause.to), Some(taken));
    }
}

#[test]
fn what_is_not_owed_is_not_paid() {
    let case = drawn().after;
    let other = PayFee { id: ID, obligation: Uuid::from_u128(9), paid_at: now() };
    assert_eq!(reason(decide(&other, Some(&case))), "FEE_NOT_OWED");
    let after = paid(&case, now(), now()).after;
    let obligation = case.obligation.expect("owed");
    let again = PayFee { id: ID, obligation, paid_at: now() };
    assert_eq!(reason(decide(&again, Some(&after))), "NOT_AWAITED");
}

fn lapsed(case: &Case, lapsed_at: Timestamp) -> Result<Decided<Case, ()>, Refusal> {
    let obligation = case.obligation.expect("a fee is due");
    let command = LapseFee { id: ID, obligation, lapsed_at };
    let heard_at = lapsed_at + jiff::SignedDuration::from_hours(1);
    let mut numbers = Numbers::default();
    command.decide(Some(case), &RULES, &mut At::new(heard_at, [1; 32], &mut numbers))
}

#[test]
fn a_fee_that_lapsed_gives_the_number_back_and_stops_the_case() {
    let case = drawn().after;
    let lapsed_at = now() + jiff::SignedDuration::from_hours(15 * 24);
    let Decided { after, facts, .. } = lapsed(&case, lapsed_at).expect("lapsed");
    let [
        Fact::NumberReturned(_),
        Fact::Stopped { why, .. },
        Fact::Paused(stopped),
        Fact::Closed(closed, _),
    ] = &facts[..]
    else {
        panic!("{facts:?}")
    };
    assert_eq!(*why, StopReason::FeeLapsed);
    assert_eq!(after.draw.as_ref().map(|drawn| drawn.state), Some(NumberState::Returned));
    assert_eq!(stopped.status, DossierStatus::ProcessingStopped);
    let pause = stopped.pauses.last().expect("it stands").pause;
    assert_eq!((pause.reason, pause.from, pause.to), (PauseReason::Stopped, lapsed_at, None));
    assert!(closed.closed_at.is_some() && after.due_at.is_none());
    assert_eq!(reason(lapsed(&after, lapsed_at)), "NOT_AWAITED", "a repeat changes nothing");
    let late = PayFee { id: ID, obligation: case.obligation.expect("owed"), paid_at: now() };
    assert_eq!(reason(decide(&late, Some(&after))), "NOT_AWAITED", "money that comes after it");
}

#[test]
fn what_was_paid_or_is_not_owed_does_not_lapse() {
    let case = drawn().after;
    let other = LapseFee { id: ID, obligation: Uuid::from_u128(9), lapsed_at: now() };
    assert_eq!(reason(decide(&other, Some(&case))), "FEE_NOT_OWED");
    assert_eq!(reason(lapsed(&paid(&case, now(), now()).after, now())), "NOT_AWAITED");
}

#[derive(Clone, Copy, Debug)]
enum Act {
    Draw,
    Pay,
    Lapse,
    Work(usize),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => Just(Act::Draw),
        4 => Just(Act::Pay),
        1 => Just(Act::Lapse),
        16 => (0..4_usize).prop_map(Act::Work)
    ];
    prop::collection::vec(act, 0..30)
}

fn act(case: &Case, act: Act) -> Option<Case> {
    match act {
        Act::Draw => decide(&drawing(1), Some(case)).ok().map(|decided| decided.after),
        Act::Pay => {
            let obligation = case.obligation?;
            let command = PayFee { id: ID, obligation, paid_at: now() };
            decide(&command, Some(case)).ok().map(|decided| decided.after)
        }
        Act::Lapse => {
            case.obligation?;
            lapsed(case, now()).ok().map(|decided| decided.after)
        }
        Act::Work(step) => {
            let (step, outcome) = [
                ("process", "done"),
                ("sign", "signed"),
                ("sign", "sent_back"),
                ("return", "returned"),
            ][step];
            complete(case, step, outcome).ok()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_clock_stands_exactly_while_the_citizen_has_the_turn(acts in acts()) {
        let mut case = accepted_vehicle().after;
        for next in acts {
            let after = act(&case, next).unwrap_or_else(|| case.clone());
            prop_assert!(may_follow(case.status, after.status));
            let open = after.tasks.iter().filter(|task| task.state != TaskState::Closed).count();
            let waits = usize::from(after.is_paused() && after.closed_at.is_none());
            prop_assert_eq!(open + waits, usize::from(after.closed_at.is_none()), "one turn at a time");
            prop_assert_eq!(after.due_at.is_none(), after.is_paused());
            prop_assert!(after.pauses.iter().rev().skip(1).all(|p| p.pause.to.is_some()));
            prop_assert!(after.pauses.len() <= 3, "each wait comes once, and one may lapse");
            case = after;
        }
    }

    /// Draws decide on what they saw; one that meets a number taken meanwhile is run again, as the door does it.
    #[test]
    fn no_number_is_given_twice_whatever_the_interleaving(
        seen in prop::collection::vec(any::<prop::sample::Index>(), 6..9)
    ) {
        let waiting = accepted_vehicle().after;
        let mut register: Vec<BTreeSet<PlateNumber>> = vec![BTreeSet::new()];
        let mut last = None;
        for (vehicle, seen) in (1..).zip(seen) {
            let command = drawing(vehicle);
            let taken = register.last().expect("it begins empty").clone();
            let stale = draw_beside(&command, &waiting, seen.get(&register));
            let number = |decided: &Decided<Case, Named>| decided.after.draw.as_ref().map(|d| d.number);
            let met = stale.as_ref().is_ok_and(|it| number(it).is_some_and(|n| taken.contains(&n)));
            let decided = if met { draw_beside(&command, &waiting, &taken) } else { stale };
            match decided {
                Ok(decided) => {
                    let mut after = taken.clone();
                    prop_assert!(after.insert(number(&decided).expect("a number")), "given twice");
                    register.push(after);
                    last = Some(decided.after);
                }
                Err(refused) => {
                    prop_assert_eq!(refused.reason, "POOL_EXHAUSTED");
                    prop_assert_eq!(taken.len(), 6, "none is left over");
                }
            }
        }
        // Each of them would verify; one of every run says so in good time.
        verify(&last.expect("six were drawn"));
    }
}
