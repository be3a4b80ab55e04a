//! From 64 octets of chance to a row of distinct places in the free list, each equally likely.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use sha2::{Digest, Sha512};

use super::vrf::Output;

/// Candidates of one draw; fewer only where the list is shorter, and then all of it.
pub const ROW: u32 = 64;

/// Separates the blocks that lengthen an output from every other hash.
const BLOCK_TAG: &[u8] = b"motcua number draw candidates v1";

/// The places, counted from 0, that the output gives in a list of `size` numbers, in the order they
/// are tried.
///
/// The output, lengthened by hashes of itself and a counter, is read as 64-bit numbers, most
/// significant octet first. One above the last whole multiple of `size` is passed over, or small
/// places would be favoured; so is one whose place came before. About `ROW` numbers are read of a
/// long list, some 300 where all of it is permuted.
pub fn candidates(output: &Output, size: NonZeroU32) -> impl Iterator<Item = u32> + use<> {
    let mut seen = BTreeSet::new();
    words(*output)
        .filter_map(move |word| unbiased(word, size))
        .filter(move |place| seen.insert(*place))
        .take(size.get().min(ROW) as usize)
}

fn unbiased(word: u64, size: NonZeroU32) -> Option<u32> {
    let size = u128::from(size.get());
    let multiples = (1 << u64::BITS) / size * size;
    let word = u128::from(word);
    (word < multiples).then_some(word % size).and_then(|place| u32::try_from(place).ok())
}

fn words(output: Output) -> impl Iterator<Item = u64> {
    (0..).flat_map(move |counter| {
        let block = block(&output, counter);
        let (words, _) = block.as_chunks();
        words.iter().map(|word| u64::from_be_bytes(*word)).collect::<Vec<_>>()
    })
}

fn block(output: &Output, counter: u64) -> [u8; 64] {
    if counter == 0 {
        return *output.as_bytes();
    }
    let hasher = Sha512::new_with_prefix(BLOCK_TAG).chain_update(output.as_bytes());
    hasher.chain_update(counter.to_be_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn size(size: u32) -> NonZeroU32 {
        NonZeroU32::new(size).unwrap()
    }

    fn row(output: [u8; 64], list: u32) -> Vec<u32> {
        candidates(&Output::for_test(output), size(list)).collect()
    }

    /// Pearson's statistic of how often each place came, against equal shares.
    fn chi_square(places: impl Iterator<Item = u32>, list: u32) -> f64 {
        let mut counts = vec![0_u32; list as usize];
        places.for_each(|place| counts[place as usize] += 1);
        let share = f64::from(counts.iter().sum::<u32>()) / f64::from(list);
        counts.iter().map(|count| (f64::from(*count) - share).powi(2) / share).sum()
    }

    #[test]
    fn the_first_words_are_the_output_itself() {
        let mut output = [0; 64];
        for place in 0..8 {
            output[place * 8 + 7] = 100 + u8::try_from(place).unwrap();
        }
        assert_eq!(row(output, 1_000)[..8], [100, 101, 102, 103, 104, 105, 106, 107]);
        assert_eq!(row(output, 100)[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn an_output_of_equal_words_is_lengthened() {
        let places = row([0; 64], 1_000_000);
        assert_eq!(places.len(), 64);
        assert_eq!(places[..3], [0, LENGTHENED[0], LENGTHENED[1]]);
    }

    /// Computed apart from this code: SHA-512 over tag, 64 zero octets and the counter 1, then
    /// modulo a million.
    const LENGTHENED: [u32; 2] = [450_107, 472_656];

    #[test]
    fn what_would_favour_small_places_is_passed_over() {
        // 2^64 leaves 1 by 3, 0 by 4 and 6 by 10.
        assert_eq!(unbiased(u64::MAX, size(3)), None);
        assert_eq!(unbiased(u64::MAX - 1, size(3)), Some(2));
        assert_eq!(unbiased(u64::MAX, size(4)), Some(3));
        assert_eq!(unbiased(u64::MAX - 5, size(10)), None);
        assert_eq!(unbiased(u64::MAX - 6, size(10)), Some(9));
        assert_eq!(unbiased(u64::MAX, size(1)), Some(0));
    }

    #[test]
    fn every_place_is_equally_likely_first_and_last() {
        let rows: Vec<_> =
            (0..4_000u32).map(|n| row(Sha512::digest(n.to_be_bytes()).into(), 11)).collect();
        // Ten degrees of freedom: above 40 once in 60,000 fair series, and this one is fixed.
        for rank in 0..11 {
            let statistic = chi_square(rows.iter().map(|row| row[rank]), 11);
            assert!(statistic < 40.0, "{statistic} at rank {rank}");
        }
    }

    #[test]
    fn every_place_of_a_long_list_is_equally_likely() {
        let outputs = (0..1_000u32).map(|n| Sha512::digest(n.to_be_bytes()).into());
        let statistic = chi_square(outputs.flat_map(|output| row(output, 1_000)), 1_000);
        // 999 degrees of freedom, deviation 45.
        assert!((700.0..1_250.0).contains(&statistic), "{statistic}");
    }

    proptest! {
        #[test]
        fn candidates_are_distinct_and_within_the_list(
            low in prop::array::uniform32(any::<u8>()),
            high in prop::array::uniform32(any::<u8>()),
            list in prop_oneof![1u32..200, 1u32..=u32::MAX],
        ) {
            let output: [u8; 64] = [low, high].concat().try_into().unwrap();
            let places = row(output, list);
            let distinct: BTreeSet<_> = places.iter().collect();
            prop_assert_eq!(places.len(), list.min(ROW) as usize);
            prop_assert_eq!(distinct.len(), places.len());
            prop_assert!(places.iter().all(|place| *place < list));
        }
    }
}
