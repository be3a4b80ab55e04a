//! The draw as a whole: what an honest office hands out verifies, and nothing else does.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use proptest::prelude::*;

use super::*;

/// What is altered, and how.
type Alteration<T> = (&'static str, fn(&mut T));

fn key() -> SecretKey {
    SecretKey::from_seed(&[42; 32])
}

fn epoch(size: u32) -> Epoch {
    let series = Series::parse(VehicleKind::Motorcycle, "59-AA").unwrap();
    let free = (1..=size).map(|serial| series.number(serial * 7).unwrap()).collect();
    Epoch::open(EpochId(3), "motorcycle-59".parse().unwrap(), free, *key().public_key()).unwrap()
}

fn beacon(bytes: &[u8]) -> Option<Beacon> {
    Some(Beacon::new(bytes).unwrap())
}

/// What the office hands out when the first `taken` candidates are gone.
fn claim(epoch: &Epoch, subject: [u8; 32], beacon: Option<Beacon>, taken: usize) -> Claim {
    let subject = SubjectHash(subject);
    let draw = draw(&key(), epoch.summary(), &subject, beacon.as_ref()).unwrap();
    let gone: BTreeSet<u32> = draw.candidates[..taken].iter().copied().collect();
    let Pick { index, skipped } = draw.pick(|index| !gone.contains(&index)).unwrap();
    let (number, inclusion) = epoch.entry(index).unwrap();
    Claim { subject, beacon, proof: draw.proof, number, index, inclusion, skipped }
}

fn honest(epoch: &Epoch) -> Claim {
    claim(epoch, [1; 32], beacon(b"round 7"), 2)
}

#[test]
fn a_small_list_is_given_to_the_last_number() {
    let epoch = epoch(5);
    let size = epoch.summary().size;
    let drawn = draw(&key(), epoch.summary(), &SubjectHash([1; 32]), None).unwrap();
    assert_eq!(drawn.candidates.iter().collect::<BTreeSet<_>>().len(), size.get() as usize);
    for taken in 0..5 {
        assert_eq!(claim(&epoch, [1; 32], None, taken).verify(epoch.summary()), Ok(()));
    }
    assert_eq!(drawn.pick(|_| false), None);
}

#[test]
fn a_key_that_was_not_logged_does_not_draw() {
    let other = SecretKey::from_seed(&[43; 32]);
    let drawn = draw(&other, epoch(3).summary(), &SubjectHash([1; 32]), None);
    assert_eq!(drawn, Err(DrawError::ForeignKey));
}

#[test]
fn a_claim_with_anything_altered_is_refused() {
    let epoch = epoch(300);
    let summary = epoch.summary();
    assert_eq!(honest(&epoch).verify(summary), Ok(()));
    let alterations: [Alteration<Claim>; 6] = [
        ("subject", |claim| claim.subject.0[31] ^= 1),
        ("beacon", |claim| claim.beacon = beacon(b"round 8")),
        ("no beacon", |claim| claim.beacon = None),
        ("number", |claim| claim.number = "59-AA 000.01".parse().unwrap()),
        ("path", |claim| claim.inclusion[0][0] ^= 1),
        ("short path", |claim| claim.inclusion.truncate(1)),
    ];
    for (what, alter) in alterations {
        let mut claim = honest(&epoch);
        alter(&mut claim);
        assert!(claim.verify(summary).is_err(), "{what}");
    }
}

#[test]
fn a_claim_against_another_epoch_is_refused() {
    let epoch = epoch(300);
    let alterations: [Alteration<EpochSummary>; 5] = [
        ("id", |epoch| epoch.id = EpochId(4)),
        ("pool", |epoch| epoch.pool = "motorcycle-50".parse().unwrap()),
        ("size", |epoch| epoch.size = NonZeroU32::new(299).unwrap()),
        ("root", |epoch| epoch.root[0] ^= 1),
        ("key", |epoch| epoch.public_key = *SecretKey::from_seed(&[43; 32]).public_key()),
    ];
    for (what, alter) in alterations {
        let mut summary = epoch.summary().clone();
        alter(&mut summary);
        let refused = Err(VerifyError::Proof(VrfError::Mismatch));
        assert_eq!(honest(&epoch).verify(&summary), refused, "{what}");
    }
}

#[test]
fn another_number_than_the_next_is_refused_and_the_reason_told() {
    let epoch = epoch(300);
    let summary = epoch.summary();
    let row = draw(&key(), summary, &SubjectHash([1; 32]), beacon(b"round 7").as_ref());
    let row = row.unwrap().candidates;
    let with = |index: u32, skipped: &[u32]| {
        let (number, inclusion) = epoch.entry(index).unwrap();
        let skipped = skipped.to_vec();
        Claim { number, index, inclusion, skipped, ..honest(&epoch) }.verify(summary)
    };
    let swapped = VerifyError::Skipped { rank: 1, expected: row[0], claimed: row[1] };
    let (next, after) = (row[2], row[3]);
    assert_eq!(with(next, &row[..2]), Ok(()));
    assert_eq!(with(next, &[row[1], row[0]]), Err(swapped));
    let not_next = VerifyError::NotNext { expected: next, claimed: after };
    assert_eq!(with(after, &row[..2]), Err(not_next));
    let one_hidden = VerifyError::NotNext { expected: row[1], claimed: next };
    assert_eq!(with(next, &row[..1]), Err(one_hidden));
    let all = VerifyError::AllSkipped { claimed: 64, row: 64 };
    assert_eq!(with(next, &row), Err(all));
    let more = [&row[..], &[0]].concat();
    assert_eq!(with(next, &more), Err(VerifyError::AllSkipped { claimed: 65, row: 64 }));
}

#[test]
fn a_number_from_elsewhere_in_the_list_is_not_included_here() {
    let epoch = epoch(300);
    let claim = honest(&epoch);
    let (number, inclusion) = epoch.entry((claim.index + 1) % 300).unwrap();
    let not_here = Err(VerifyError::NotIncluded(claim.index));
    assert_eq!(Claim { number, ..honest(&epoch) }.verify(epoch.summary()), not_here);
    assert_eq!(Claim { number, inclusion, ..honest(&epoch) }.verify(epoch.summary()), not_here);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn what_is_drawn_verifies(
        size in 1u32..500,
        subject: [u8; 32],
        value in prop::option::of(prop::collection::vec(any::<u8>(), 1..64)),
        taken in any::<prop::sample::Index>(),
    ) {
        let epoch = epoch(size);
        let taken = taken.index(size.min(ROW) as usize);
        let claim = claim(&epoch, subject, value.and_then(|value| Beacon::new(value).ok()), taken);
        prop_assert_eq!(claim.verify(epoch.summary()), Ok(()));
        prop_assert_eq!(claim.skipped.len(), taken);
    }

    #[test]
    fn an_altered_proof_is_refused(place in 0..PROOF_LENGTH, mask in 1u8..) {
        let epoch = epoch(20);
        let mut claim = honest(&epoch);
        let mut bytes = *claim.proof.as_bytes();
        bytes[place] ^= mask;
        claim.proof = Proof::from_slice(&bytes).unwrap();
        prop_assert!(matches!(claim.verify(epoch.summary()), Err(VerifyError::Proof(_))));
    }
}
