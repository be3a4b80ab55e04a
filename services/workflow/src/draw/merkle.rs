//! The Merkle tree of RFC 6962, section 2.1: one hash stands for a whole list, and a short path
//! shows that an entry stands in it at a given place.
//!
//! The tree is kept level by level, the leaves lowest. A node without a neighbour moves up
//! unchanged, which gives the same tree as splitting at the largest power of two. Leaves and nodes
//! are hashed with different first octets, so that none can be passed off as the other.

use sha2::{Digest, Sha256};

/// SHA-256 of a leaf, a node or a whole list.
pub type Hash = [u8; 32];

const LEAF: u8 = 0x00;
const NODE: u8 = 0x01;

/// A tree over a fixed list; 64 octets of memory for each entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Tree {
    /// From the leaves to the root; the last level holds one hash, or none where the list is empty.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// Hashes the list once. The caller bounds its length.
    #[must_use]
    pub fn new<D: AsRef<[u8]>>(entries: impl IntoIterator<Item = D>) -> Self {
        let mut level: Vec<Hash> = entries.into_iter().map(|entry| leaf(entry.as_ref())).collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(parent).collect();
            levels.push(level);
            level = above;
        }
        levels.push(level);
        Self { levels }
    }

    /// The hash that stands for the list; of an empty list, the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let top = self.levels.last().and_then(|level| level.first());
        top.copied().unwrap_or_else(|| Sha256::digest([]).into())
    }

    /// The neighbours on the way from the entry at `index` to the root, lowest first; none beyond
    /// the list.
    #[must_use]
    pub fn path(&self, index: usize) -> Option<Vec<Hash>> {
        let (leaves, below_root) = (self.levels.first()?, self.levels.len() - 1);
        leaves.get(index)?;
        let neighbour = |(height, level): (usize, &Vec<Hash>)| {
            let place = (index >> height) ^ 1;
            level.get(place).copied()
        };
        Some(self.levels[..below_root].iter().enumerate().filter_map(neighbour).collect())
    }
}

/// Whether `path` shows that `entry` stands at `index` in the list of `size` entries with this
/// root.
///
/// The size must come from where the root comes from: a root alone does not tell it.
#[must_use]
pub fn is_included(root: &Hash, size: u32, index: u32, entry: &[u8], path: &[Hash]) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut place, mut last) = (leaf(entry), index, size - 1);
    let mut path = path.iter();
    while last > 0 {
        let is_right = place % 2 == 1;
        if is_right || place < last {
            let Some(neighbour) = path.next() else { return false };
            node = if is_right { join(neighbour, &node) } else { join(&node, neighbour) };
        }
        place /= 2;
        last /= 2;
    }
    path.next().is_none() && node == *root
}

fn parent(pair: &[Hash]) -> Hash {
    match pair {
        [left, right] => join(left, right),
        _ => pair[0],
    }
}

fn leaf(entry: &[u8]) -> Hash {
    Sha256::new_with_prefix([LEAF]).chain_update(entry).finalize().into()
}

fn join(left: &Hash, right: &Hash) -> Hash {
    Sha256::new_with_prefix([NODE]).chain_update(left).chain_update(right).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The list of the certificate-transparency test data.
    const ENTRIES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];

    /// The roots of its first 0 to 8 entries.
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    const PATHS: [(usize, [&str; 3]); 2] = [
        (
            0,
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ],
        ),
        (
            5,
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ],
        ),
    ];

    fn published() -> Vec<Vec<u8>> {
        ENTRIES.iter().map(|entry| hex::decode(entry).unwrap()).collect()
    }

    fn counted(size: u32) -> Vec<[u8; 4]> {
        (0..size).map(u32::to_be_bytes).collect()
    }

    #[test]
    fn the_published_roots_are_met() {
        for (size, root) in ROOTS.iter().enumerate() {
            assert_eq!(hex::encode(Tree::new(&published()[..size]).root()), *root, "{size}");
        }
    }

    #[test]
    fn the_published_paths_are_met() {
        let tree = Tree::new(published());
        for (index, expected) in PATHS {
            let path = tree.path(index).unwrap();
            assert_eq!(path.iter().map(hex::encode).collect::<Vec<_>>(), expected, "{index}");
        }
        assert_eq!(tree.path(8), None);
        assert_eq!(Tree::new(published().drain(..0)).path(0), None);
    }

    #[test]
    fn every_entry_of_every_size_is_included_and_only_at_its_place() {
        for size in 1..=200u32 {
            let entries = counted(size);
            let tree = Tree::new(&entries);
            for index in 0..size {
                let (entry, path) = (&entries[index as usize], tree.path(index as usize).unwrap());
                let shown = |at: u32| is_included(&tree.root(), size, at, entry, &path);
                assert!(shown(index), "{index} of {size}");
                assert!(!shown((index + 1) % size) || size == 1, "{index} of {size}, moved");
                assert!(!shown(size) && !shown(u32::MAX), "{index} of {size}, beyond");
            }
        }
    }

    proptest! {
        #[test]
        fn an_altered_path_shows_nothing(
            size in 2u32..200,
            pick: prop::sample::Index,
            octet in 0usize..32,
        ) {
            let entries = counted(size);
            let index = u32::try_from(pick.index(entries.len())).unwrap();
            let tree = Tree::new(&entries);
            let (entry, path) = (entries[index as usize], tree.path(index as usize).unwrap());
            let shown = |path: &[Hash]| is_included(&tree.root(), size, index, &entry, path);
            prop_assert!(shown(&path));
            prop_assert!(!shown(&path[1..]));
            prop_assert!(!shown(&[path.clone(), vec![[0; 32]]].concat()));
            for place in 0..path.len() {
                let mut altered = path.clone();
                altered[place][octet] ^= 1;
                prop_assert!(!shown(&altered));
            }
        }
    }
}
