//! Forms, as anyone may read them.

use proto::motcua::dossier::v1 as pb;
use support::reason;

use crate::desk::{Desk, PAPERS};

#[tokio::test(flavor = "multi_thread")]
async fn anyone_reads_what_a_procedure_asks_for() {
    let desk = Desk::open().await;
    let name = "procedures/1.012575/versions/-/form".into();
    let form = desk.procedures().get_form(pb::GetFormRequest { name }).await.unwrap().into_inner();
    assert_eq!(form.name, "procedures/1.012575/versions/1/form");
    assert_eq!(form.steps.len(), 5);
    for step in &form.steps {
        let schema: serde_json::Value = serde_json::from_str(&step.json_schema).unwrap();
        assert_eq!(schema["type"], "object", "{}", step.id);
    }
    let papers: Vec<_> = form.papers.iter().map(|paper| paper.id.as_str()).collect();
    assert_eq!(papers, PAPERS);
    assert!(form.papers.iter().all(|paper| paper.required && paper.max_files > 0));
    assert_eq!(form.rules[0].fields, ["applicant.date_of_birth"]);
    assert_eq!(form.rules[0].reason, "IN_FUTURE");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_not_there_is_told_apart() {
    let desk = Desk::open().await;
    let ask = async |name: &str| {
        let asked = pb::GetFormRequest { name: name.into() };
        reason(desk.procedures().get_form(asked).await)
    };
    assert_eq!(ask("procedures/1.012575/versions/1").await, "FIELDS_INVALID");
    assert_eq!(ask("procedures/9.999999/versions/1/form").await, "PROCEDURE_NOT_FOUND");
}
