//! The form of the vehicle procedure, filled in well and badly.

use jiff::civil::{Date, date};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{Form, FormError, Reason, Violation};
use crate::procedure::Catalogue;

const SAMPLE: &str = include_str!("../../data/forms/1.012575/v1/sample.json");
const TODAY: Date = date(2026, 11, 25);

fn catalogue() -> Catalogue {
    Catalogue::load().unwrap()
}

fn with_form<T>(ask: impl FnOnce(&Form) -> T) -> T {
    let catalogue = catalogue();
    let vehicle = catalogue.current(&"1.012575".parse().unwrap()).unwrap();
    ask(vehicle.form.as_ref().unwrap())
}

fn sample() -> Map<String, Value> {
    serde_json::from_str(SAMPLE).unwrap()
}

fn sample_with(pointer: &str, value: Value) -> Map<String, Value> {
    let mut answers = Value::Object(sample());
    *answers.pointer_mut(pointer).unwrap() = value;
    answers.as_object().unwrap().clone()
}

fn told(found: Result<impl Sized, Vec<Violation>>) -> Vec<(String, &'static str)> {
    let violations = found.err().unwrap_or_default();
    violations.into_iter().map(|one| (one.field, one.reason.as_str())).collect()
}

fn pairs(expected: &[(&str, &'static str)]) -> Vec<(String, &'static str)> {
    expected.iter().map(|(field, reason)| ((*field).to_owned(), *reason)).collect()
}

#[test]
fn the_sample_passes_whole_and_step_by_step() {
    with_form(|form| {
        assert_eq!(form.check_all(&sample(), TODAY).unwrap(), sample());
        for (number, step) in (1..).zip(form.steps()) {
            assert_eq!(form.step(number).unwrap().id(), step.id());
            assert!(step.check(&sample()[step.id()]).is_ok());
        }
        assert!(form.step(0).is_none() && form.step(6).is_none());
    });
}

#[test]
fn one_wrong_answer_is_told_at_its_field_with_its_reason() {
    let cases = [
        ("/applicant/full_name", json!("  "), "applicant.full_name", "PATTERN"),
        ("/applicant/full_name", json!(""), "applicant.full_name", "TOO_SHORT"),
        ("/applicant/full_name", json!("á".repeat(101)), "applicant.full_name", "TOO_LONG"),
        ("/applicant/date_of_birth", json!("1990-02-30"), "applicant.date_of_birth", "PATTERN"),
        ("/applicant/sex", json!("x"), "applicant.sex", "NOT_IN_LIST"),
        ("/applicant/personal_id", json!("07909012345x"), "applicant.personal_id", "PATTERN"),
        ("/applicant/personal_id", json!("079190123456"), "applicant.personal_id", "DISAGREES"),
        ("/applicant/contact_phone", json!("0201234567"), "applicant.contact_phone", "PATTERN"),
        ("/vehicle/kind", json!("tractor"), "vehicle.kind", "NOT_IN_LIST"),
        ("/vehicle/kind", json!("car\u{200B}"), "vehicle.kind", "NOT_IN_LIST"),
        ("/vehicle/brand", json!("Honda\u{202E}x"), "vehicle.brand", "HIDDEN_CHARACTER"),
        ("/vehicle/brand", json!("Hon\nda"), "vehicle.brand", "HIDDEN_CHARACTER"),
        (
            "/vehicle/chassis_number",
            json!("RLSMA125XNY01234O"),
            "vehicle.chassis_number",
            "PATTERN",
        ),
        ("/vehicle/chassis_number", json!("RLSMA125"), "vehicle.chassis_number", "TOO_SHORT"),
        ("/vehicle/engine_number", json!("SM-125E"), "vehicle.engine_number", "PATTERN"),
        (
            "/vehicle/year_of_manufacture",
            json!(1979),
            "vehicle.year_of_manufacture",
            "OUT_OF_RANGE",
        ),
        (
            "/vehicle/year_of_manufacture",
            json!("2026"),
            "vehicle.year_of_manufacture",
            "WRONG_TYPE",
        ),
        ("/origin/origin", json!("import"), "origin.origin", "NOT_IN_LIST"),
        ("/origin/invoice_date", json!("2026-11-26"), "origin.invoice_date", "IN_FUTURE"),
        ("/origin/price_vnd", json!(1.5e6 + 0.5), "origin.price_vnd", "WRONG_TYPE"),
        ("/return/address/ward_code", json!("2686"), "return.address.ward_code", "TOO_SHORT"),
        ("/return/address", json!([]), "return.address", "WRONG_TYPE"),
        ("/confirmation/declares_true", json!(false), "confirmation.declares_true", "NOT_IN_LIST"),
        ("/vehicle", json!(null), "vehicle", "WRONG_TYPE"),
    ];
    with_form(|form| {
        for (pointer, value, field, reason) in cases {
            let found = told(form.check_all(&sample_with(pointer, value.clone()), TODAY));
            assert_eq!(found, pairs(&[(field, reason)]), "{pointer} {value}");
        }
    });
}

#[test]
fn every_mistake_is_told_at_once() {
    let answers =
        json!({ "kind": "ship", "brand": "", "chassis_number": 7, "colour": "Đỏ", "wings": 2 });
    with_form(|form| {
        let expected = pairs(&[
            ("vehicle.brand", "TOO_SHORT"),
            ("vehicle.chassis_number", "WRONG_TYPE"),
            ("vehicle.engine_number", "REQUIRED"),
            ("vehicle.kind", "NOT_IN_LIST"),
            ("vehicle.model", "REQUIRED"),
            ("vehicle.wings", "UNKNOWN_FIELD"),
            ("vehicle.year_of_manufacture", "REQUIRED"),
        ]);
        assert_eq!(told(form.step(2).unwrap().check(&answers)), expected);
    });
}

#[test]
fn a_step_saved_on_the_way_may_lack_answers_but_not_hold_wrong_ones() {
    with_form(|form| {
        let step = form.step(4).unwrap();
        assert!(step.check_partial(&json!({})).is_ok());
        assert!(step.check_partial(&json!({ "way": "post" })).is_ok());
        assert!(step.check_partial(&json!({ "way": "post", "address": {} })).is_ok());
        let wrong = json!({ "address": { "ward_code": "abcde" } });
        assert_eq!(
            told(step.check_partial(&wrong)),
            pairs(&[("return.address.ward_code", "PATTERN")])
        );
    });
}

#[test]
fn the_post_needs_an_address_and_the_counter_does_not() {
    with_form(|form| {
        let step = form.step(4).unwrap();
        assert!(step.check(&json!({ "way": "counter" })).is_ok());
        assert_eq!(
            told(step.check(&json!({ "way": "post" }))),
            pairs(&[("return.address", "REQUIRED")])
        );
    });
}

#[test]
fn an_empty_form_lacks_everything_and_a_strange_step_is_refused() {
    with_form(|form| {
        let found = told(form.check_all(&Map::new(), TODAY));
        assert_eq!(found.len(), 5 + 7 + 5 + 1 + 2);
        assert!(found.iter().all(|(_, reason)| *reason == "REQUIRED"));

        let mut answers = sample();
        answers.insert("extra".into(), json!({}));
        assert_eq!(told(form.check_all(&answers, TODAY)), pairs(&[("", "UNKNOWN_FIELD")]));
    });
}

#[test]
fn a_rule_is_asked_although_another_field_of_its_step_is_wrong() {
    let mut answers = sample_with("/applicant/contact_phone", json!("1"));
    answers["applicant"]["personal_id"] = json!("079190123456");
    with_form(|form| {
        let both =
            [("applicant.contact_phone", "TOO_SHORT"), ("applicant.personal_id", "DISAGREES")];
        assert_eq!(told(form.check_all(&answers, TODAY)), pairs(&both));
        answers["applicant"]["sex"] = json!("unknown");
        let once = [("applicant.contact_phone", "TOO_SHORT"), ("applicant.sex", "NOT_IN_LIST")];
        assert_eq!(told(form.check_all(&answers, TODAY)), pairs(&once));
    });
}

#[test]
fn words_name_the_field_and_the_remedy_and_repeat_nothing_that_was_answered() {
    with_form(|form| {
        let answers = json!({ "chassis_number": "SECRET-VALUE", "my secret key": 1 });
        let found = form.step(2).unwrap().check_partial(&answers).unwrap_err();
        let fields: Vec<_> = found.iter().map(|one| one.field.as_str()).collect();
        assert_eq!(fields, ["vehicle", "vehicle.chassis_number"]);
        assert_eq!(
            found[1].text.vi,
            "Số khung: quá ngắn; cần ít nhất 17 ký tự. \
             17 chữ cái in hoa và chữ số viết liền, không có I, O, Q."
        );
        assert!(found[1].text.en.starts_with("Chassis number: too short; at least 17 characters."));
        assert!(!format!("{found:?}").to_lowercase().contains("secret"));
    });
}

#[test]
fn letters_are_composed_before_they_are_counted_and_kept_so() {
    with_form(|form| {
        let apart = "Nguye\u{302}\u{303}n Va\u{306}n An";
        let answers = sample_with("/applicant/full_name", json!(apart));
        let kept = form.check_all(&answers, TODAY).unwrap();
        assert_eq!(kept["applicant"]["full_name"], "Nguyễn Văn An");
    });
}

#[test]
fn bounds_come_before_the_schema() {
    with_form(|form| {
        let step = form.step(1).unwrap();
        let large = json!({ "full_name": "x".repeat(17 * 1024) });
        let deep = json!([[[[[[[[[1]]]]]]]]]);
        assert_eq!(told(step.check(&large)), pairs(&[("applicant", "TOO_LARGE")]));
        assert_eq!(told(step.check(&deep)), pairs(&[("applicant", "TOO_DEEP")]));
    });
}

#[test]
fn fields_about_a_person_are_marked() {
    with_form(|form| {
        let marked = |field: &str| form.schema_of(field).unwrap()["x-personal-data"] == true;
        for field in [
            "applicant.full_name",
            "applicant.date_of_birth",
            "applicant.sex",
            "applicant.personal_id",
            "applicant.contact_phone",
            "vehicle.chassis_number",
            "vehicle.engine_number",
            "return.address.recipient",
            "return.address.street",
            "return.address.ward_code",
            "return.address.phone",
        ] {
            assert!(marked(field), "{field}");
        }
        assert!(!marked("vehicle.kind"));
    });
}

#[test]
fn a_form_that_does_not_fit_together_is_not_loaded() {
    let step = "steps: [{ number: 1, id: one, title: { vi: Một, en: One }, schema: a.json }]";
    let schema = r#"{ "title": "One", "x-title-vi": "Một", "description": "A.",
        "x-description-vi": "Một.", "type": "object", "additionalProperties": false }"#;
    let rule = "rules: [{ rule: not_in_future, field: one.day }]";
    let load = |yaml: &str, schema: &str| Form::load(yaml, &[("a.json", schema)]).map(|_| ());

    assert!(load(step, schema).is_ok());
    assert!(matches!(Form::load(step, &[]), Err(FormError::NoSchema(file)) if file == "a.json"));
    assert!(matches!(load(step, "{"), Err(FormError::NotJson { .. })));
    assert!(matches!(load(step, "{}"), Err(FormError::Dialect { .. })));
    let bad = schema.replace("\"A.\"", "\"A.\", \"required\": 1");
    assert!(matches!(load(step, &bad), Err(FormError::NotASchema { .. })));
    let stray = load(&format!("{step}\n{rule}"), schema);
    assert!(matches!(stray, Err(FormError::NoField(field)) if field == "one.day"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
    ];
    let name = prop_oneof![
        prop::sample::select(vec!["way", "address", "full_name", "chassis_number", "price_vnd"])
            .prop_map(str::to_owned),
        "\\PC{0,8}",
    ];
    leaf.prop_recursive(10, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

#[test]
fn no_json_makes_the_form_panic_and_what_it_keeps_passes_again() {
    with_form(|form| {
        proptest!(|(answers in any_json())| {
            for step in form.steps() {
                let _ = step.check(&answers);
                if let Ok(kept) = step.check_partial(&answers) {
                    prop_assert_eq!(step.check_partial(&kept), Ok(kept.clone()));
                }
            }
            let whole = answers.as_object().cloned().unwrap_or_default();
            prop_assert!(form.check_all(&whole, TODAY).is_err());
        });
    });
}

#[test]
fn complete_is_partial_with_nothing_missing() {
    with_form(|form| {
        proptest!(|(answers in any_json())| {
            for step in form.steps() {
                let all = step.check(&answers).err().unwrap_or_default();
                let wrong = step.check_partial(&answers).err().unwrap_or_default();
                let expected: Vec<_> =
                    all.into_iter().filter(|one| one.reason != Reason::Required).collect();
                prop_assert_eq!(wrong, expected);
            }
        });
    });
}
