//! What an officer states, as it comes: all of it sound, or every fault of it told at once.

use std::collections::BTreeSet;

use chassis::refusal::{Refusal, Violation};
use proto::motcua::workflow::v1 as pb;

use crate::grounds::{RefusalReasons, Remark, RemarkError};

/// Reasons that one refusal may have.
const MOST: usize = 10;

/// Things that one supplement may ask for.
const MOST_ITEMS: usize = 20;

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

/// What a supplement asks for, with why: of a form that `known` describes, and nothing that is `bound`.
///
/// # Errors
/// Every wrong field at once.
pub fn of_supplement(
    known: &BTreeSet<String>,
    bound: impl Fn(&str) -> bool,
    items: &[pb::MissingItem],
) -> Result<Vec<(String, Remark)>, Refusal> {
    if !(1..=MOST_ITEMS).contains(&items.len()) {
        return Err(Refusal::fields(vec![count_out_of_bounds("items", MOST_ITEMS)]));
    }
    let (mut grounds, mut wrong, mut subjects) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (place, one) in items.iter().enumerate() {
        let field = format!("items[{place}].subject");
        if !known.contains(&one.subject) {
            wrong.push(not_in_form(field));
        } else if bound(&one.subject) {
            wrong.push(bound_by_draw(field));
        } else if !subjects.insert(&one.subject) {
            wrong.push(stated_twice(field));
        }
        match remark(&one.text, format!("items[{place}].text"), true) {
            Ok(remark) => grounds.push((one.subject.clone(), remark)),
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

fn not_in_form(field: String) -> Violation {
    Violation::new(
        field,
        "NOT_IN_FORM",
        "Biểu mẫu không có trường hoặc giấy tờ này; hãy ghi như `answers.vehicle.colour` hoặc \
         `papers.purchase_invoice`.",
        "The form has no such field or paper; write it like `answers.vehicle.colour` or \
         `papers.purchase_invoice`.",
    )
}

fn bound_by_draw(field: String) -> Violation {
    Violation::new(
        field,
        "BOUND_BY_DRAW",
        "Biển số đã bấm cho đúng nội dung này; không thể yêu cầu thay đổi.",
        "A number was drawn for what this says: it cannot be changed any more.",
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
    fn a_supplement_asks_for_what_the_form_has_and_no_draw_binds() {
        let known = ["answers.vehicle.colour", "answers.vehicle.kind", "papers.invoice"];
        let known = known.map(String::from).into();
        let item = |(subject, text): &(&str, &str)| pb::MissingItem {
            subject: (*subject).into(),
            text: (*text).into(),
        };
        let ask = |items: &[(&str, &str)]| {
            let items: Vec<_> = items.iter().map(item).collect();
            of_supplement(&known, |subject| subject.ends_with(".kind"), &items)
        };
        let asked = ask(&[("papers.invoice", "mờ"), ("answers.vehicle.colour", "khác giấy tờ")]);
        assert_eq!(asked.unwrap().len(), 2);
        let refused = ask(&[
            ("papers.invoice", " "),
            ("papers.photo", "x"),
            ("answers.vehicle.kind", "x"),
            ("papers.invoice", "x"),
        ]);
        let told = refused.unwrap_err().violations.into_iter().map(|it| (it.field, it.reason));
        let expected = [
            ("items[0].text", "REQUIRED"),
            ("items[1].subject", "NOT_IN_FORM"),
            ("items[2].subject", "BOUND_BY_DRAW"),
            ("items[3].subject", "STATED_TWICE"),
        ];
        let expected = expected.map(|(field, why)| (field.to_owned(), why.to_owned()));
        assert_eq!(told.collect::<Vec<_>>(), expected);
        assert!(ask(&[]).is_err() && ask(&[("papers.invoice", "x"); MOST_ITEMS + 1]).is_err());
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
