//! Amounts of money. The đồng has no smaller coin, so an amount is a whole number and nothing here
//! ever rounds. What an account owes or holds may be negative and is not a [`Dong`] but a posting
//! of the ledger.

use std::fmt;

use thiserror::Error;

/// An amount in Vietnamese đồng (VND), 0 to 10^15: more than any fee or treasury transfer, and
/// thousands of them still add up within 64 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dong(i64);

/// The number is no amount of money here: negative, or beyond [`Dong::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("an amount must lie between 0 and 1,000,000,000,000,000 VND")]
pub struct AmountOutOfRange;

impl Dong {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);
    /// The largest amount, 10^15 VND.
    pub const MAX: Self = Self(1_000_000_000_000_000);

    /// The amount of so many đồng.
    ///
    /// # Errors
    /// [`AmountOutOfRange`] below 0 or above [`Dong::MAX`].
    pub const fn new(units: i64) -> Result<Self, AmountOutOfRange> {
        if units < 0 || units > Self::MAX.0 {
            return Err(AmountOutOfRange);
        }
        Ok(Self(units))
    }

    /// How many đồng.
    pub const fn units(self) -> i64 {
        self.0
    }

    /// Whether it is nothing at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Both together.
    ///
    /// # Errors
    /// [`AmountOutOfRange`] above [`Dong::MAX`].
    pub const fn plus(self, other: Self) -> Result<Self, AmountOutOfRange> {
        Self::new(self.0 + other.0)
    }

    /// What is left when `other` is taken away.
    ///
    /// # Errors
    /// [`AmountOutOfRange`] when `other` is the larger one.
    pub const fn minus(self, other: Self) -> Result<Self, AmountOutOfRange> {
        Self::new(self.0 - other.0)
    }

    /// All of them together; none make [`Dong::ZERO`].
    ///
    /// # Errors
    /// [`AmountOutOfRange`] as soon as the sum passes [`Dong::MAX`].
    pub fn total(amounts: impl IntoIterator<Item = Self>) -> Result<Self, AmountOutOfRange> {
        amounts.into_iter().try_fold(Self::ZERO, Self::plus)
    }

    /// As a Vietnamese reader writes it: `150.000 đ`.
    pub fn in_vietnamese(self) -> String {
        format!("{} đ", self.grouped('.'))
    }

    /// The digits in threes.
    fn grouped(self, separator: char) -> String {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() * 2);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(separator);
            }
            text.push(digit);
        }
        text
    }
}

/// As an English reader writes it: `150,000 VND`.
impl fmt::Display for Dong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} VND", self.grouped(','))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dong(units: i64) -> Dong {
        Dong::new(units).unwrap()
    }

    #[test]
    fn both_languages_group_by_thousands() {
        for (units, english, vietnamese) in [
            (0, "0 VND", "0 đ"),
            (999, "999 VND", "999 đ"),
            (1_000, "1,000 VND", "1.000 đ"),
            (150_000, "150,000 VND", "150.000 đ"),
            (14_000_000, "14,000,000 VND", "14.000.000 đ"),
            (1_000_000_000_000_000, "1,000,000,000,000,000 VND", "1.000.000.000.000.000 đ"),
        ] {
            assert_eq!(dong(units).to_string(), english);
            assert_eq!(dong(units).in_vietnamese(), vietnamese);
        }
    }

    #[test]
    fn the_bounds_hold() {
        assert_eq!(Dong::new(-1), Err(AmountOutOfRange));
        assert_eq!(Dong::new(Dong::MAX.units() + 1), Err(AmountOutOfRange));
        assert_eq!(Dong::new(i64::MIN), Err(AmountOutOfRange));
        assert_eq!(Dong::MAX.plus(dong(1)), Err(AmountOutOfRange));
        assert_eq!(dong(1).minus(dong(2)), Err(AmountOutOfRange));
        assert_eq!(Dong::total([Dong::MAX, dong(1), Dong::MAX]), Err(AmountOutOfRange));
        assert_eq!(Dong::total([]), Ok(Dong::ZERO));
    }

    proptest! {
        #[test]
        fn minus_undoes_plus(a in 0..=Dong::MAX.units() / 2, b in 0..=Dong::MAX.units() / 2) {
            prop_assert_eq!(dong(a).plus(dong(b)).unwrap().minus(dong(b)), Ok(dong(a)));
        }

        #[test]
        fn grouping_loses_no_digit(units in 0..=Dong::MAX.units()) {
            let text = dong(units).to_string().replace([',', ' ', 'V', 'N', 'D'], "");
            prop_assert_eq!(text, units.to_string());
        }
    }
}
