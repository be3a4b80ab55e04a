//! What is wrong with an answer, in words.

use std::fmt;

use chassis::text::is_one_plain_line;
use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as Kind;
use serde_json::Value;

use super::answers::{DEEPEST_STEP, LARGEST_STEP};
use super::dialect::is_identifier;
use crate::bilingual::Bilingual;

/// Unknown fields that are told one by one.
const MOST_UNKNOWN: usize = 16;

/// One thing to put right. It holds nothing of what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where: `step id.property`, as deep as needed; the step's id alone for the step as a whole,
    /// and empty for the form as a whole.
    pub field: String,
    /// Why, for programs.
    pub reason: Reason,
    /// Why, and the remedy, for people.
    pub text: Bilingual,
}

/// Why an answer is refused, the most basic first: where a field breaks several, the first is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// More bytes than a step may have.
    TooLarge,
    /// Nested deeper than a step may be.
    TooDeep,
    /// Text where a number is asked for, or the like.
    WrongType,
    /// Nothing is answered.
    Required,
    /// The form has no such field.
    UnknownField,
    /// None of the choices.
    NotInList,
    /// Fewer characters than needed.
    TooShort,
    /// More characters than fit.
    TooLong,
    /// A number below or above the bounds.
    OutOfRange,
    /// A character that people do not see: a control, or one that only formats.
    HiddenCharacter,
    /// Not written in the expected way.
    Pattern,
    /// A day that is still to come.
    InFuture,
    /// Contradicts another answer.
    Disagrees,
}

impl Reason {
    /// The stable word for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "TOO_LARGE",
            Self::TooDeep => "TOO_DEEP",
            Self::WrongType => "WRONG_TYPE",
            Self::Required => "REQUIRED",
            Self::UnknownField => "UNKNOWN_FIELD",
            Self::NotInList => "NOT_IN_LIST",
            Self::TooShort => "TOO_SHORT",
            Self::TooLong => "TOO_LONG",
            Self::OutOfRange => "OUT_OF_RANGE",
            Self::HiddenCharacter => "HIDDEN_CHARACTER",
            Self::Pattern => "PATTERN",
            Self::InFuture => "IN_FUTURE",
            Self::Disagrees => "DISAGREES",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Violation {
    /// Says `problem` of the field that `schema` describes, between its title and description.
    pub(super) fn at(field: String, schema: &Value, reason: Reason, problem: Bilingual) -> Self {
        let say = |title: &str, problem: &str, description: &str| {
            let word = |key: &str| schema[key].as_str().unwrap_or_default();
            format!("{}: {problem}. {}", word(title), word(description))
        };
        let vi = say("x-title-vi", &problem.vi, "x-description-vi");
        let en = say("title", &problem.en, "description");
        Self { field, reason, text: Bilingual { vi, en } }
    }

    /// The answers hold a step the form has not. Its name is not repeated: anyone may have sent it.
    pub(super) fn unknown_step() -> Self {
        let vi = "Biểu mẫu không có bước này; hãy bỏ bước không có trong biểu mẫu.";
        let en = "The form has no such step; please leave out steps it does not have.";
        let text = Bilingual::new(vi, en);
        Self { field: String::new(), reason: Reason::UnknownField, text }
    }
}

/// The words for a bound that a whole step breaks.
pub(super) fn bound(bound: Reason) -> Bilingual {
    if bound == Reason::TooDeep {
        let vi = format!("lồng quá sâu; tối đa {DEEPEST_STEP} tầng");
        return Bilingual::new(vi, format!("nested too deep; at most {DEEPEST_STEP} levels"));
    }
    let kib = LARGEST_STEP / 1024;
    Bilingual::new(format!("quá dài; tối đa {kib} KiB"), format!("too long; at most {kib} KiB"))
}

/// The violations behind one error of the schema of the step `id`: one, but for unknown fields.
pub(super) fn of(error: &ValidationError<'_>, id: &str, schema: &Value) -> Vec<Violation> {
    let place = Place::of(error.instance_path().as_str(), id, schema);
    match error.kind() {
        Kind::AdditionalProperties { unexpected } => {
            unexpected.iter().take(MOST_UNKNOWN).map(|name| place.unknown(name)).collect()
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            vec![place.child(name).says(
                Reason::Required,
                "hãy điền mục này",
                "please fill this in",
            )]
        }
        kind => vec![place.breach(kind)],
    }
}

/// The fields whose text holds what people do not see.
pub(super) fn hidden(answers: &Value, id: &str, schema: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    Place::of("", id, schema).find_hidden(answers, &mut found);
    found
}

/// A field and the schema that describes it.
struct Place<'a> {
    field: String,
    schema: &'a Value,
}

