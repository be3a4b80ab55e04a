//! What an officer states, as it comes: all of it sound, or every fault of it told at once.

use std::collections::BTreeSet;

use chassis::refusal::{Refusal, Violation};
use proto::motcua::workflow::v1 as pb;

use crate::grounds::{RefusalReasons, Remark, RemarkError};

/// Reasons that one refusal may have.
const MOST: usize = 10;

/// The reasons stated for a refusal, by code, with what the officer adds.
///
/// # Errors
/// Every wrong field at once.
pub fn of_refusal(
    known: &RefusalReasons,
    stated: &[pb::StatedReason],
) -> Result<Vec<(String, Remark)>, Refusal> {
    if !(1..=MOST).contains(&stated.len()) {
        return Err(Refusal::fields(vec![count_out_of_bounds("reasons", MOST)]));
    }
    let (mut grounds, mut wrong, mut codes) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, one) in stated.iter().enumerate() {
        let (code, text) = (format!("reasons[{place}].code"), format!("reasons[{place}].text"));
        let reason = known.of(&one.code);
        if reason.is_none() {
            wrong.push(unknown(code));
        } else if !codes.insert(&one.code) {
            wrong.push(stated_twice(code));
        }
        match remark(&one.text, text, reason.is_some_and(|reason| reason.needs_text)) {
            Ok(remark) => grounds.push((one.code.clone(), remark)),
            Err(violation) => wrong.push(violation),
        }
    }
    if wrong.is_empty() { Ok(grounds) } else { Err(Refusal::fields(wrong)) }
}

/// A remark, which must say something if it is `needed`.
pub fn remark(text: &str, field: String, needed: bool) -> Result<Remark, Violation> {
    match Remark::of(text) {
        Ok(remark) if needed && remark.is_empty() => Err(Violation::new(
            field,
            "REQUIRED",
            "Hãy viết rõ để người nộp hồ sơ hiểu.",
            "Say it in words that the owner of the dossier understands.",
        )),
        Ok(remark) => Ok(remark),
        Err(RemarkError::TooLong) => Err(Violation::new(
            field,
            "TOO_LONG",
            format!("Dài quá {} ký tự; hãy viết ngắn lại.", Remark::LONGEST),
            format!("It has more than {} characters; shorten it.", Remark::LONGEST),
        )),
        Err(RemarkError::Hidden) => Err(Violation::new(
            field,
            "HIDDEN_CHARACTER",
            "Có ký tự điều khiển hoặc ký tự không nhìn thấy; hãy bỏ các ký tự đó.",
            "It has control characters or characters that are not seen; remove them.",
        )),
    }
}

fn count_out_of_bounds(field: &str, most: usize) -> Violation {
    Violation::new(
        field,
        "COUNT_OUT_OF_BOUNDS",
        format!("Hãy nêu từ 1 đến {most} mục."),
        format!("State 1 to {most}."),
    )
}

fn unknown(field: String) -> Violation {
    Violation::new(
        field,
        "NOT_IN_LIST",
        "Hãy chọn một lý do trong danh mục (GetRefusalReasons).",
        "Choose one of the reasons that GetRefusalReasons tells.",
    )
}

fn stated_twice(field: String) -> Violation {
    Violation::new(
        field,
        "STATED_TWICE",
        "Mục này đã được nêu; mỗi mục chỉ nêu một lần.",
        "It was stated already; state each once.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stated(reasons: &[(&str, &str)]) -> Vec<pb::StatedReason> {
        let one = |(code, text): &(&str, &str)| pb::StatedReason {
            code: (*code).into(),
            text: (*text).into(),
        };
        reasons.iter().map(one).collect()
    }

    fn wrong(reasons: &[(&str, &str)]) -> Vec<(String, String)> {
        let known = RefusalReasons::from_yaml(include_str!("../../data/refusal_reasons.yaml"));
        let refused = of_refusal(&known.unwrap(), &stated(reasons)).unwrap_err();
        refused.violations.into_iter().map(|wrong| (wrong.field, wrong.reason)).collect()
    }

    #[test]
    fn every_fault_is_told_by_its_place() {
        let long = "x".repeat(Remark::LONGEST + 1);
        let told = wrong(&[
            ("not_competent", ""),
            ("weather", ""),
            ("not_competent", ""),
            ("other", " "),
            ("papers_lacking", &long),
            ("papers_invalid", "a\0b"),
        ]);
        let expected = [
            ("reasons[1].code", "NOT_IN_LIST"),
            ("reasons[2].code", "STATED_TWICE"),
            ("reasons[3].text", "REQUIRED"),
            ("reasons[4].text", "TOO_LONG"),
            ("reasons[5].text", "HIDDEN_CHARACTER"),
        ];
        assert_eq!(told, expected.map(|(field, why)| (field.to_owned(), why.to_owned())));
        for count in [0, MOST + 1] {
            let told = wrong(&vec![("other", "x"); count]);
            assert_eq!(told, [("reasons".to_owned(), "COUNT_OUT_OF_BOUNDS".to_owned())]);
        }
    }
}
