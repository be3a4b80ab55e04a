//! The papers a dossier has to hold: what its form asks for, against the files that are there.

use std::collections::{BTreeMap, BTreeSet};

use chassis::refusal::Violation;

use crate::form::PaperRequirement;

/// Complete files by paper.
pub type Held = BTreeMap<String, u32>;

/// What is wrong with the papers of a dossier that is to be submitted: a violation for each required one without a complete file, and for
/// each that has one while another is `under_way`, which would be lost.
pub fn wrong(
    asked: &[PaperRequirement],
    held: &Held,
    under_way: &BTreeSet<String>,
) -> Vec<Violation> {
    let of_paper = |paper: &PaperRequirement| {
        if paper.required && !held.contains_key(&paper.id) {
            Some(missing(paper))
        } else {
            under_way.contains(&paper.id).then(|| unfinished(paper))
        }
    };
    asked.iter().filter_map(of_paper).collect()
}

fn missing(paper: &PaperRequirement) -> Violation {
    Violation::new(
        format!("papers.{}", paper.id),
        "PAPER_REQUIRED",
        format!("{}: hãy tải lên giấy tờ này.", paper.name.vi),
        format!("{}: please upload this paper.", paper.name.en),
    )
}

fn unfinished(paper: &PaperRequirement) -> Violation {
    Violation::new(
        format!("papers.{}", paper.id),
        "UPLOAD_UNFINISHED",
        format!("{}: hãy tải xong hoặc xóa tệp đang tải.", paper.name.vi),
        format!("{}: finish the upload under way, or delete that file.", paper.name.en),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bilingual::Bilingual;
    use crate::form::PaperForm;

    #[test]
    fn every_paper_that_is_missing_or_unfinished_is_told() {
        let paper = |id: &str, required| PaperRequirement {
            id: id.into(),
            name: Bilingual::new("Hóa đơn", "Bill"),
            accepts: BTreeSet::from([PaperForm::Electronic]),
            required,
            max_files: 1,
        };
        let asked = [paper("bill", true), paper("receipt", true), paper("photo", false)];
        let held = Held::from([("receipt".to_owned(), 1)]);
        let under_way = BTreeSet::from(["bill".to_owned(), "receipt".to_owned()]);
        let told = wrong(&asked, &held, &under_way);
        let told: Vec<_> = told.iter().map(|told| (&*told.field, &*told.reason)).collect();
        assert_eq!(
            told,
            [("papers.bill", "PAPER_REQUIRED"), ("papers.receipt", "UPLOAD_UNFINISHED")]
        );
    }
}
