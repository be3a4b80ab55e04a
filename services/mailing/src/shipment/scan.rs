//! Scans, and what they say together.

use jiff::Timestamp;
use proto::motcua::mailing::v1::ScanKind;

/// What a carrier told of a parcel at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// The carrier's id for it, 1 to 64 visible ASCII characters.
    pub id: String,
    /// What happened.
    pub kind: ScanKind,
    /// When, by the carrier's clock, in whole microseconds.
    pub at: Timestamp,
    /// The carrier's code of the place, at most 20 visible ASCII characters.
    pub place: String,
}

/// The scans of one parcel, each once, in order of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scans(Vec<Scan>);

impl Scans {
    /// Scans kept of one parcel: ten times what a long way takes. Beyond it only the first that ends the way is kept.
    pub const MOST: usize = 100;

    /// Whether one more of this kind is kept.
    pub fn have_room_for(&self, kind: ScanKind) -> bool {
        let ends = matches!(kind, ScanKind::Delivered | ScanKind::Returned);
        self.0.len() < Self::MOST || (ends && self.earliest(kind).is_none())
    }

    /// All of them.
    pub fn all(&self) -> &[Scan] {
        &self.0
    }

    /// The one with an id.
    pub fn get(&self, id: &str) -> Option<&Scan> {
        self.0.iter().find(|scan| scan.id == id)
    }

    /// Puts a scan where its time belongs; one whose id is there already changes nothing.
    pub fn add(&mut self, scan: Scan) {
        if self.get(&scan.id).is_some() {
            return;
        }
        let place = self.0.partition_point(|other| key(other) < key(&scan));
        self.0.insert(place, scan);
    }

    /// The kind that says where the parcel is: delivered is final, then returned, else the latest.
    pub fn decisive(&self) -> Option<ScanKind> {
        let last = [ScanKind::Delivered, ScanKind::Returned]
            .into_iter()
            .find(|kind| self.earliest(*kind).is_some());
        last.or(self.0.last().map(|scan| scan.kind))
    }

    /// When a kind was scanned first.
    pub fn earliest(&self, kind: ScanKind) -> Option<Timestamp> {
        self.0.iter().find(|scan| scan.kind == kind).map(|scan| scan.at)
    }
}

/// Two scans of one instant stand in the order of a parcel's way.
fn key(scan: &Scan) -> (Timestamp, ScanKind, &str) {
    (scan.at, scan.kind, &scan.id)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::*;

    const KINDS: [ScanKind; 6] = [
        ScanKind::Accepted,
        ScanKind::InTransit,
        ScanKind::OutForDelivery,
        ScanKind::Attempted,
        ScanKind::Delivered,
        ScanKind::Returned,
    ];

    fn scan(id: usize, kind: ScanKind, second: i64) -> Scan {
        let at = Timestamp::from_second(second).expect("a small number");
        Scan { id: format!("s{id}"), kind, at, place: String::new() }
    }

    fn together(scans: &[Scan]) -> Scans {
        let mut all = Scans::default();
        scans.iter().cloned().for_each(|scan| all.add(scan));
        all
    }

    #[test]
    fn the_latest_says_where_a_parcel_is_until_it_is_delivered() {
        use ScanKind::{Accepted, Attempted, Delivered, InTransit, OutForDelivery, Returned};
        for (told, expected) in [
            (vec![], None),
            (vec![(Accepted, 1)], Some(Accepted)),
            (vec![(InTransit, 2), (Accepted, 1)], Some(InTransit)),
            (vec![(OutForDelivery, 3), (Attempted, 4), (InTransit, 5)], Some(InTransit)),
            (vec![(Delivered, 4), (InTransit, 5)], Some(Delivered)),
            (vec![(Returned, 4), (InTransit, 5)], Some(Returned)),
            (vec![(Returned, 6), (Delivered, 5)], Some(Delivered)),
            (vec![(OutForDelivery, 1), (InTransit, 1)], Some(OutForDelivery)),
        ] {
            let scans: Vec<Scan> =
                told.iter().enumerate().map(|(id, (kind, at))| scan(id, *kind, *at)).collect();
            assert_eq!(together(&scans).decisive(), expected, "{told:?}");
        }
    }

    proptest! {
        /// Whatever the order, and however often each is told.
        #[test]
        fn scans_mean_the_same_in_any_order_and_however_often(
            told in prop::collection::vec((0..KINDS.len(), 0..20_i64), 0..12),
            order in prop::collection::vec(any::<Index>(), 0..40),
            keys in prop::collection::vec(any::<u32>(), 12),
        ) {
            let once: Vec<Scan> = told
                .iter()
                .enumerate()
                .map(|(id, (kind, second))| scan(id, KINDS[*kind], *second))
                .collect();
            let mut shuffled: Vec<(u32, Scan)> = keys.into_iter().zip(once.clone()).collect();
            shuffled.sort_by_key(|(key, _)| *key);
            let mut again: Vec<Scan> = shuffled.into_iter().map(|(_, scan)| scan).collect();
            if !once.is_empty() {
                let repeats: Vec<Scan> = order.iter().map(|at| at.get(&once).clone()).collect();
                again = [&repeats[..repeats.len() / 2], &again, &repeats].concat();
            }
            let (one, other) = (together(&once), together(&again));
            prop_assert_eq!(one.decisive(), other.decisive());
            prop_assert_eq!(one, other);
        }
    }
}
