//! E-mail addresses, as mail is sent to them today: a local part without quotes, a domain of two labels at least, all in ASCII.

use thiserror::Error;

/// Characters of the longest address (RFC 5321, 4.5.3.1.3, without its angle brackets).
pub const LONGEST: usize = 254;

/// Characters of the longest local part (RFC 5321, 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;

/// Characters of the longest label (RFC 1035, 2.3.4).
const LONGEST_LABEL: usize = 63;

/// What a local part may hold besides letters, digits and dots between them (RFC 5322, 3.2.3).
const SYMBOLS: &str = "!#$%&'*+-/=?^_`{|}~";

/// The text is no address. It is not repeated, since it may be personal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not an e-mail address; write it as in ten@example.vn")]
pub struct NotAnAddress;

/// An address in the form it is kept in: without spaces around it, its domain in lower case.
///
/// # Errors
/// The text is no address.
pub fn address(text: &str) -> Result<String, NotAnAddress> {
    let (local, domain) = text.trim().rsplit_once('@').ok_or(NotAnAddress)?;
    let sound = local.len() + 1 + domain.len() <= LONGEST && is_local(local) && is_domain(domain);
    if sound { Ok(format!("{local}@{}", domain.to_ascii_lowercase())) } else { Err(NotAnAddress) }
}

fn is_local(local: &str) -> bool {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || SYMBOLS.contains(letter);
    let atom = |atom: &str| !atom.is_empty() && atom.chars().all(fits);
    local.len() <= LONGEST_LOCAL && local.split('.').all(atom)
}

fn is_domain(domain: &str) -> bool {
    domain.contains('.') && domain.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    (1..=LONGEST_LABEL).contains(&label.len())
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_address_is_kept_in_one_form() {
        for (text, kept) in [
            ("hoa@example.vn", "hoa@example.vn"),
            (" Hoa.Nguyen+dvc@Mail.Example.VN ", "Hoa.Nguyen+dvc@mail.example.vn"),
            ("o'hara_1@a-b.co", "o'hara_1@a-b.co"),
        ] {
            assert_eq!(address(text).as_deref(), Ok(kept));
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.vn", "a".repeat(65));
        let long_label = format!("a@{}.vn", "b".repeat(64));
        let long = format!("a@{}vn", "bcdefghij.".repeat(26));
        for text in [
            "",
            "hoa",
            "@example.vn",
            "hoa@",
            "hoa@localhost",
            "hoa@.vn",
            "hoa@example..vn",
            "hoa@-example.vn",
            "hoa@example-.vn",
            ".hoa@example.vn",
            "hoa.@example.vn",
            "h..oa@example.vn",
            "hoa nguyen@example.vn",
            "\"hoa\"@example.vn",
            "hoa@example.vn\r\nBcc: lan@example.vn",
            "hoa@[127.0.0.1]",
            "hoà@example.vn",
            &long_local,
            &long_label,
            &long,
        ] {
            assert_eq!(address(text), Err(NotAnAddress), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_kept_is_an_address_and_stays_so(text in any::<String>()) {
            if let Ok(kept) = address(&text) {
                prop_assert!(kept.len() <= LONGEST && kept.is_ascii());
                prop_assert_eq!(address(&kept), Ok(kept));
            }
        }

        #[test]
        fn common_addresses_are_taken(text in "[a-z0-9]{1,20}(\\.[a-z0-9]{1,20})?@[a-z0-9]{1,20}\\.[a-z]{2,6}") {
            prop_assert_eq!(address(&text), Ok(text));
        }
    }
}
