//! The slip of acceptance in words.

use super::{Language, Words, day, instant, or_dash};
use crate::bilingual::Bilingual;
use crate::document::AcceptanceSlip;

const VI: &str = include_str!("../../../data/slips/acceptance.vi.txt");
const EN: &str = include_str!("../../../data/slips/acceptance.en.txt");

/// What a slip of acceptance says.
#[derive(Clone, Debug)]
pub struct AcceptanceWords<'a> {
    /// What acceptance told.
    pub slip: &'a AcceptanceSlip,
    /// Papers by name, with how many files each has.
    pub papers: Vec<(&'a Bilingual, u32)>,
}

impl Words for AcceptanceWords<'_> {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "papers" => or_dash(&self.papers(language)),
            "accepted" => instant(self.slip.accepted_at),
            "received" => self.slip.received_on.map_or_else(|| "—".into(), day),
            "due" => instant(self.slip.due_at),
            "fees" => self.fees(language),
            _ => return None,
        })
    }
}

impl AcceptanceWords<'_> {
    fn papers(&self, language: Language) -> String {
        let files = language.of("tệp", "file(s)");
        let line = |(name, count): &(&Bilingual, u32)| {
            format!("- {}: {count} {files}", language.in_bilingual(name))
        };
        self.papers.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn fees(&self, language: Language) -> String {
        if self.slip.fees.is_empty() {
            return language.of("chưa có", "none").into();
        }
        let sums = self.slip.fees.iter().map(|sum| format!("{} VND", grouped(*sum)));
        sums.collect::<Vec<_>>().join(" + ")
    }
}

/// Digits in groups of three, as both languages read them: `1.400.000`.
fn grouped(sum: i64) -> String {
    let digits = sum.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::Date;

    use super::*;
    use crate::document::words::tests::assert_says;

    #[test]
    fn the_slip_says_what_was_promised_in_both_languages() {
        let invoice = Bilingual::new("Hóa đơn", "Invoice");
        let slip = AcceptanceSlip {
            accepted_at: "2026-11-25T03:00:00Z".parse().unwrap(),
            received_on: Some(Date::constant(2026, 11, 25)),
            due_at: "2026-11-27T03:00:00Z".parse().unwrap(),
            fees: vec![1_400_000, 999],
        };
        let vi = [
            "Mã hồ sơ: H29.26.860-20261125-0000001",
            "Cơ quan tiếp nhận: Phường Thủ Đức",
            "Người nộp: {code}",
            "Thủ tục: Đăng ký xe",
            "- Hóa đơn: 2 tệp",
            "Nộp lúc: 16:30 24/11/2026",
            "Tiếp nhận lúc: 10:00 25/11/2026",
            "Ngày tiếp nhận: 25/11/2026",
            "Hẹn trả kết quả: 10:00 27/11/2026",
            "1.400.000 VND + 999 VND",
        ];
        let en =
            ["Procedure: Register a vehicle\n", "Agency: Thu Duc Ward\n", "- Invoice: 2 file(s)"];
        let slip = AcceptanceWords { slip: &slip, papers: vec![(&invoice, 2)] };
        assert_says(&slip, &vi, &en);
    }

    #[test]
    fn sums_are_read_in_groups() {
        let sums = [0, 7, 999, 1_000, 150_000, 1_400_000].map(grouped);
        assert_eq!(sums, ["0", "7", "999", "1.000", "150.000", "1.400.000"]);
    }
}