impl<'a> Place<'a> {
    /// `pointer` leads only through properties the schema knows: it looks into no others.
    fn of(pointer: &str, id: &str, schema: &'a Value) -> Self {
        let step = Self { field: id.to_owned(), schema };
        pointer.split('/').skip(1).fold(step, |place, name| place.child(name))
    }

    fn child(&self, name: &str) -> Self {
        let field = format!("{}.{name}", self.field);
        Self { field, schema: &self.schema["properties"][name] }
    }

    fn says(self, reason: Reason, vi: impl Into<String>, en: impl Into<String>) -> Violation {
        Violation::at(self.field, self.schema, reason, Bilingual::new(vi, en))
    }

    /// Looks into the fields that the schema knows; an unknown one is refused whatever it holds.
    fn find_hidden(self, answer: &Value, found: &mut Vec<Violation>) {
        match answer {
            Value::String(text) if !is_one_plain_line(text) => found.push(self.says(
                Reason::HiddenCharacter,
                "có ký tự ẩn hoặc xuống dòng; hãy gõ lại bằng tay",
                "there is a hidden character or a line break; please type it again",
            )),
            Value::Object(fields) => {
                let known = |(name, _): &(&String, &Value)| {
                    self.schema["properties"].get(name.as_str()).is_some()
                };
                for (name, field) in fields.iter().filter(known) {
                    self.child(name).find_hidden(field, found);
                }
            }
            _ => {}
        }
    }

    /// A name that is no identifier is not repeated: it may be anything, an answer even.
    fn unknown(&self, name: &str) -> Violation {
        let field =
            if is_identifier(name) { format!("{}.{name}", self.field) } else { self.field.clone() };
        Self { field, schema: self.schema }.says(
            Reason::UnknownField,
            "có mục không thuộc biểu mẫu; hãy bỏ mục ấy",
            "there is a field the form does not have; please leave it out",
        )
    }

    /// The dialect admits no other kinds than these; what is left is a pattern or a format.
    fn breach(self, kind: &Kind) -> Violation {
        match kind {
            Kind::Type { .. } => {
                let (vi, en) = type_asked_for(self.schema);
                self.says(Reason::WrongType, vi, en)
            }
            Kind::Enum { .. } | Kind::Constant { .. } => {
                let vi = "không có lựa chọn này; hãy chọn lại";
                self.says(
                    Reason::NotInList,
                    vi,
                    "this is not one of the choices; please choose again",
                )
            }
            Kind::MinLength { limit } => {
                let vi = format!("quá ngắn; cần ít nhất {limit} ký tự");
                self.says(Reason::TooShort, vi, format!("too short; at least {limit} characters"))
            }
            Kind::MaxLength { limit } => {
                let vi = format!("quá dài; tối đa {limit} ký tự");
                self.says(Reason::TooLong, vi, format!("too long; at most {limit} characters"))
            }
            Kind::Minimum { limit } => {
                let vi = format!("quá nhỏ; từ {limit} trở lên");
                self.says(Reason::OutOfRange, vi, format!("too small; {limit} or more"))
            }
            Kind::Maximum { limit } => {
                let vi = format!("quá lớn; không quá {limit}");
                self.says(Reason::OutOfRange, vi, format!("too large; {limit} or less"))
            }
            _ => {
                let vi = "chưa đúng cách ghi; hãy sửa lại";
                self.says(Reason::Pattern, vi, "not written as expected; please correct it")
            }
        }
    }
}

fn type_asked_for(schema: &Value) -> (&'static str, &'static str) {
    match schema["type"].as_str() {
        Some("integer") => ("sai kiểu; cần một số nguyên", "wrong type; give a whole number"),
        Some("boolean") => ("sai kiểu; cần có hoặc không", "wrong type; give true or false"),
        Some("string") => ("sai kiểu; cần chữ", "wrong type; give text"),
        _ => ("sai kiểu; cần các mục của nó", "wrong type; give its fields"),
    }
}
