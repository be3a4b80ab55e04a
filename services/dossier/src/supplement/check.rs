//! What an answer to a supplement must be: all that was asked for, and nothing else.

use std::collections::BTreeSet;

use chassis::refusal::Violation;
use serde_json::{Map, Value};

use super::{Subject, Supplement};
use crate::form::PaperRequirement;
use crate::paper::{self, Held};

/// How a dossier would stand once a supplement is answered.
#[derive(Clone, Copy, Debug)]
pub struct AfterAnswer<'a> {
    /// What was answered before, by step id.
    pub before: &'a Map<String, Value>,
    /// What would be, by step id.
    pub after: &'a Map<String, Value>,
    /// Complete files handed in for it, by paper.
    pub held: &'a Held,
    /// Papers of which a file is being uploaded.
    pub under_way: &'a BTreeSet<String>,
}

/// The properties of a step whose answers differ though the supplement does not ask for them.
pub fn changes_not_asked(
    supplement: &Supplement,
    step: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Vec<String> {
    let properties: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differs = |property: &&&String| before.get(**property) != after.get(**property);
    let asked = |property: &&String| supplement.asks_for(Subject::Field { step, property });
    properties.iter().filter(differs).filter(|it| !asked(it)).map(|it| (*it).clone()).collect()
}

/// What an answer to the supplement lacks: a violation for each field that is as it was, and for each paper without a new complete file or
/// with one still under way.
pub fn missing(
    supplement: &Supplement,
    papers: &[PaperRequirement],
    answer: AfterAnswer<'_>,
) -> Vec<Violation> {
    let AfterAnswer { before, after, held, under_way } = answer;
    let asked = |paper: &&PaperRequirement| supplement.asks_for(Subject::Paper(&paper.id));
    // Whatever the form says, a paper that is asked for is needed.
    let required = |paper: &PaperRequirement| PaperRequirement { required: true, ..paper.clone() };
    let papers: Vec<_> = papers.iter().filter(asked).map(required).collect();
    let unchanged = supplement.named().filter_map(|subject| match subject {
        Subject::Field { step, property } => {
            let answered = |answers: &Map<String, Value>| {
                answers.get(step).and_then(|step| step.get(property)).cloned()
            };
            (answered(before) == answered(after)).then(|| unchanged(step, property))
        }
        Subject::Paper(_) => None,
    });
    unchanged.chain(paper::wrong(&papers, held, under_way)).collect()
}

fn unchanged(step: &str, property: &str) -> Violation {
    Violation::new(
        format!("answers.{step}.{property}"),
        "UNCHANGED",
        "Cơ quan yêu cầu sửa mục này; hãy sửa rồi gửi lại.",
        "The agency asks for this to be changed; change it, then answer again.",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::bilingual::Bilingual;

    fn supplement() -> Supplement {
        let subjects = ["answers.vehicle.colour", "papers.invoice", "papers.photo"];
        Supplement {
            number: 1,
            subjects: subjects.map(String::from).into(),
            grounds: String::new(),
            asked_at: jiff::Timestamp::UNIX_EPOCH,
            expires_at: jiff::Timestamp::MAX,
            answered_at: None,
            closed: false,
        }
    }

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn what_differs_without_being_asked_for_is_named() {
        let before = map(json!({"colour": "red", "brand": "Sao Mai", "model": "SM"}));
        for (after, told) in [
            (json!({"colour": "blue", "brand": "Sao Mai", "model": "SM"}), vec![]),
            (json!({"colour": "red", "brand": "Sao", "model": "SM"}), vec!["brand"]),
            (json!({"colour": "red", "model": "SM", "year": 1}), vec!["brand", "year"]),
        ] {
            let found = changes_not_asked(&supplement(), "vehicle", &before, &map(after));
            assert_eq!(found, told);
        }
        let elsewhere = map(json!({"colour": "blue"}));
        let found = changes_not_asked(&supplement(), "origin", &Map::new(), &elsewhere);
        assert_eq!(found, ["colour"], "the same property of another step");
    }

    #[test]
    fn an_answer_is_whole_or_told_what_it_lacks() {
        let paper = |id: &str| PaperRequirement {
            id: id.into(),
            name: Bilingual::new("Giấy", "Paper"),
            accepts: BTreeSet::new(),
            required: false,
            max_files: 1,
        };
        let papers = [paper("invoice"), paper("photo"), paper("receipt")];
        let before = map(json!({"vehicle": {"colour": "red"}}));
        let told = |colour: &str, held: &[&str], under_way: &[&str]| {
            let after = map(json!({"vehicle": {"colour": colour}}));
            let held = held.iter().map(|id| ((*id).to_owned(), 1)).collect();
            let under_way = under_way.iter().map(|id| (*id).to_owned()).collect();
            let answer =
                AfterAnswer { before: &before, after: &after, held: &held, under_way: &under_way };
            let found = missing(&supplement(), &papers, answer).into_iter();
            found.map(|it| (it.field, it.reason)).collect::<Vec<_>>()
        };
        let named = |field: &str, why: &str| (field.to_owned(), why.to_owned());
        let all = [
            named("answers.vehicle.colour", "UNCHANGED"),
            named("papers.invoice", "PAPER_REQUIRED"),
            named("papers.photo", "PAPER_REQUIRED"),
        ];
        assert_eq!(told("red", &[], &[]), all);
        let late = [named("papers.photo", "UPLOAD_UNFINISHED")];
        assert_eq!(told("blue", &["invoice", "photo"], &["photo"]), late);
        assert_eq!(told("blue", &["invoice", "photo"], &[]), []);
    }
}
