//! The notice of stopped processing in words.

use proto::motcua::r#type::v1::StopReason;

use super::{Language, Words, instant};
use crate::document::StopSlip;

const VI: &str = include_str!("../../../data/slips/stop.vi.txt");
const EN: &str = include_str!("../../../data/slips/stop.en.txt");

impl Words for StopSlip {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "stopped" => instant(self.stopped_at),
            "reason" => why(self.reason, language).to_owned(),
            _ => return None,
        })
    }
}

fn why(reason: StopReason, language: Language) -> &'static str {
    match reason {
        StopReason::Unspecified => "—",
        StopReason::FeeLapsed => {
            language.of("quá hạn nộp phí, lệ phí", "the fee was not paid in time")
        }
        StopReason::SupplementLapsed => {
            language.of("quá hạn bổ sung hồ sơ", "the supplement was not answered in time")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::words::tests::assert_says;

    #[test]
    fn the_notice_says_since_when_and_why() {
        let stopped_at = "2026-12-25T03:00:00Z".parse().unwrap();
        let of = |reason| StopSlip { stopped_at, reason };
        let late = ["Dừng từ: 10:00 25/12/2026", "Lý do: quá hạn bổ sung hồ sơ"];
        assert_says(&of(StopReason::SupplementLapsed), &late, &["Why: the supplement was not"]);
        assert_says(&of(StopReason::FeeLapsed), &["Lý do: quá hạn nộp"], &["Why: the fee was not"]);
    }
}
