//! What there is to tell the owner of a dossier.

use jiff::Timestamp;
use jiff::tz::{TimeZone, offset};
use serde::{Deserialize, Serialize};

use crate::template::Language;

/// Vietnam has kept this offset since 1975, without summer time.
const VIETNAM: TimeZone = TimeZone::fixed(offset(7));

/// Something that happened to a dossier and that its owner is told. No personal data: it is kept until it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It was accepted: the date of return is promised.
    DossierAccepted {
        /// The dossier's code.
        code: String,
        /// When the result is due.
        due_at: Timestamp,
    },
}

impl Notice {
    /// The template that says it.
    pub fn template(&self) -> &'static str {
        match self {
            Self::DossierAccepted { .. } => "dossier_accepted",
        }
    }

    /// What fills the places of the template.
    pub fn places(&self, language: Language) -> Vec<(&'static str, String)> {
        match self {
            Self::DossierAccepted { code, due_at } => {
                vec![("code", code.clone()), ("due", moment(*due_at, language))]
            }
        }
    }
}

/// A moment by Vietnam's clocks, to the minute.
fn moment(at: Timestamp, language: Language) -> String {
    let form = match language {
        Language::Vi => "%H:%M ngày %d/%m/%Y",
        Language::En => "%H:%M on %-d %B %Y",
    };
    at.to_zoned(VIETNAM).strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Templates;

    fn accepted() -> Notice {
        let due_at = "2026-12-02T10:00:00Z".parse().expect("an instant");
        Notice::DossierAccepted { code: "G22.99.00101-261125-0001".into(), due_at }
    }

    #[test]
    fn a_promise_is_told_by_the_clocks_of_vietnam() {
        let templates = Templates::load().expect("sound");
        for (language, due) in
            [(Language::Vi, "17:00 ngày 02/12/2026"), (Language::En, "17:00 on 2 December 2026")]
        {
            let notice = accepted();
            let text = templates.text(notice.template(), language, &notice.places(language));
            let text = text.expect("a template");
            assert!(text.contains(due) && text.contains("G22.99.00101-261125-0001"), "{text}");
            assert!(!text.contains('{'), "{text}");
        }
    }

    #[test]
    fn a_notice_that_waits_is_read_again() {
        let written = serde_json::to_value(accepted()).expect("plain data");
        assert_eq!(serde_json::from_value::<Notice>(written).expect("the same"), accepted());
    }
}
