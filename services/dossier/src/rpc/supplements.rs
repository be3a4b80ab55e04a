//! `SupplementService`: what is asked of the owners of dossiers, and their answers.

use std::collections::BTreeMap;

use chassis::access::caller;
use chassis::clock::timestamp;
use chassis::names::{self, malformed};
use chassis::refusal::{Failure, Refusal};
use chassis::write::{Door, Once};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::supplement_service_server::SupplementService;
use proto::motcua::r#type::v1::ReturnWay;
use serde_json::{Map, Value};
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::answers::{Answers, Opened, by_step_id};
use super::dossiers::{acts_on, held_by, may_read, without_form};
use super::{convert, failed, slips};
use crate::document::Ground;
use crate::dossier::{Dossier, Hand};
use crate::events::supplement_name;
use crate::file::{File, Purpose};
use crate::form::Form;
use crate::outside::grounds::Grounds;
use crate::procedure::Procedure;
use crate::store::{DossierStore, Whole};
use crate::supplement::{AfterAnswer, Subject, Supplement, SupplementDossier, missing};

/// Shows supplements, and takes answers to them.
pub struct Supplements {
    /// Opens and checks answers.
    pub answers: Answers,
    /// Tells why each thing is asked for.
    pub grounds: Grounds,
    /// Reads dossiers.
    pub store: DossierStore,
    /// Changes them.
    pub door: Door<DossierStore>,
}

#[tonic::async_trait]
impl SupplementService for Supplements {
    async fn get_supplement(
        &self,
        request: Request<pb::GetSupplementRequest>,
    ) -> Result<Response<pb::Supplement>, Status> {
        let caller = caller(&request);
        let (id, number) = named(&request.get_ref().name)?;
        let found = self.store.get(id).await?;
        let found = found.filter(|found| may_read(&caller, &found.dossier));
        let whole = found.ok_or_else(Refusal::denied)?;
        let own = acts_on(&caller, &whole.dossier);
        let supplement = whole.dossier.supplement(number).ok_or_else(Refusal::denied)?;
        let grounds = self.grounds.read(&supplement.grounds).await?;
        let shown = self.shown(whole, number, own, &grounds).await?;
        Ok(Response::new(shown))
    }

    async fn supplement_dossier(
        &self,
        request: Request<pb::SupplementDossierRequest>,
    ) -> Result<Response<pb::Supplement>, Status> {
        let caller = caller(&request);
        let asked = request.get_ref();
        let once = Once::call(caller.name()?, &asked.request_id, asked)?;
        let (id, number) = named(&asked.name)?;
        let hand = Hand::of(&caller)?;
        let whole = held_by(&hand, &self.store, id).await?;
        let supplement = whole.dossier.supplement(number).ok_or_else(Refusal::denied)?;
        // Before the answer takes effect: whoever is told that workflow is away can repeat it in time.
        let grounds = self.grounds.read(&supplement.grounds).await?;
        let command = SupplementDossier {
            id,
            number,
            hand: hand.clone(),
            etag: asked.etag.clone(),
            checked: whole.dossier.etag(),
            return_way: self.checked(&whole, supplement)?,
        };
        self.door.run(once, command).await?;
        let whole = held_by(&hand, &self.store, id).await?;
        Ok(Response::new(self.shown(whole, number, true, &grounds).await?))
    }
}

impl Supplements {
    /// How the result is to be returned, if the answer to an open supplement is whole; of one that is over, how it is returned: the
    /// decision refuses it, or a repeat meets the answer that was kept.
    fn checked(&self, whole: &Whole, supplement: &Supplement) -> Result<ReturnWay, Failure> {
        let Whole { dossier, steps, pending, under_way, handing_in, .. } = whole;
        if dossier.open_supplement(self.answers.clock.now()) != Some(supplement) {
            return Ok(dossier.return_way);
        }
        let procedure = self.answers.procedure(dossier)?;
        let form = procedure.form.as_ref().ok_or_else(without_form)?;
        let before = self.answers.opened(dossier, steps)?;
        let mut after = before.clone();
        after.extend(self.answers.opened(dossier, pending)?);
        let answer = AfterAnswer {
            before: &by_step_id(form, &before),
            after: &by_step_id(form, &after),
            held: handing_in,
            under_way,
        };
        let wrong = missing(supplement, &procedure.papers, answer);
        Ok(self.answers.check_complete(procedure, &after, wrong)?)
    }

