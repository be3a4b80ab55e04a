//! The types a setting may have, and how each is written.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

/// A type that a setting may have.
pub trait Value: Sized {
    /// What a value looks like, in words that complete "it takes …".
    const ACCEPTED: &'static str;
    /// Whether a value must never be shown. The type decides, so that no declaration can forget.
    const SECRET: bool = false;

    /// Reads a value, or nothing if the text is not one.
    fn parse(text: &str) -> Option<Self>;
}

impl Value for String {
    const ACCEPTED: &'static str = "text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl Value for SecretString {
    const ACCEPTED: &'static str = "text";
    const SECRET: bool = true;

    fn parse(text: &str) -> Option<Self> {
        Some(text.into())
    }
}

impl Value for PathBuf {
    const ACCEPTED: &'static str = "a path";

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| text.into())
    }
}

impl Value for bool {
    const ACCEPTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for u16 {
    const ACCEPTED: &'static str = "a whole number from 0 to 65535";

    fn parse(text: &str) -> Option<Self> {
        digits(text)?.try_into().ok()
    }
}

impl Value for u32 {
    const ACCEPTED: &'static str = "a whole number from 0 to 4294967295";

    fn parse(text: &str) -> Option<Self> {
        digits(text)?.try_into().ok()
    }
}

impl Value for u64 {
    const ACCEPTED: &'static str = "a whole number from 0 to 18446744073709551615";

    fn parse(text: &str) -> Option<Self> {
        digits(text)
    }
}

impl Value for SocketAddr {
    const ACCEPTED: &'static str = "an address and port such as 127.0.0.1:7001 or [::1]:7001";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for Duration {
    const ACCEPTED: &'static str = "a whole number with ms, s, m, h or d, such as 250ms or 5m";

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = number_and_unit(text)?;
        let milliseconds = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        number.checked_mul(milliseconds).map(Self::from_millis)
    }
}

/// An amount of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl Value for ByteSize {
    const ACCEPTED: &'static str = "a whole number with B, KiB, MiB or GiB, such as 4MiB";

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = number_and_unit(text)?;
        let bytes = match unit {
            "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            _ => return None,
        };
        number.checked_mul(bytes).map(Self)
    }
}

impl fmt::Display for ByteSize {
    /// In the largest unit that divides the amount, so that it reads back as the same amount.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GiB", 30), ("MiB", 20), ("KiB", 10)];
        let divides = |bits: u32| self.0 > 0 && self.0.trailing_zeros() >= bits;
        let (unit, bits) = units.into_iter().find(|(_, bits)| divides(*bits)).unwrap_or(("B", 0));
        write!(formatter, "{}{unit}", self.0 >> bits)
    }
}

impl Value for Vec<String> {
    const ACCEPTED: &'static str = "a list, in TOML as [\"a\", \"b\"] and elsewhere as a,b";

    /// Blanks around an item do not count; an empty item is a mistake, an empty text no items.
    fn parse(text: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return Some(Self::new());
        }
        text.split(',').map(|item| Some(item.trim().to_owned()).filter(|i| !i.is_empty())).collect()
    }
}

impl<T: Value> Value for Option<T> {
    const ACCEPTED: &'static str = T::ACCEPTED;
    const SECRET: bool = T::SECRET;

    /// An empty text is no value.
    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }
}

fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit())?;
    let (number, unit) = text.split_at(end);
    Some((digits(number)?, unit.trim_start()))
}

/// Digits and nothing else: the standard parser would take a plus sign too.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}
