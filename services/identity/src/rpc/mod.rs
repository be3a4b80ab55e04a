//! The service's side of its contract: parse, one command or one query, convert.

mod accounts;
mod agencies;
mod clients;
mod contacts;
mod counter;
mod keys;
mod officers;
mod sessions;

pub use accounts::Accounts;
pub use agencies::AgencyTable;
pub use clients::Clients;
pub use contacts::Contacts;
pub use counter::Counter;
pub use keys::KeySets;
pub use officers::Officers;
pub use sessions::Sessions;

use chassis::clock::Clock;
use chassis::database::failed;
use chassis::names::malformed;
use chassis::refusal::{Failure, Refusal};
use chassis::seal::Seal;
use chassis::write::Door;
use uuid::Uuid;

use crate::details::Details;
use crate::holder::Account;
use crate::secrets::Secrets;
use crate::store::HolderStore;

/// What all handlers share.
#[derive(Clone)]
pub struct Room {
    /// Changes holders.
    pub door: Door<HolderStore>,
    /// Reads them.
    pub store: HolderStore,
    /// Indexes, codes, tokens.
    pub secrets: Secrets,
    /// Seals personal data.
    pub seal: Seal,
    /// Tells the time.
    pub clock: Clock,
}

impl Room {
    /// What is personal in an account.
    fn details(&self, id: Uuid, account: &Account) -> Result<Details, Failure> {
        Details::open(&self.seal, id, &account.sealed)
            .map_err(|error| Failure::Broken(error.to_string()))
    }
}

/// The unit code in the resource name of an agency, in the field named.
fn unit_code<'a>(name: &'a str, field: &str) -> Result<&'a str, Refusal> {
    let code = name.strip_prefix("agencies/");
    let digits = |code: &&str| code.len() == 5 && code.bytes().all(|byte| byte.is_ascii_digit());
    code.filter(digits).ok_or_else(|| malformed(field, "agencies/{five-digit unit code}"))
}

/// The resource name of an agency, in the field named.
fn agency(name: &str, field: &str) -> Result<String, Refusal> {
    unit_code(name, field).map(|_| name.to_owned())
}
