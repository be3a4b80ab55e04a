//! The slip that asks for a supplement, in words.

use super::{Language, Words, instant, item};
use crate::document::{Ground, SupplementSlip};

const VI: &str = include_str!("../../../data/slips/supplement.vi.txt");
const EN: &str = include_str!("../../../data/slips/supplement.en.txt");

/// What a slip that asks for a supplement says.
#[derive(Clone, Debug)]
pub struct SupplementWords<'a> {
    /// What was asked.
    pub slip: &'a SupplementSlip,
    /// Each thing asked for, and why.
    pub grounds: &'a [Ground],
}

impl Words for SupplementWords<'_> {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "requested" => instant(self.slip.requested_at),
            "until" => instant(self.slip.expires_at),
            "items" => {
                let lines = self.grounds.iter().map(|ground| item(ground, language));
                lines.collect::<Vec<_>>().join("\n")
            }
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bilingual::Bilingual;
    use crate::document::words::tests::assert_says;

    #[test]
    fn the_slip_says_what_is_missing_why_and_until_when() {
        let ground = Ground {
            subject: "answers.vehicle.colour".into(),
            title: Bilingual::new("Màu sơn", "Colour"),
            text: "khác với hóa đơn".into(),
        };
        let slip = SupplementSlip {
            number: 1,
            requested_at: "2026-11-25T03:00:00Z".parse().unwrap(),
            expires_at: "2026-12-25T03:00:00Z".parse().unwrap(),
            subjects: vec![ground.subject.clone()],
            grounds: "cases/x/grounds/1".into(),
        };
        let vi = [
            "Yêu cầu lúc: 10:00 25/11/2026",
            "- Màu sơn: khác với hóa đơn\n",
            "Hạn bổ sung: 10:00 25/12/2026",
        ];
        let en = ["- Colour: khác với hóa đơn\n", "To be answered by: 10:00 25/12/2026"];
        assert_says(&SupplementWords { slip: &slip, grounds: &[ground] }, &vi, &en);
    }
}
