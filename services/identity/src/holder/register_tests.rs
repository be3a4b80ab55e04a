use chassis::write::Numbers;
use jiff::Timestamp;

use super::*;
use crate::holder::{EndReason, Officer, Roles, Session, SignIn, SignOutEverywhere};

const ACCOUNT: Uuid = Uuid::from_u128(1);
const OTHER: Uuid = Uuid::from_u128(2);

fn run<C: Command<Root = Holder>>(
    command: &C,
    before: Option<&Holder>,
) -> Result<(Holder, Vec<Fact>, C::Answer), &'static str> {
    let mut numbers = Numbers::default();
    let mut at = At::new(Timestamp::UNIX_EPOCH, [0; 32], &mut numbers);
    let decided = command.decide(before, &(), &mut at).map_err(|refusal| refusal.reason)?;
    Ok((decided.after, decided.facts, decided.answer))
}

fn registration(phone: u8) -> RegisterPerson {
    RegisterPerson {
        holder: ACCOUNT,
        sealed: vec![phone],
        phone_index: vec![phone],
        locale: "vi".into(),
        paper: IdentityPaper::IdentityCard,
        officer: format!("agencies/26860/officers/{OTHER}"),
        officers_account: OTHER,
    }
}

/// With an account, a session as a citizen, and a code on its way.
fn known() -> Holder {
    let now = Timestamp::UNIX_EPOCH;
    let session = Session {
        id: Uuid::from_u128(3),
        agency: None,
        generation: 1,
        refreshed_at: now,
        ended_at: None,
    };
    let sign_in = SignIn {
        id: Uuid::from_u128(4),
        phone_index: vec![1],
        reaches: true,
        known_device: true,
        forgotten: false,
        tries: 0,
        used: false,
        started_at: now,
    };
    let (mut holder, ..) = run(&registration(1), None).expect("registered");
    holder.sessions.push(session);
    holder.sign_ins.push(sign_in);
    holder
}

fn is_out(holder: &Holder) -> bool {
    holder.sessions.iter().all(|session| session.ended_at.is_some())
        && holder.sign_ins.iter().all(|sign_in| !sign_in.reaches)
}

#[test]
fn who_is_not_known_gets_an_account() {
    let (holder, facts, _) = run(&registration(1), None).expect("registered");
    assert_eq!(holder.account.expect("an account").phone_index, [1]);
    assert!(matches!(
        facts[..],
        [Fact::AccountCreated { .. }, Fact::PersonRegistered { telephone_replaced: false, .. }]
    ));
}

#[test]
fn whoever_was_reached_before_is_out_be_the_telephone_another_or_the_same() {
    for (phone, replaced) in [(1, false), (2, true)] {
        let before = known();
        let (holder, facts, _) = run(&registration(phone), Some(&before)).expect("registered");
        assert!(is_out(&holder));
        let account = holder.account.expect("an account");
        assert_eq!((account.sealed, account.phone_index), (vec![phone], vec![phone]));
        assert!(account.secured_at.is_some());
        let updated = |fact: &Fact| matches!(fact, Fact::AccountUpdated { .. });
        assert_eq!(facts.iter().any(updated), replaced);
        let told = |fact: &Fact| matches!(fact, Fact::PersonRegistered { telephone_replaced, .. } if *telephone_replaced == replaced);
        assert!(facts.iter().any(told));
    }
}

#[test]
fn a_telephone_comes_and_goes_and_only_one_that_was_there_is_told() {
    let without = || RegisterPerson { phone_index: Vec::new(), ..registration(0) };
    let (none, ..) = run(&without(), None).expect("registered");
    let outcomes = [
        (registration(1), &none, true, false),
        (without(), &none, false, false),
        (without(), &known(), true, true),
    ];
    for (command, before, updated, replaced) in outcomes {
        let (_, facts, _) = run(&command, Some(before)).expect("registered");
        assert_eq!(facts.iter().any(|fact| matches!(fact, Fact::AccountUpdated { .. })), updated);
        let told = matches!(facts.last(), Some(Fact::PersonRegistered { telephone_replaced, .. }) if *telephone_replaced == replaced);
        assert!(told);
    }
}

#[test]
fn an_officer_is_registered_only_once_their_roles_are_revoked() {
    let officer = |roles| Officer {
        account: ACCOUNT,
        agency: "agencies/26860".into(),
        roles,
        appointed_at: Timestamp::UNIX_EPOCH,
    };
    for (roles, expected) in
        [(Roles::of_bits(2), Some("PERSON_IS_OFFICER")), (Roles::default(), None)]
    {
        let before = Holder { officers: vec![officer(roles)], ..known() };
        assert_eq!(run(&registration(2), Some(&before)).err(), expected);
    }
    let own = RegisterPerson { officers_account: ACCOUNT, ..registration(2) };
    assert_eq!(run(&own, Some(&known())).err(), Some("PERSON_IS_CALLER"));
}

#[test]
fn signing_out_everywhere_wants_the_token_that_is_good_now() {
    for (generation, expected) in
        [(1, None), (0, Some("SESSION_ENDED")), (2, Some("SESSION_ENDED"))]
    {
        let command =
            SignOutEverywhere { holder: ACCOUNT, session: Uuid::from_u128(3), generation };
        let outcome = run(&command, Some(&known()));
        assert_eq!(outcome.as_ref().err().copied(), expected);
        if let Ok((holder, facts, ())) = outcome {
            assert!(is_out(&holder));
            let reason = EndReason::SignedOutEverywhere;
            assert!(
                matches!(&facts[..], [Fact::SessionsEnded { reason: told, .. }] if *told == reason)
            );
        }
    }
}
