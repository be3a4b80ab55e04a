//! Filters of lists: `field = value`, joined by `AND` (a small part of AIP-160).

use crate::refusal::Refusal;

/// The longest filter, in bytes.
pub const LONGEST: usize = 300;

/// The terms of a filter, each field once, as they are taken out by those who know the fields.
pub struct Terms<'a> {
    terms: Vec<(&'a str, &'a str)>,
    shape: &'static str,
}

impl<'a> Terms<'a> {
    /// Reads a filter; `shape` tells a caller what it can be.
    ///
    /// # Errors
    /// It is too long, has another form, or names a field twice.
    pub fn read(text: &'a str, shape: &'static str) -> Result<Self, Refusal> {
        let wrong = || malformed(shape);
        if text.len() > LONGEST {
            return Err(wrong());
        }
        let mut terms: Vec<(&str, &str)> = Vec::new();
        for term in text.split(" AND ").map(str::trim).filter(|_| !text.trim().is_empty()) {
            let (field, value) = term.split_once('=').ok_or_else(wrong)?;
            let (field, value) = (field.trim(), value.trim());
            if terms.iter().any(|(known, _)| *known == field) {
                return Err(wrong());
            }
            terms.push((field, value));
        }
        Ok(Self { terms, shape })
    }

    /// Takes the value of a field, if the filter has it.
    ///
    /// # Errors
    /// `read` makes nothing of the value.
    pub fn take<T>(
        &mut self,
        field: &str,
        read: impl FnOnce(&'a str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(place) = self.terms.iter().position(|(known, _)| *known == field) else {
            return Ok(None);
        };
        let (_, value) = self.terms.remove(place);
        read(value).map(Some).ok_or_else(|| malformed(self.shape))
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// A field is left that nobody took.
    pub fn end(self) -> Result<(), Refusal> {
        if self.terms.is_empty() { Ok(()) } else { Err(malformed(self.shape)) }
    }
}

fn malformed(shape: &str) -> Refusal {
    Refusal::field(
        "filter",
        "FILTER_MALFORMED",
        format!(
            "Để trống bộ lọc, hoặc nối bằng ` AND ` các điều kiện sau, mỗi điều kiện một lần: {shape}; tối đa {LONGEST} byte."
        ),
        format!(
            "Leave the filter empty, or join these terms by ` AND `, each once: {shape}; at most {LONGEST} bytes."
        ),
    )
}

/// What stands between quotation marks.
pub fn quoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains(['"', '\\', '\0']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(Option<String>, Option<bool>)> {
        let mut terms = Terms::read(text, "shape").ok()?;
        let step = terms.take("step", |value| quoted(value).map(ToOwned::to_owned)).ok()?;
        let late = terms.take("late", |value| (value == "true").then_some(true)).ok()?;
        terms.end().ok().map(|()| (step, late))
    }

    #[test]
    fn a_filter_is_read_whole_or_refused() {
        let sign = Some("sign".to_owned());
        for (text, told) in [
            ("", Some((None, None))),
            ("  ", Some((None, None))),
            (r#"step = "sign""#, Some((sign.clone(), None))),
            (r#"step="sign" AND late = true"#, Some((sign.clone(), Some(true)))),
            (r#"late = true  AND  step = "sign""#, Some((sign, Some(true)))),
            ("late = perhaps", None),
            ("late", None),
            ("late = true AND", None),
            ("late = true AND late = true", None),
            ("late = true OR step = \"sign\"", None),
            (r#"step = "a"b""#, None),
            ("step = sign", None),
            ("colour = red", None),
            (" AND ", None),
        ] {
            assert_eq!(read(text), told, "{text}");
        }
        assert_eq!(read(&format!("late = true{}", " ".repeat(LONGEST))), None);
    }
}
