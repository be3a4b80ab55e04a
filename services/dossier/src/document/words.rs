//! The slip of acceptance in words.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::AcceptanceSlip;
use crate::bilingual::Bilingual;
use crate::dossier::VIETNAM;

const VI: &str = include_str!("../../data/slips/acceptance.vi.txt");
const EN: &str = include_str!("../../data/slips/acceptance.en.txt");

/// A language of the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// What a slip of acceptance says, gathered when it is read.
#[derive(Clone, Debug)]
pub struct SlipWords<'a> {
    /// Dossier code.
    pub code: &'a str,
    /// What the agency is called.
    pub agency: &'a Bilingual,
    /// The applicant's name; empty where the form names none.
    pub applicant: &'a str,
    /// Name of the procedure.
    pub procedure: &'a Bilingual,
    /// Papers by name, with how many files each has.
    pub papers: Vec<(&'a Bilingual, u32)>,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
    /// What acceptance told.
    pub slip: &'a AcceptanceSlip,
}

/// The slip as plain text: the template with every place filled. What is filled in is never read as a place again.
pub fn words(slip: &SlipWords<'_>, language: Language) -> String {
    let template = language.of(VI, EN);
    let mut text = String::with_capacity(template.len() * 2);
    for line in template.lines() {
        match line.split_once('{') {
            Some((before, place)) => {
                text.push_str(before);
                text.push_str(&slip.place(place.trim_end_matches('}'), language));
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

impl SlipWords<'_> {
    fn place(&self, name: &str, language: Language) -> String {
        let or_dash = |text: &str| if text.is_empty() { "—".into() } else { text.to_owned() };
        match name {
            "code" => self.code.to_owned(),
            "agency" => language.in_bilingual(self.agency).to_owned(),
            "applicant" => or_dash(self.applicant),
            "procedure" => language.in_bilingual(self.procedure).to_owned(),
            "papers" => or_dash(&self.papers(language)),
            "submitted" => self.submitted_at.map_or_else(|| "—".into(), instant),
            "accepted" => instant(self.slip.accepted_at),
            "received" => self.slip.received_on.map_or_else(|| "—".into(), day),
            "due" => instant(self.slip.due_at),
            "fees" => self.fees(language),
            other => format!("{{{other}}}"),
        }
    }

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

impl Language {
    fn of<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    fn in_bilingual(self, text: &Bilingual) -> &str {
        self.of(&text.vi, &text.en)
    }
}

/// As the counter writes it, in Vietnam's time.
fn instant(at: Timestamp) -> String {
    TimeZone::fixed(VIETNAM).to_datetime(at).strftime("%H:%M %d/%m/%Y").to_string()
}

fn day(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
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
    use super::*;

    #[test]
    fn the_slip_says_what_was_promised_in_both_languages() {
        let procedure = Bilingual::new("Đăng ký xe", "Register a vehicle");
        let agency = Bilingual::new("Phường Thủ Đức", "Thu Duc Ward");
        let invoice = Bilingual::new("Hóa đơn", "Invoice");
        let slip = AcceptanceSlip {
            accepted_at: "2026-11-25T03:00:00Z".parse().unwrap(),
            received_on: Some(Date::constant(2026, 11, 25)),
            due_at: "2026-11-27T03:00:00Z".parse().unwrap(),
            fees: vec![1_400_000, 999],
        };
        let slip = SlipWords {
            code: "H29.26.860-20261125-0000001",
            agency: &agency,
            applicant: "{code}",
            procedure: &procedure,
            papers: vec![(&invoice, 2)],
            submitted_at: Some("2026-11-24T09:30:00Z".parse().unwrap()),
            slip: &slip,
        };
        let vi = words(&slip, Language::Vi);
        for said in [
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
        ] {
            assert!(vi.contains(said), "{said}\n{vi}");
        }
        let en = words(&slip, Language::En);
        assert!(en.contains("Procedure: Register a vehicle\n"), "{en}");
        assert!(en.contains("Agency: Thu Duc Ward\n"), "{en}");
        assert!(!en.replace("Applicant: {code}", "").contains('{'), "a place stayed open\n{en}");
    }

    #[test]
    fn sums_are_read_in_groups() {
        let sums = [0, 7, 999, 1_000, 150_000, 1_400_000].map(grouped);
        assert_eq!(sums, ["0", "7", "999", "1.000", "150.000", "1.400.000"]);
    }
}
