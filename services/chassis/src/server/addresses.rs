//! How many there are from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Who is there, by address. IPv6 is counted by its /64, which is what one household or machine is given.
#[derive(Clone)]
pub(super) struct Addresses {
    there: Arc<Mutex<HashMap<IpAddr, u32>>>,
    most: u32,
}

impl Addresses {
    /// So many places for each address.
    pub(super) fn with(most: u32) -> Self {
        Self { there: Arc::default(), most }
    }

    /// A place for someone from this address, if there is one.
    pub(super) fn place(&self, from: IpAddr) -> Option<OfAddress> {
        let from = network(from);
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        let count = there.entry(from).or_default();
        if *count >= self.most {
            return None;
        }
        *count += 1;
        Some(OfAddress { from, addresses: self.clone() })
    }

    fn leave(&self, from: IpAddr) {
        let mut there = self.there.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = there.get_mut(&from) {
            *count -= 1;
            if *count == 0 {
                there.remove(&from);
            }
        }
    }
}

/// The address whose connections are counted together.
fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let interface = u128::from(u64::MAX);
            IpAddr::V6((u128::from(address) & !interface).into())
        }
    }
}

/// A place among those of one address, free again when it is dropped.
pub(super) struct OfAddress {
    from: IpAddr,
    addresses: Addresses,
}

impl Drop for OfAddress {
    fn drop(&mut self) {
        self.addresses.leave(self.from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let addresses = Addresses::with(2);
        let from = |text: &str| addresses.place(text.parse().unwrap());
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
