//! What messages say, as data.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use thiserror::Error;

const TEMPLATES: &str = include_str!("../data/templates.yaml");

/// A language people are written to in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// A place in a text that something is put into, written `{code}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// A one-time code, or a dossier's.
    Code,
    /// When a result is due.
    Due,
    /// The number of an invoice.
    Number,
    /// An amount with its currency.
    Total,
    /// How much came, with its currency.
    Amount,
    /// How much is still to be paid, with its currency.
    Outstanding,
    /// The end of a period.
    Until,
    /// The item number of a parcel.
    Item,
    /// What an agency is called.
    Agency,
}

impl Place {
    /// How it is written between braces.
    const fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Due => "due",
            Self::Number => "number",
            Self::Total => "total",
            Self::Amount => "amount",
            Self::Outstanding => "outstanding",
            Self::Until => "until",
            Self::Item => "item",
            Self::Agency => "agency",
        }
    }
}

/// Templates that cannot be used.
#[derive(Debug, Error)]
pub enum TemplateError {
    /// Not the YAML it should be; the source names line and column.
    #[error("templates.yaml cannot be read: {0}")]
    Unreadable(#[from] serde_norway::Error),
    /// A text does not have exactly the places it declares.
    #[error(
        "templates.yaml, {id}, {language}: the text has the places {found:?}, declared are {declared:?}"
    )]
    Places {
        /// The template.
        id: String,
        /// `vi` or `en`.
        language: &'static str,
        /// What the text has.
        found: BTreeSet<String>,
        /// What it should have.
        declared: BTreeSet<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    id: String,
    places: BTreeSet<Place>,
    vi: String,
    en: String,
}

/// All templates by id.
#[derive(Debug)]
pub struct Templates(BTreeMap<String, Template>);

impl Templates {
    /// Those the program comes with.
    pub fn load() -> Result<Self, TemplateError> {
        Self::from_yaml(TEMPLATES)
    }

    fn from_yaml(text: &str) -> Result<Self, TemplateError> {
        let templates: Vec<Template> = serde_norway::from_str(text)?;
        for template in &templates {
            let declared: BTreeSet<String> =
                template.places.iter().map(|place| place.name().to_owned()).collect();
            for (language, text) in [("vi", &template.vi), ("en", &template.en)] {
                let found = places(text);
                if found != declared {
                    let id = template.id.clone();
                    return Err(TemplateError::Places { id, language, found, declared });
                }
            }
        }
        Ok(Self(templates.into_iter().map(|one| (one.id.clone(), one)).collect()))
    }

    /// The text of a template with its places filled; none if there is no such template.
    pub fn text(&self, id: &str, language: Language, fill: &[(Place, String)]) -> Option<String> {
        let template = self.0.get(id)?;
        let text = match language {
            Language::Vi => &template.vi,
            Language::En => &template.en,
        };
        let filled = fill.iter().fold(text.clone(), |text, (place, value)| {
            text.replace(&format!("{{{}}}", place.name()), value)
        });
        Some(filled)
    }
}

fn places(text: &str) -> BTreeSet<String> {
    let opened = text.split('{').skip(1);
    opened.filter_map(|rest| Some(rest.split_once('}')?.0.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_in_both_languages() {
        let templates = Templates::load().expect("sound");
        for language in [Language::Vi, Language::En] {
            let text = templates.text("one_time_code", language, &[(Place::Code, "123456".into())]);
            assert!(text.is_some_and(|text| text.contains("123456") && !text.contains('{')));
        }
    }

    #[test]
    fn a_place_that_is_not_declared_is_named() {
        let yaml = "- id: x\n  places: [code]\n  vi: '{code}'\n  en: '{cod}'\n";
        let error = Templates::from_yaml(yaml).expect_err("refused").to_string();
        assert!(error.contains("x, en") && error.contains("cod"), "{error}");
    }

    #[test]
    fn a_place_that_nothing_fills_is_refused() {
        let yaml = "- id: x\n  places: [colour]\n  vi: '{colour}'\n  en: '{colour}'\n";
        let error = Templates::from_yaml(yaml).expect_err("refused").to_string();
        assert!(error.contains("colour"), "{error}");
    }
}
