//! Answers of dossiers: opened, checked, sealed, shown to whom they belong.

use std::collections::BTreeMap;
use std::sync::Arc;

use chassis::access::Caller;
use chassis::clock::{Clock, VIETNAM};
use chassis::refusal::{Failure, Refusal, Violation};
use jiff::civil::Date;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::r#type::v1::ReturnWay;
use serde_json::{Map, Value};

use super::convert;
use super::dossiers::{acts_on, without_form};
use crate::dossier::Dossier;
use crate::form::{Form, Step};
use crate::procedure::{Catalogue, Procedure};
use crate::seal::Seal;
use crate::store::Whole;
use crate::supplement::{Subject, Supplement, changes_not_asked};

/// Steps by number, as they are kept.
pub type Steps = BTreeMap<u8, Vec<u8>>;

/// Steps by number, as they were answered.
pub type Opened = BTreeMap<u8, Map<String, Value>>;

/// Opens, checks and shows answers.
#[derive(Clone)]
pub struct Answers {
    /// The procedures there are.
    pub catalogue: Arc<Catalogue>,
    /// Seals answers.
    pub seal: Seal,
    /// Tells today.
    pub clock: Clock,
}

/// A step that may be saved.
pub struct Checked {
    /// Its number.
    pub step: u8,
    /// Its answers, sealed.
    pub sealed: Vec<u8>,
    /// The open supplement that it is saved for; none for a draft.
    pub supplement: Option<u8>,
}

impl Answers {
    /// The procedure a dossier is under.
    pub fn procedure(&self, dossier: &Dossier) -> Result<&Procedure, Failure> {
        self.catalogue.get(&dossier.procedure, dossier.version).ok_or_else(|| {
            Failure::Broken(format!("the catalogue lacks {} of a dossier", dossier.procedure))
        })
    }

    fn form(&self, dossier: &Dossier) -> Result<&Form, Failure> {
        Ok(self.procedure(dossier)?.form.as_ref().ok_or_else(without_form)?)
    }

    /// A step given by the owner of a dossier, checked as far as it goes and sealed: of a draft, or within what an open supplement asks for.
    /// What is neither the decision refuses, or a repeat meets the answer that was kept.
    pub fn checked(&self, whole: &Whole, given: pb::StepAnswers) -> Result<Checked, Failure> {
        let dossier = &whole.dossier;
        let number = u8::try_from(given.step).unwrap_or_default();
        let open = dossier.open_supplement(self.clock.now());
        let step = self.form(dossier)?.step(number).ok_or_else(no_such_step)?;
        let answers = convert::to_json(given.answers.unwrap_or_default());
        let kept = step
            .check_partial(&answers)
            .map_err(|violations| convert::refusal("step.answers", violations))?;
        if let Some(open) = open {
            let before = self.opened(dossier, &whole.steps)?.remove(&number).unwrap_or_default();
            within(open, step, &before, kept.as_object().unwrap_or(&Map::new()))?;
        }
        let sealed = self.seal.seal(dossier.id, number, &kept).map_err(broken)?;
        Ok(Checked { step: number, sealed, supplement: open.map(|open| open.number) })
    }

    /// Checks the whole form, and tells what else is `wrong` beside it; how the result is to be returned.
    pub fn check_complete(
        &self,
        procedure: &Procedure,
        steps: &Opened,
        mut wrong: Vec<Violation>,
    ) -> Result<ReturnWay, Refusal> {
        let form = procedure.form.as_ref().ok_or_else(without_form)?;
        let answers = by_step_id(form, steps);
        if let Err(violations) = form.check_all(&answers, self.today()) {
            wrong.splice(0..0, convert::refusal("answers", violations).violations);
        }
        if wrong.is_empty() { Ok(form.return_way(&answers)) } else { Err(Refusal::fields(wrong)) }
    }

    fn today(&self) -> Date {
        VIETNAM.to_datetime(self.clock.now()).date()
    }

    /// The dossier as whoever may read it sees it.
    pub fn shown(&self, caller: &Caller, whole: Whole) -> Result<pb::Dossier, Failure> {
        if acts_on(caller, &whole.dossier) {
            return self.of_owner(whole);
        }
        self.whole(&whole.dossier, self.opened(&whole.dossier, &whole.steps)?)
    }

    /// The dossier as whoever acts on it sees it: with what is saved for an open supplement.
    pub fn of_owner(&self, whole: Whole) -> Result<pb::Dossier, Failure> {
        let Whole { dossier, mut steps, pending, .. } = whole;
        if dossier.open_supplement(self.clock.now()).is_some() {
            steps.extend(pending);
        }
        self.whole(&dossier, self.opened(&dossier, &steps)?)
    }

    /// The dossier with its answers and, if its result is sent by post, where to.
    pub fn whole(&self, dossier: &Dossier, steps: Opened) -> Result<pb::Dossier, Failure> {
        let by_post = dossier.return_way == ReturnWay::Post;
        let form = if by_post { Some(self.form(dossier)?) } else { None };
        let address = form.and_then(|form| form.address(&by_step_id(form, &steps)));
        let step = |(step, answers)| pb::StepAnswers {
            step: i32::from(step),
            answers: Some(convert::from_json(answers)),
        };
        Ok(pb::Dossier {
            steps: steps.into_iter().map(step).collect(),
            delivery_address: address.map(convert::address),
            ..convert::dossier(dossier, self.clock.now())
        })
    }

    /// The steps, opened.
    pub fn opened(&self, dossier: &Dossier, steps: &Steps) -> Result<Opened, Failure> {
        let open = |(step, sealed): (&u8, &Vec<u8>)| match self
            .seal
            .open(dossier.id, *step, sealed)
            .map_err(broken)?
        {
            Value::Object(answers) => Ok((*step, answers)),
            _ => Err(broken("sealed answers are no object")),
        };
        steps.iter().map(open).collect()
    }
}

/// Answers as the form's rules ask for them.
pub fn by_step_id(form: &Form, steps: &Opened) -> Map<String, Value> {
    let of_step = |step: &Step| {
        let answers = steps.get(&step.number())?.clone();
        Some((step.id().to_owned(), Value::Object(answers)))
    };
    form.steps().iter().filter_map(of_step).collect()
}

/// Refuses every answer of a step that differs from what was filed and is not asked for.
fn within(
    open: &Supplement,
    step: &Step,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Result<(), Refusal> {
    let of_step = |subject| matches!(subject, Subject::Field { step: id, .. } if id == step.id());
    if !open.named().any(of_step) {
        return Err(Refusal::fields(vec![not_open("step.step".into())]));
    }
    let changed = changes_not_asked(open, step.id(), before, after).into_iter();
    let field = |property| not_open(format!("step.answers.{}.{property}", step.id()));
    let wrong: Vec<_> = changed.map(field).collect();
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::fields(wrong)) }
}

fn not_open(field: String) -> Violation {
    Violation::new(
        field,
        "FIELD_NOT_OPEN",
        "Cơ quan không yêu cầu bổ sung mục này; hãy giữ nguyên như đã nộp.",
        "The agency does not ask for this; leave it as it was filed.",
    )
}

fn no_such_step() -> Refusal {
    Refusal::field(
        "step.step",
        "NO_SUCH_STEP",
        "Biểu mẫu không có bước này.",
        "The form has no such step.",
    )
}

fn broken(error: impl std::fmt::Display) -> Failure {
    Failure::Broken(error.to_string())
}
