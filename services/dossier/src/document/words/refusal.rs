//! The slip of refusal in words.

use super::{Language, Words, instant, item};
use crate::document::{Ground, RefusalSlip};

const VI: &str = include_str!("../../../data/slips/refusal.vi.txt");
const EN: &str = include_str!("../../../data/slips/refusal.en.txt");

/// What a slip of refusal says.
#[derive(Clone, Debug)]
pub struct RefusalWords<'a> {
    /// What the refusal told.
    pub slip: &'a RefusalSlip,
    /// Why.
    pub grounds: &'a [Ground],
}

impl Words for RefusalWords<'_> {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "refused" => instant(self.slip.refused_at),
            "reasons" => {
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
    fn the_slip_says_why_in_both_languages() {
        let ground = |vi: &str, en: &str, text: &str| Ground {
            subject: "other".into(),
            title: Bilingual::new(vi, en),
            text: text.into(),
        };
        let grounds = [
            ground("Không thuộc thẩm quyền", "Not competent", ""),
            ground("Lý do khác", "Another reason", "thiếu trang 2\ncủa hóa đơn"),
        ];
        let slip = RefusalSlip {
            refused_at: "2026-11-25T03:00:00Z".parse().unwrap(),
            reasons: vec!["not_competent".into(), "other".into()],
            grounds: "cases/x/grounds/1".into(),
        };
        let vi = [
            "Người nộp: {code}",
            "Từ chối lúc: 10:00 25/11/2026",
            "- Không thuộc thẩm quyền\n- Lý do khác: thiếu trang 2\n  của hóa đơn\n",
        ];
        let en =
            ["Procedure: Register a vehicle\n", "- Not competent\n- Another reason: thiếu trang 2"];
        assert_says(&RefusalWords { slip: &slip, grounds: &grounds }, &vi, &en);
    }
}