    /// A supplement with what has changed; of one that is not answered yet that is its owner's alone.
    async fn shown(
        &self,
        whole: Whole,
        number: u8,
        own: bool,
        grounds: &[Ground],
    ) -> Result<pb::Supplement, Failure> {
        let Whole { dossier, steps, pending, .. } = whole;
        let supplement = dossier.supplement(number).ok_or_else(Refusal::denied)?;
        let former = self.store.former_steps(dossier.id).await.map_err(failed)?;
        let before = |number| then(&steps, &former, number);
        let is_answered = supplement.answered_at.is_some();
        let changes = Changes {
            procedure: self.answers.procedure(&dossier)?,
            number,
            told: is_answered || own,
            before: self.answers.opened(&dossier, &before(number))?,
            after: if is_answered {
                self.answers.opened(&dossier, &before(number + 1))?
            } else {
                self.answers
                    .opened(&dossier, &steps.clone().into_iter().chain(pending).collect())?
            },
            files: self.store.every_file(dossier.id).await.map_err(failed)?,
        };
        Ok(pb::Supplement {
            name: supplement_name(dossier.id, number),
            state: self.state(&dossier, supplement).into(),
            items: grounds.iter().map(|ground| changes.item(dossier.id, ground)).collect(),
            request_time: Some(timestamp(supplement.asked_at)),
            expire_time: Some(timestamp(supplement.expires_at)),
            answer_time: supplement.answered_at.map(timestamp),
        })
    }

    fn state(&self, dossier: &Dossier, supplement: &Supplement) -> pb::SupplementState {
        if supplement.answered_at.is_some() {
            pb::SupplementState::Answered
        } else if dossier.open_supplement(self.answers.clock.now()) == Some(supplement) {
            pb::SupplementState::Open
        } else {
            pb::SupplementState::Closed
        }
    }
}

/// What was answered before the supplement of this number changed it, sealed: of each step the first that a later one kept, else what stands.
fn then(
    steps: &BTreeMap<u8, Vec<u8>>,
    former: &BTreeMap<(u8, u8), Vec<u8>>,
    number: u8,
) -> BTreeMap<u8, Vec<u8>> {
    let mut then = steps.clone();
    let kept = former.iter().rev().filter(|((supplement, _), _)| *supplement >= number);
    then.extend(kept.map(|((_, step), sealed)| (*step, sealed.clone())));
    then
}

/// What changes with a supplement.
struct Changes<'a> {
    procedure: &'a Procedure,
    number: u8,
    /// Whether the reader sees what is new.
    told: bool,
    before: Opened,
    after: Opened,
    files: BTreeMap<Uuid, File>,
}

impl Changes<'_> {
    fn item(&self, dossier: Uuid, ground: &Ground) -> pb::SupplementItem {
        let title = slips::title(self.procedure, &ground.subject);
        let item = pb::SupplementItem {
            subject: ground.subject.clone(),
            title_vi: title.vi,
            title_en: title.en,
            text: ground.text.clone(),
            ..Default::default()
        };
        let named = |files: Vec<&File>| {
            files.iter().map(|file| format!("dossiers/{dossier}/files/{}", file.id)).collect()
        };
        match Subject::of(&ground.subject) {
            Some(Subject::Field { step, property }) => pb::SupplementItem {
                before: self.answer(&self.before, step, property),
                after: self.answer(&self.after, step, property).filter(|_| self.told),
                ..item
            },
            Some(Subject::Paper(paper)) => pb::SupplementItem {
                files_before: named(self.of_paper(paper, |file| self.counted_before(file))),
                files_after: named(self.of_paper(paper, |file| self.counts_after(file))),
                ..item
            },
            None => item,
        }
    }

    fn answer(&self, steps: &Opened, step: &str, property: &str) -> Option<prost_types::Value> {
        let form: &Form = self.procedure.form.as_ref()?;
        let answers: Map<String, Value> = by_step_id(form, steps);
        Some(convert::value_to_wire(answers.get(step)?.get(property)?.clone()))
    }

    fn of_paper(&self, paper: &str, is: impl Fn(&File) -> bool) -> Vec<&File> {
        let of = |file: &&File| matches!(&file.purpose, Purpose::Paper(id) if id == paper);
        self.files.values().filter(of).filter(|file| file.is_complete() && is(file)).collect()
    }

    fn counted_before(&self, file: &File) -> bool {
        let until = file.replaced_by.is_none_or(|by| by >= self.number);
        until && file.supplement.is_none_or(|handed_in| handed_in < self.number)
    }

    fn counts_after(&self, file: &File) -> bool {
        self.told && file.supplement == Some(self.number)
    }
}

/// The dossier and the number in `dossiers/{uuid}/supplements/{number}`.
fn named(name: &str) -> Result<(Uuid, u8), Refusal> {
    let shape = || malformed("name", "dossiers/{uuid}/supplements/{number}");
    let (dossier, number) = name.split_once("/supplements/").ok_or_else(shape)?;
    let id = names::id("dossiers", dossier, "name").map_err(|_| shape())?;
    Ok((id, number.parse().map_err(|_| shape())?))
}
