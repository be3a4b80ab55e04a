//! Clients: programs with a key of their own that call in their own name.

use std::convert::Infallible;

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Root, Stream};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its id.
    pub id: ClientId,
    /// Its Ed25519 public key.
    pub public_key: [u8; 32],
    /// When it was registered.
    pub created_at: Timestamp,
    /// Since when its assertions are refused.
    pub disabled_at: Option<Timestamp>,
}

/// The id of a client: 3 to 40 lower case letters, digits and hyphens, the first a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientId(String);

impl ClientId {
    /// The id that a text is.
    pub fn of(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let sound = (3..=40).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.bytes().all(fits);
        sound.then(|| Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id in a client's resource name.
    pub fn in_name(name: &str) -> Option<Self> {
        name.strip_prefix("clients/").and_then(Self::of)
    }

    /// The resource name of the client.
    pub fn name(&self) -> String {
        format!("clients/{}", self.0)
    }

    /// The stream that keeps its order.
    pub fn stream(&self) -> Uuid {
        let digest = Sha256::new_with_prefix("client\0").chain_update(&self.0).finalize();
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Uuid::new_v8(bytes)
    }
}

impl Root for Client {
    type Rules = ();
    type Wants = ();
    type Fact = Infallible;
}

/// Registers a client.
#[derive(Clone, Debug)]
pub struct CreateClient {
    /// The id it will have.
    pub id: ClientId,
    /// Its public key.
    pub public_key: [u8; 32],
}

impl Command for CreateClient {
    const NAME: &'static str = "CreateClient";
    type Root = Client;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id.stream())
    }

    fn decide(
        &self,
        before: Option<&Client>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Client, ()>, Refusal> {
        if before.is_some() {
            return Err(exists());
        }
        let Self { id, public_key } = self.clone();
        let client = Client { id, public_key, created_at: at.now, disabled_at: None };
        Ok(Decided::quiet(client, ()))
    }
}

/// Shuts a client out, for ever.
#[derive(Clone, Debug)]
pub struct DisableClient {
    /// Which.
    pub id: ClientId,
}

impl Command for DisableClient {
    const NAME: &'static str = "DisableClient";
    type Root = Client;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id.stream())
    }

    fn decide(
        &self,
        before: Option<&Client>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Client, ()>, Refusal> {
        let mut client = before.cloned().ok_or_else(unknown)?;
        client.disabled_at.get_or_insert(at.now);
        Ok(Decided::quiet(client, ()))
    }
}

/// Takes an assertion that proved good. The door remembers its `jti` as that of the call, so it is taken once.
#[derive(Clone, Debug)]
pub struct TakeAssertion {
    /// Whose it is.
    pub id: ClientId,
}

impl Command for TakeAssertion {
    const NAME: &'static str = "TakeAssertion";
    type Root = Client;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id.stream())
    }

    fn decide(
        &self,
        before: Option<&Client>,
        (): &(),
        _: &mut At<'_>,
    ) -> Result<Decided<Client, ()>, Refusal> {
        let client = before.filter(|client| client.disabled_at.is_none());
        Ok(Decided::quiet(client.cloned().ok_or_else(invalid)?, ()))
    }
}

/// An assertion that is not believed: it does not tell whether the client, its key or a claim is wrong.
pub fn invalid() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "ASSERTION_INVALID",
        "Chứng thực không hợp lệ; hãy so khóa, iss, sub, aud, exp và jti với hợp đồng.",
        "The assertion is not valid; compare key, iss, sub, aud, exp and jti with the contract.",
    )
}

fn unknown() -> Refusal {
    Refusal::new(
        Kind::Missing,
        "CLIENT_UNKNOWN",
        "Không có ứng dụng mang mã này; hãy kiểm tra lại mã.",
        "No client has this id; check it.",
    )
}

fn exists() -> Refusal {
    Refusal::new(
        Kind::Exists,
        "CLIENT_EXISTS",
        "Mã ứng dụng này đã được đăng ký; hãy chọn mã khác.",
        "This client id is registered already; choose another.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        for good in ["abc", "bank-2", &"a".repeat(40)] {
            assert!(ClientId::of(good).is_some(), "{good}");
        }
        let long = "a".repeat(41);
        for bad in ["", "ab", "2bc", "-bc", "Abc", "a_c", "a/c", "ăbc", &long] {
            assert!(ClientId::of(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn each_has_a_stream_of_its_own() {
        let stream = |id| ClientId::of(id).unwrap().stream();
        assert_eq!(stream("bank"), stream("bank"));
        assert_ne!(stream("bank"), stream("bank2"));
    }
}
