//! Who is invited, and when a rating is taken.

use chassis::write::{At, Command, Numbers};
use proptest::prelude::*;

use super::*;

const TERMS: Terms = Terms { open_for: SignedDuration::from_hours(48) };

fn hours(hours: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hours)
}

fn decide<C: Command<Root = Rating, Answer = ()>>(
    command: &C,
    before: Option<&Rating>,
    now: Timestamp,
) -> Result<(Rating, Vec<Fact>), &'static str> {
    let mut numbers = Numbers::default();
    let decided = command.decide(before, &TERMS, &mut At::new(now, [7; 32], &mut numbers));
    decided.map(|decided| (decided.after, decided.facts)).map_err(|refusal| refusal.reason)
}

fn invite() -> InviteRating {
    let dossier = Dossier {
        id: Uuid::from_u128(1),
        code: "H29.26.860-19700101-0000001".into(),
        procedure: "procedures/1.012575/versions/3".into(),
        agency: "agencies/26860".into(),
        channel: Channel::Online,
    };
    InviteRating { dossier, closed_at: hours(-1) }
}

fn invited() -> Rating {
    decide(&invite(), None, hours(0)).unwrap().0
}

fn rate(level: SatisfactionLevel) -> RateDossier {
    RateDossier { dossier: Uuid::from_u128(1), level, comment: vec![1, 2, 3] }
}

#[test]
fn an_owner_is_invited_once() {
    let (rating, facts) = decide(&invite(), None, hours(0)).unwrap();
    assert_eq!((rating.invited_at, rating.expires_at), (hours(0), hours(48)));
    assert_eq!(rating.dossier.procedure_alone(), "procedures/1.012575");
    assert_eq!(facts, [Fact::Invited(Box::new(rating.clone()))]);
    assert_eq!(decide(&invite(), Some(&rating), hours(1)), Err("RATING_INVITED"));
}

#[test]
fn a_rating_is_taken_from_the_invitation_until_it_lapses_and_once() {
    let open = invited();
    let given = decide(&rate(SatisfactionLevel::Neutral), Some(&open), hours(1)).unwrap().0;
    for (before, at, outcome, state) in [
        (None, 1, Err("NOT_INVITED"), None),
        (Some(&open), 0, Ok(()), Some(RatingState::Invited)),
        (Some(&open), 47, Ok(()), Some(RatingState::Invited)),
        (Some(&open), 48, Err("RATING_CLOSED"), Some(RatingState::Expired)),
        (Some(&open), 9999, Err("RATING_CLOSED"), Some(RatingState::Expired)),
        (Some(&given), 2, Err("RATING_GIVEN"), Some(RatingState::Given)),
        (Some(&given), 9999, Err("RATING_GIVEN"), Some(RatingState::Given)),
    ] {
        let decided = decide(&rate(SatisfactionLevel::Satisfied), before, hours(at));
        assert_eq!(decided.map(|_| ()), outcome, "{before:?} at {at} h");
        assert_eq!(before.map(|rating| rating.state(hours(at))), state, "{before:?} at {at} h");
    }
}

#[test]
fn a_dossier_counts_in_the_month_it_was_closed_in_by_the_clock_in_vietnam() {
    for (closed, month) in [
        ("2026-11-30T16:59:59Z", 202_611),
        ("2026-11-30T17:00:00Z", 202_612),
        ("2026-12-31T17:00:00Z", 202_701),
    ] {
        let rating = Rating { closed_at: closed.parse().unwrap(), ..invited() };
        assert_eq!(rating.month().number(), month, "{closed}");
    }
}

proptest! {
    /// Whatever is wished for and when: at most one rating, given while it was open, and never changed.
    #[test]
    fn the_first_rating_in_time_stands(
        wishes in prop::collection::vec((1..=5_i32, 0..100_i64), 0..20),
    ) {
        let (mut rating, mut facts) = (invited(), Vec::new());
        let mut now = 0;
        for (level, later) in wishes {
            now += later % 10;
            let level = SatisfactionLevel::try_from(level).unwrap();
            if let Ok((after, more)) = decide(&rate(level), Some(&rating), hours(now)) {
                prop_assert!(rating.given.is_none() && now < 48);
                rating = after;
                facts.extend(more);
            }
        }
        prop_assert_eq!(facts.len(), usize::from(rating.given.is_some()));
    }
}
