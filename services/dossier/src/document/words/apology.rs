//! The apology for a late result in words.

use proto::motcua::access::v1::Role;

use super::{Language, Words, instant};
use crate::document::ApologySlip;

const VI: &str = include_str!("../../../data/slips/apology.vi.txt");
const EN: &str = include_str!("../../../data/slips/apology.en.txt");

impl Words for ApologySlip {
    fn template(&self, language: Language) -> &'static str {
        language.of(VI, EN)
    }

    fn place(&self, name: &str, language: Language) -> Option<String> {
        Some(match name {
            "due" => instant(self.due_at),
            "told" => instant(self.told_at),
            "reason" => why(self.lies_with, language).to_owned(),
            "new_due" => self.new_due_at.map_or_else(|| no_date(language).into(), instant),
            _ => return None,
        })
    }
}

/// Why it is late, as far as it is known: with whom it lies.
fn why(lies_with: Role, language: Language) -> &'static str {
    match lies_with {
        Role::Receiving => language.of(
            "bộ phận một cửa chưa xử lý xong hồ sơ",
            "the one-stop desk is not done with the dossier",
        ),
        Role::Signing => language.of("kết quả chưa được ký", "the result is not signed yet"),
        _ => language.of("hồ sơ chưa được xử lý xong", "processing is not done yet"),
    }
}

fn no_date(language: Language) -> &'static str {
    language.of("cơ quan sẽ báo sau", "the agency will tell it later")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::words::tests::assert_says;

    #[test]
    fn the_apology_says_why_and_the_new_date() {
        let slip = ApologySlip {
            told_at: "2026-11-27T10:00:01Z".parse().unwrap(),
            due_at: "2026-11-27T10:00:00Z".parse().unwrap(),
            new_due_at: Some("2026-12-01T10:00:00Z".parse().unwrap()),
            lies_with: Role::Signing,
        };
        let vi = ["Đã hẹn trả kết quả: 17:00 27/11/2026", "chưa được ký", "17:00 01/12/2026"];
        let en = ["promised by: 17:00 27/11/2026", "is not signed", "New date: 17:00 01/12/2026"];
        assert_says(&slip, &vi, &en);
        let undated = ApologySlip { new_due_at: None, lies_with: Role::Processing, ..slip };
        assert_says(&undated, &["chưa được xử lý", "sẽ báo sau"], &["will tell it later"]);
        let desk = ApologySlip { lies_with: Role::Receiving, ..slip };
        assert_says(&desk, &["bộ phận một cửa"], &["one-stop desk"]);
    }
}
