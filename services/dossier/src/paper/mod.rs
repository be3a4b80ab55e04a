//! The papers a dossier has to hold: what its form asks for, against the files that are there.

use std::collections::BTreeMap;

use chassis::refusal::Violation;

use crate::form::PaperRequirement;

/// Complete files by paper.
pub type Held = BTreeMap<String, u32>;

/// A violation for each required paper without a complete file.
pub fn missing(asked: &[PaperRequirement], held: &Held) -> Vec<Violation> {
    asked.iter().filter(|paper| paper.required && !held.contains_key(&paper.id)).map(told).collect()
}

fn told(paper: &PaperRequirement) -> Violation {
    Violation::new(
        format!("papers.{}", paper.id),
        "PAPER_REQUIRED",
        format!("{}: hãy tải lên giấy tờ này.", paper.name.vi),
        format!("{}: please upload this paper.", paper.name.en),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bilingual::Bilingual;
    use crate::form::PaperForm;

    #[test]
    fn every_required_paper_without_a_file_is_told() {
        let paper = |id: &str, required| PaperRequirement {
            id: id.into(),
            name: Bilingual::new("Hóa đơn", "Bill"),
            accepts: BTreeSet::from([PaperForm::Electronic]),
            required,
            max_files: 1,
        };
        let asked = [paper("bill", true), paper("receipt", true), paper("photo", false)];
        let held = Held::from([("receipt".to_owned(), 1)]);
        let told = missing(&asked, &held);
        assert_eq!(told.len(), 1);
        assert_eq!((&*told[0].field, &*told[0].reason), ("papers.bill", "PAPER_REQUIRED"));
        assert!(told[0].text.en.starts_with("Bill: "));
    }
}
