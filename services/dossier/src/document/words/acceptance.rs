//! The slip of acceptance in words.

use super::{Language, Words, day, instant, or_dash};
use crate::bilingual::Bilingual;
use crate::document::AcceptanceSlip;
use crate::dossier::Visitor;

const VI: &str = include_str!("../../../data/slips/acceptance.vi.txt");
const EN: &str = include_str!("../../../data/slips/acceptance.en.txt");

/// What a slip of acceptance says.
#[derive(Clone, Debug)]
pub struct AcceptanceWords<'a> {
    /// What acceptance told.
    pub slip: &'a AcceptanceSlip,
    /// Papers that were handed in.
    pub papers: Vec<PaperWords<'a>>,
    /// Who brought it to the counter; none where it was filed online.
    pub visitor: Option<Visitor>,
}

/// What a slip says of a paper.
#[derive(Clone, Copy, Debug)]
pub struct PaperWords<'a> {
    /// What it is called.
    pub name: &'a Bilingual,
    /// How many files it has.
    pub files: u32,
    /// They were compared with the original.
    pub compared: bool,
}

impl Words for AcceptanceWords<'_> {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "filed" => self.filed(language).into(),
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
        let unit = language.of("tệp", "file(s)");
        let original = language.of(", đã đối chiếu bản chính", ", compared with the original");
        let line = |PaperWords { name, files, compared }: &PaperWords<'_>| {
            let compared = if *compared { original } else { "" };
            format!("- {}: {files} {unit}{compared}", language.in_bilingual(name))
        };
        self.papers.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    fn filed(&self, language: Language) -> &'static str {
        match self.visitor {
            None => language.of("trực tuyến", "online"),
            Some(Visitor::Owner) => {
                language.of("tại quầy, do chủ hồ sơ nộp", "at the counter, by its owner")
            }
            Some(Visitor::Representative) => language
                .of("tại quầy, do người được ủy quyền nộp", "at the counter, by a representative"),
        }
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
            "- Hóa đơn: 2 tệp\n",
            "Cách nộp: trực tuyến",
            "Nộp lúc: 16:30 24/11/2026",
            "Tiếp nhận lúc: 10:00 25/11/2026",
            "Ngày tiếp nhận: 25/11/2026",
            "Hẹn trả kết quả: 10:00 27/11/2026",
            "1.400.000 VND + 999 VND",
        ];
        let en =
            ["Procedure: Register a vehicle\n", "Agency: Thu Duc Ward\n", "- Invoice: 2 file(s)"];
        let paper = |compared| vec![PaperWords { name: &invoice, files: 2, compared }];
        let online = AcceptanceWords { slip: &slip, papers: paper(false), visitor: None };
        assert_says(&online, &vi, &en);
        let at_counter =
            |visitor| AcceptanceWords { slip: &slip, papers: paper(true), visitor: Some(visitor) };
        for (visitor, vi, en) in [
            (Visitor::Owner, "do chủ hồ sơ nộp", "by its owner"),
            (Visitor::Representative, "do người được ủy quyền nộp", "by a representative"),
        ] {
            let vi = ["- Hóa đơn: 2 tệp, đã đối chiếu bản chính", vi];
            let en = ["- Invoice: 2 file(s), compared with the original", en];
            assert_says(&at_counter(visitor), &vi, &en);
        }
    }

    #[test]
    fn sums_are_read_in_groups() {
        let sums = [0, 7, 999, 1_000, 150_000, 1_400_000].map(grouped);
        assert_eq!(sums, ["0", "7", "999", "1.000", "150.000", "1.400.000"]);
    }
}
