//! The notice that a withdrawal was denied, in words.

use super::{Language, Words, instant};
use crate::document::{Ground, WithdrawalDenial};

const VI: &str = include_str!("../../../data/slips/denial.vi.txt");
const EN: &str = include_str!("../../../data/slips/denial.en.txt");

/// What a notice that a withdrawal was denied says.
#[derive(Clone, Debug)]
pub struct DenialWords<'a> {
    /// What was denied.
    pub slip: &'a WithdrawalDenial,
    /// Why.
    pub grounds: &'a [Ground],
}

impl Words for DenialWords<'_> {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, _: Language) -> Option<String> {
        Some(match name {
            "denied" => instant(self.slip.denied_at),
            "reason" => self.reason(),
            _ => return None,
        })
    }
}

impl DenialWords<'_> {
    /// What the officer wrote.
    pub fn reason(&self) -> String {
        let texts = self.grounds.iter().map(|ground| ground.text.as_str());
        texts.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bilingual::Bilingual;
    use crate::document::words::tests::assert_says;

    #[test]
    fn the_notice_says_when_and_why() {
        let denied_at = "2026-11-25T03:00:00Z".parse().unwrap();
        let slip = WithdrawalDenial { denied_at, grounds: "cases/x/grounds/1".into() };
        let (title, text) = (Bilingual::new("", ""), "Kết quả đã trình ký.".into());
        let grounds = [Ground { subject: "withdrawal".into(), title, text }];
        let vi = ["Quyết định lúc: 10:00 25/11/2026", "Kết quả đã trình ký.\n"];
        let en = ["Decided: 10:00 25/11/2026", "Kết quả đã trình ký.\n"];
        assert_says(&DenialWords { slip: &slip, grounds: &grounds }, &vi, &en);
    }
}
