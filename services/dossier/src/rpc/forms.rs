//! The form of a procedure version as a message.

use proto::motcua::dossier::v1 as pb;

use crate::form::{Demand, Form, PaperForm, PaperRequirement, Step};
use crate::procedure::Procedure;

/// The form of this version.
pub fn message(procedure: &Procedure, form: &Form) -> pb::Form {
    pb::Form {
        name: format!("procedures/{}/versions/{}/form", procedure.code, procedure.version),
        steps: form.steps().iter().map(step).collect(),
        papers: procedure.papers.iter().map(paper).collect(),
        rules: form.demands().map(rule).collect(),
    }
}

fn step(step: &Step) -> pb::FormStep {
    pb::FormStep {
        number: step.number().into(),
        id: step.id().to_owned(),
        title_vi: step.title().vi.clone(),
        title_en: step.title().en.clone(),
        json_schema: step.schema_json().to_owned(),
    }
}

fn paper(paper: &PaperRequirement) -> pb::FormPaper {
    let accepted = |form: &PaperForm| {
        i32::from(match form {
            PaperForm::Original => pb::PaperForm::Original,
            PaperForm::Copy => pb::PaperForm::Copy,
            PaperForm::Electronic => pb::PaperForm::Electronic,
        })
    };
    pb::FormPaper {
        id: paper.id.clone(),
        name_vi: paper.name.vi.clone(),
        name_en: paper.name.en.clone(),
        accepts: paper.accepts.iter().map(accepted).collect(),
        required: paper.required,
        max_files: paper.max_files.into(),
    }
}

fn rule(demand: Demand<'_>) -> pb::FormRule {
    pb::FormRule {
        fields: demand.fields.into_iter().map(str::to_owned).collect(),
        reason: demand.reason.as_str().to_owned(),
        text_vi: demand.text.vi,
        text_en: demand.text.en,
    }
}
