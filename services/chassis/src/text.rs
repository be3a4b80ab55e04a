//! Text that people read: what they see is all there is.

use std::ops::RangeInclusive;

use crate::refusal::Violation;

/// Unicode's format characters (general category Cf, Unicode 16) and its separators of lines and paragraphs (Zl, Zp). Most are not seen,
/// and those of the bidirectional algorithm (UAX #9) make a name show other than it is written.
const UNSEEN: [RangeInclusive<char>; 21] = [
    '\u{AD}'..='\u{AD}',
    '\u{600}'..='\u{605}',
    '\u{61C}'..='\u{61C}',
    '\u{6DD}'..='\u{6DD}',
    '\u{70F}'..='\u{70F}',
    '\u{890}'..='\u{891}',
    '\u{8E2}'..='\u{8E2}',
    '\u{180E}'..='\u{180E}',
    '\u{200B}'..='\u{200F}',
    '\u{2028}'..='\u{202E}',
    '\u{2060}'..='\u{2064}',
    '\u{2066}'..='\u{206F}',
    '\u{FEFF}'..='\u{FEFF}',
    '\u{FFF9}'..='\u{FFFB}',
    '\u{110BD}'..='\u{110BD}',
    '\u{110CD}'..='\u{110CD}',
    '\u{13430}'..='\u{1343F}',
    '\u{1BCA0}'..='\u{1BCA3}',
    '\u{1D173}'..='\u{1D17A}',
    '\u{E0001}'..='\u{E0001}',
    '\u{E0020}'..='\u{E007F}',
];

/// Whether `text` is one line of which everything is seen: no control characters, and none that only format.
pub fn is_one_plain_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || UNSEEN.iter().any(|unseen| unseen.contains(&c)))
}

/// Characters of a reason, at most.
const LONGEST_REASON: usize = 500;

/// The reason that somebody who decides gives for those who ask later: one plain line, the blanks around it cut.
///
/// # Errors
/// Names the field, which is empty, too long, or more than one line.
pub fn reason(text: &str, field: &str) -> Result<String, Violation> {
    let reason = text.trim();
    let length = reason.chars().count();
    if (1..=LONGEST_REASON).contains(&length) && is_one_plain_line(reason) {
        return Ok(reason.to_owned());
    }
    Err(Violation::new(
        field,
        "REASON_MALFORMED",
        format!("Hãy nêu lý do trên một dòng, từ 1 đến {LONGEST_REASON} ký tự."),
        format!("Give the reason on one line, 1 to {LONGEST_REASON} characters."),
    ))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn names_as_people_write_them_are_plain() {
        for name in ["Nguyễn Thị Hoa", "Nguye\u{302}\u{303}n", "O’Hara-Đặng", "Y Phôn Niê", ""]
        {
            assert!(is_one_plain_line(name), "{name}");
        }
    }

    #[test]
    fn what_turns_or_hides_letters_is_not() {
        for name in ["Hoa\u{202E}gnA", "Hoa\u{2066}x", "Hoa\u{200E}", "H\u{200B}oa", "Hoa\n", "\0"]
        {
            assert!(!is_one_plain_line(name), "{name:?}");
        }
    }

    #[test]
    fn a_reason_is_a_line_that_says_something() {
        let longest = "ế".repeat(LONGEST_REASON);
        assert_eq!(reason("  nộp hai lần ", "reason"), Ok("nộp hai lần".to_owned()));
        assert_eq!(reason(&longest, "reason"), Ok(longest.clone()));
        for bad in ["", "  ", "a\nb", "a\u{202E}b", &format!("{longest}x")] {
            let refused = reason(bad, "reason").expect_err("no reason");
            assert_eq!((&*refused.field, &*refused.reason), ("reason", "REASON_MALFORMED"));
        }
    }

    #[test]
    fn it_is_so_for_every_character_of_these_categories_and_for_no_other() {
        let unseen = Regex::new(r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]$").expect("a pattern");
        let text = |c: char| c.to_string();
        let differs = |c: &char| is_one_plain_line(&text(*c)) == unseen.is_match(&text(*c));
        let differing: Vec<_> = ('\0'..=char::MAX).filter(differs).collect();
        assert!(differing.is_empty(), "{differing:?}");
    }
}
