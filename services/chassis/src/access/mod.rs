//! Who may call: rules from the contract, callers from tokens, enforced before a handler runs. Deny by default.

mod caller;
mod layer;
mod rules;
mod token;
mod trusted;

pub use caller::{Assurance, Caller, INSTALLATION, Person, Role};
pub use layer::{AccessLayer, caller};
pub use rules::{RuleError, Rules};
pub use token::{Claims, Issuer, LIFE, SigningKey, TokenError, Verifier, VerifyingKey};
pub use trusted::{SpeaksFor, TrustError, Trusted, trusted_in, write_trusted};
