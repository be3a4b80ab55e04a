//! The set of roles an officer holds.

use chassis::access::Role;

/// The roles an officer can hold.
const ALL: [Role; 7] = [
    Role::Receiving,
    Role::Processing,
    Role::Signing,
    Role::AgencyAdministrator,
    Role::Operator,
    Role::Cashier,
    Role::Registrar,
];

/// A set of roles: bit n is the role with the number n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Roles(i32);

impl Roles {
    /// The set that was stored as these bits; bits that are no role's mean nothing.
    pub fn of_bits(bits: i32) -> Self {
        ALL.into_iter().filter(|role| bits & bit(*role) != 0).collect()
    }

    /// The set as bits, for storing.
    pub fn bits(self) -> i32 {
        self.0
    }

    /// Whether it holds none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether it holds the role.
    pub fn contains(self, role: Role) -> bool {
        self.0 & bit(role) != 0
    }

    /// The set with the role.
    #[must_use]
    pub fn with(self, role: Role) -> Self {
        Self(self.0 | bit(role))
    }

    /// The set without the role.
    #[must_use]
    pub fn without(self, role: Role) -> Self {
        Self(self.0 & !bit(role))
    }

    /// The roles by number, in order.
    pub fn numbers(self) -> Vec<i32> {
        ALL.into_iter().filter(|role| self.contains(*role)).map(i32::from).collect()
    }
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        roles.into_iter().fold(Self::default(), Self::with)
    }
}

/// No bit for the role that is never granted.
fn bit(role: Role) -> i32 {
    if role == Role::Unspecified { 0 } else { 1 << i32::from(role) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_survives_its_bits() {
        let roles: Roles = [Role::Signing, Role::Receiving].into_iter().collect();
        assert_eq!(Roles::of_bits(roles.bits()), roles);
        assert_eq!(roles.numbers(), [1, 3]);
        assert!(roles.without(Role::Signing).without(Role::Receiving).is_empty());
        assert!(Roles::of_bits(1 | 1 << 20).is_empty());
        assert!(Roles::default().with(Role::Unspecified).is_empty());
    }
}
