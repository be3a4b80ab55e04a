//! Slips in words: a template with its places filled, in either language of the counter.

mod acceptance;
mod apology;
mod denial;
mod refusal;
mod stop;
mod supplement;

use chassis::clock::VIETNAM;
use jiff::Timestamp;
use jiff::civil::Date;

use super::Ground;
use crate::bilingual::Bilingual;

pub use acceptance::{AcceptanceWords, PaperWords};
pub use denial::DenialWords;
pub use refusal::RefusalWords;
pub use supplement::SupplementWords;

/// A language of the counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// What every slip says of its dossier, gathered when it is read.
#[derive(Clone, Debug)]
pub struct Head {
    /// Dossier code.
    pub code: String,
    /// What the agency is called.
    pub agency: Bilingual,
    /// The applicant's name; empty where the form names none.
    pub applicant: String,
    /// Name of the procedure.
    pub procedure: Bilingual,
    /// When it was submitted.
    pub submitted_at: Option<Timestamp>,
}

/// What a slip of one kind says besides.
pub trait Words {
    /// Its template: lines, each with one place at its end at most.
    fn template(&self, language: Language) -> &'static str;

    /// What fills a place of its own; none if it has no such place.
    fn place(&self, name: &str, language: Language) -> Option<String>;
}

/// The slip as plain text. What is filled in is never read as a place again.
pub fn words(head: &Head, slip: &impl Words, language: Language) -> String {
    let template = slip.template(language);
    let mut text = String::with_capacity(template.len() * 2);
    for line in template.lines() {
        match line.split_once('{') {
            Some((before, place)) => {
                let name = place.trim_end_matches('}');
                let said = head.place(name, language).or_else(|| slip.place(name, language));
                text.push_str(before);
                text.push_str(&said.unwrap_or_else(|| format!("{{{name}}}")));
            }
            None => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

impl Head {
    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "code" => self.code.clone(),
            "agency" => language.in_bilingual(&self.agency).to_owned(),
            "applicant" => or_dash(&self.applicant),
            "procedure" => language.in_bilingual(&self.procedure).to_owned(),
            "submitted" => self.submitted_at.map_or_else(|| "—".into(), instant),
            _ => return None,
        })
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

/// A ground as an item of a list; what the officer wrote on several lines stands indented.
fn item(ground: &Ground, language: Language) -> String {
    let title = language.in_bilingual(&ground.title);
    let text = ground.text.lines().collect::<Vec<_>>().join("\n  ");
    if text.is_empty() { format!("- {title}") } else { format!("- {title}: {text}") }
}

fn or_dash(text: &str) -> String {
    if text.is_empty() { "—".into() } else { text.to_owned() }
}

/// As the counter writes it, in Vietnam's time.
fn instant(at: Timestamp) -> String {
    VIETNAM.to_datetime(at).strftime("%H:%M %d/%m/%Y").to_string()
}

fn day(day: Date) -> String {
    day.strftime("%d/%m/%Y").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An invented dossier whose applicant is called like a place.
    pub fn head() -> Head {
        Head {
            code: "H29.26.860-20261125-0000001".into(),
            agency: Bilingual::new("Phường Thủ Đức", "Thu Duc Ward"),
            applicant: "{code}".into(),
            procedure: Bilingual::new("Đăng ký xe", "Register a vehicle"),
            submitted_at: Some("2026-11-24T09:30:00Z".parse().expect("an instant")),
        }
    }

    /// The slip in both languages, each of which says all of this and leaves no place open.
    pub fn assert_says(slip: &impl Words, vi: &[&str], en: &[&str]) {
        for (language, all) in [(Language::Vi, vi), (Language::En, en)] {
            let text = words(&head(), slip, language);
            for said in all {
                assert!(text.contains(said), "{said}\n{text}");
            }
            assert!(!text.replacen("{code}", "", 1).contains('{'), "a place stayed open\n{text}");
        }
    }
}
