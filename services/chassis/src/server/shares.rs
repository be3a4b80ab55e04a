//! How many there are of one kind: from one address, of one caller.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// How many are there, by what they have in common.
#[derive(Clone)]
pub(super) struct Shares<K> {
    there: Arc<Mutex<HashMap<K, u32>>>,
    most: u32,
}

impl<K: Hash + Eq + Clone> Shares<K> {
    /// So many places for each.
    pub(super) fn with(most: u32) -> Self {
        Self { there: Arc::default(), most }
    }

    /// A place for one more of these, if there is one.
    pub(super) fn place(&self, of: K) -> Option<Share<K>> {
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let count = there.entry(of.clone()).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(Share { of, shares: self.clone() })
    }

    fn leave(&self, of: &K) {
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = there.get_mut(of) {
            *count -= 1;
            if *count == 0 {
                there.remove(of);
            }
        }
    }
}

/// The address whose connections are counted together: of IPv6 its /64, which is what one household or machine is given.
pub(super) fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let interface = u128::from(u64::MAX);
            IpAddr::V6((u128::from(address) & !interface).into())
        }
    }
}

/// A place among those of one kind, free again when it is dropped.
pub(super) struct Share<K: Hash + Eq + Clone> {
    of: K,
    shares: Shares<K>,
}

impl<K: Hash + Eq + Clone> Drop for Share<K> {
    fn drop(&mut self) {
        self.shares.leave(&self.of);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let addresses = Shares::with(2);
        let from = |text: &str| addresses.place(network(text.parse().unwrap()));
        let (one, other) = (from("10.0.0.1"), from("::ffff:10.0.0.1"));
        assert!(one.is_some() && other.is_some());
        assert!(from("10.0.0.1").is_none());
        assert!(from("10.0.0.2").is_some());
        let household = [from("2001:db8::1"), from("2001:db8::ffff:2"), from("2001:db8:0:1::1")];
        assert!(household.iter().all(Option::is_some));
        assert!(from("2001:db8::3").is_none());
        drop(one);
        assert!(from("10.0.0.1").is_some());
        drop((other, household));
        assert!(addresses.there.lock().unwrap().is_empty(), "nothing is kept of who left");
    }
}
