//! Pages of lists: a size within bounds, and a token that means nothing but "after this row of this very list" (AIP-158).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::refusal::{Refusal, Violation};

/// The longest token that is looked at, in bytes.
const LONGEST: usize = 512;

/// How large pages of a list are.
#[derive(Clone, Copy, Debug)]
pub struct PageSize {
    /// Where 0 was asked for.
    pub default: i32,
    /// At most.
    pub most: i32,
}

/// A page asked for: rows behind `after`, at most `size`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// The key of the last row of the page before; none for the first page.
    pub after: Option<K>,
    /// How many rows, at most.
    pub size: i64,
    binding: String,
}

/// What rows of a list are ordered by. Tokens are not signed, so anyone can write one: a key that no row can have must not reach the
/// database, which would call it an error of its own.
pub trait Key: Serialize + DeserializeOwned {
    /// Whether a row can have it.
    fn can_be(&self) -> bool;
}

impl Key for String {
    /// PostgreSQL keeps no NUL in a text.
    fn can_be(&self) -> bool {
        !self.contains('\0')
    }
}

impl Key for Timestamp {
    /// Nothing of ours happened before 1970, and PostgreSQL knows no instant before 4713 BC.
    fn can_be(&self) -> bool {
        *self >= Self::UNIX_EPOCH
    }
}

impl Key for i64 {
    fn can_be(&self) -> bool {
        true
    }
}

impl Key for Uuid {
    fn can_be(&self) -> bool {
        true
    }
}

impl<A: Key> Key for Option<A> {
    fn can_be(&self) -> bool {
        self.as_ref().is_none_or(Key::can_be)
    }
}

impl<A: Key, B: Key> Key for (A, B) {
    fn can_be(&self) -> bool {
        self.0.can_be() && self.1.can_be()
    }
}

impl<A: Key, B: Key, C: Key> Key for (A, B, C) {
    fn can_be(&self) -> bool {
        self.0.can_be() && self.1.can_be() && self.2.can_be()
    }
}

impl<K: Key> Page<K> {
    /// Reads what was asked for. `list` names the list with all its other arguments: a token of another is refused.
    ///
    /// # Errors
    /// A negative size, or a token that is not of this list.
    pub fn asked(
        page_size: i32,
        page_token: &str,
        sizes: PageSize,
        list: &str,
    ) -> Result<Self, Refusal> {
        let binding = URL_SAFE_NO_PAD.encode(&Sha256::digest(list)[..9]);
        let size = size(page_size, sizes)?;
        if page_token.is_empty() {
            return Ok(Self { after: None, size: size.into(), binding });
        }
        let after = key(page_token, &binding).ok_or_else(|| Refusal::fields(vec![bad_token()]))?;
        Ok(Self { after: Some(after), size: size.into(), binding })
    }

    /// The token of the page behind `last`; empty if the page was not full, for then nothing is behind it.
    pub fn next(&self, last: Option<K>, rows: usize) -> String {
        let full = i64::try_from(rows).is_ok_and(|rows| rows == self.size);
        match last {
            Some(last) if full => {
                let json = serde_json::to_vec(&(&self.binding, last)).unwrap_or_default();
                URL_SAFE_NO_PAD.encode(json)
            }
            _ => String::new(),
        }
    }
}

fn size(asked: i32, sizes: PageSize) -> Result<i32, Refusal> {
    match asked {
        0 => Ok(sizes.default),
        1.. => Ok(asked.min(sizes.most)),
        _ => Err(Refusal::field(
            "page_size",
            "NEGATIVE",
            "Kích thước trang không được âm; gửi 0 để dùng mặc định.",
            "A page has no negative size; send 0 for the default.",
        )),
    }
}

fn key<K: Key>(token: &str, binding: &str) -> Option<K> {
    if token.len() > LONGEST {
        return None;
    }
    let json = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (bound, key): (String, K) = serde_json::from_slice(&json).ok()?;
    (bound == binding && key.can_be()).then_some(key)
}

fn bad_token() -> Violation {
    Violation::new(
        "page_token",
        "FOREIGN_TOKEN",
        "Mã trang không thuộc danh sách này; hãy gửi lại với cùng tham số, hoặc bắt đầu từ trang đầu.",
        "The token is not of this list; send the same arguments as before, or begin at the first page.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: PageSize = PageSize { default: 20, most: 100 };

    #[test]
    fn sizes_are_kept_within_bounds() {
        let size = |asked| Page::<String>::asked(asked, "", SIZES, "x").map(|page| page.size).ok();
        assert_eq!(size(0), Some(20));
        assert_eq!(size(7), Some(7));
        assert_eq!(size(1000), Some(100));
        assert_eq!(size(-1), None);
    }

    #[test]
    fn a_token_is_good_for_its_own_list_alone() {
        let asked = |token, list| Page::<(Uuid, String)>::asked(2, token, SIZES, list);
        let last = (Uuid::from_u128(4), String::from("k"));
        let page = asked("", "tasks of A").expect("a page");
        let token = page.next(Some(last.clone()), 2);
        assert_eq!(asked(&token, "tasks of A").expect("the same list").after, Some(last.clone()));
        assert!(asked(&token, "tasks of B").is_err());
        assert!(asked("garbage", "tasks of A").is_err());
        assert_eq!(page.next(Some(last), 1), "");
    }

    #[test]
    fn a_key_that_no_row_can_have_is_refused() {
        type Row = (Timestamp, Uuid, String);
        let page = Page::<Row>::asked(1, "", SIZES, "tasks").expect("a page");
        let of = |at, step: &str| page.next(Some((at, Uuid::max(), step.into())), 1);
        let asked = |token: &str| Page::<Row>::asked(1, token, SIZES, "tasks");
        assert!(asked(&of(Timestamp::MAX, "receive")).is_ok());
        assert!(asked(&of(Timestamp::MIN, "receive")).is_err());
        assert!(asked(&of(Timestamp::MAX, "a\0b")).is_err());
    }
}
