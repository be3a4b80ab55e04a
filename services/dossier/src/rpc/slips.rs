//! Slips as they are read: what a document keeps, with what the dossier says and others know.

use std::sync::Arc;

use chassis::clock::timestamp;
use chassis::refusal::Failure;
use jiff::civil::Date;
use proto::google::r#type as google;
use proto::motcua::dossier::v1 as pb;
use serde_json::Value;

use super::{convert, failed};
use crate::bilingual::Bilingual;
use crate::document::{
    AcceptanceSlip, AcceptanceWords, ApologySlip, Content, DenialWords, Ground, Head, Language,
    PaperWords, RefusalSlip, RefusalWords, StopSlip, SupplementSlip, SupplementWords,
    WithdrawalDenial, words,
};
use crate::dossier::Dossier;
use crate::events;
use crate::form::PaperRequirement;
use crate::outside::agencies::Agencies;
use crate::outside::grounds::Grounds;
use crate::procedure::{Catalogue, Procedure};
use crate::seal::Seal;
use crate::store::DossierStore;
use crate::supplement::Subject;

/// Draws up slips.
pub struct Slips {
    /// The procedures there are.
    pub catalogue: Arc<Catalogue>,
    /// Tells what agencies are called.
    pub agencies: Agencies,
    /// Tells why agencies decided as they did.
    pub grounds: Grounds,
    /// Opens answers: who applied is not stored twice.
    pub seal: Seal,
    /// Reads dossiers.
    pub store: DossierStore,
}

/// A paper that was handed in.
pub struct SlipPaper<'a> {
    paper: &'a PaperRequirement,
    /// How many files it has.
    files: u32,
    /// They were compared with the original.
    compared: bool,
}

impl<'a> SlipPaper<'a> {
    fn in_words(&self) -> PaperWords<'a> {
        let Self { paper, files, compared } = *self;
        PaperWords { name: &paper.name, files, compared }
    }
}

impl Slips {
    /// The papers that a dossier holds, in the order of its form.
    pub async fn papers(&self, dossier: &Dossier) -> Result<Vec<SlipPaper<'_>>, Failure> {
        let held = self.store.papers(dossier.id).await.map_err(failed)?;
        let procedure = self.catalogue.get(&dossier.procedure, dossier.version);
        let asked = procedure.map_or(&[][..], |procedure| &procedure.papers);
        let compared = |paper: &String| {
            dossier.handed_in.as_ref().is_some_and(|noted| noted.compared.contains(paper))
        };
        let held = asked.iter().filter_map(|paper| {
            let files = *held.get(&paper.id)?;
            Some(SlipPaper { paper, files, compared: compared(&paper.id) })
        });
        Ok(held.collect())
    }

    /// Adds to a document that is a slip what it says in words, who applied, and what the officer wrote.
    pub async fn put_in_words(
        &self,
        dossier: &Dossier,
        content: &Content,
        papers: &[SlipPaper<'_>],
        told: &mut pb::Document,
    ) -> Result<(), Failure> {
        match content {
            Content::Result(_) => {}
            Content::AcceptanceSlip(slip) => {
                let papers = papers.iter().map(SlipPaper::in_words).collect();
                let visitor = dossier.handed_in.as_ref().map(|handed_in| handed_in.visitor);
                let slip = AcceptanceWords { slip, papers, visitor };
                let head = self.head(dossier).await?;
                let message = told.acceptance_slip.get_or_insert_default();
                message.text_vi = words(&head, &slip, Language::Vi);
                message.text_en = words(&head, &slip, Language::En);
                message.applicant = head.applicant;
            }
            Content::RefusalSlip(slip) => {
                let grounds = &self.grounds.read(&slip.grounds).await?;
                let (head, slip) = (self.head(dossier).await?, RefusalWords { slip, grounds });
                let message = told.refusal_slip.get_or_insert_default();
                message.text_vi = words(&head, &slip, Language::Vi);
                message.text_en = words(&head, &slip, Language::En);
                message.applicant = head.applicant;
                message.reasons = grounds.iter().map(reason).collect();
            }
            Content::SupplementSlip(slip) => {
                let grounds = &self.titled(dossier, self.grounds.read(&slip.grounds).await?)?;
                let (head, slip) = (self.head(dossier).await?, SupplementWords { slip, grounds });
                let message = told.supplement_slip.get_or_insert_default();
                message.text_vi = words(&head, &slip, Language::Vi);
                message.text_en = words(&head, &slip, Language::En);
                message.applicant = head.applicant;
                message.items = grounds.iter().map(item).collect();
            }
            Content::WithdrawalDenial(slip) => {
                let grounds = &self.grounds.read(&slip.grounds).await?;
                let (head, slip) = (self.head(dossier).await?, DenialWords { slip, grounds });
                let message = told.withdrawal_denial.get_or_insert_default();
                message.text_vi = words(&head, &slip, Language::Vi);
                message.text_en = words(&head, &slip, Language::En);
                message.applicant = head.applicant;
                message.text = slip.reason();
            }
            Content::ApologySlip(slip) => {
                let head = self.head(dossier).await?;
                let message = told.apology_slip.get_or_insert_default();
                message.text_vi = words(&head, slip, Language::Vi);
                message.text_en = words(&head, slip, Language::En);
                message.applicant = head.applicant;
            }
            Content::StopSlip(slip) => {
                let head = self.head(dossier).await?;
                let message = told.stop_slip.get_or_insert_default();
                message.text_vi = words(&head, slip, Language::Vi);
                message.text_en = words(&head, slip, Language::En);
                message.applicant = head.applicant;
            }
        }
        Ok(())
    }

    /// What is asked for, called as the form of the dossier calls it.
    fn titled(&self, dossier: &Dossier, grounds: Vec<Ground>) -> Result<Vec<Ground>, Failure> {
        let procedure = self.procedure(dossier)?;
        let titled = |ground: Ground| Ground { title: title(procedure, &ground.subject), ..ground };
        Ok(grounds.into_iter().map(titled).collect())
    }

    fn procedure(&self, dossier: &Dossier) -> Result<&Procedure, Failure> {
        let procedure = self.catalogue.get(&dossier.procedure, dossier.version);
        procedure.ok_or_else(|| {
            Failure::Broken(format!("the catalogue lacks {} of a dossier", dossier.procedure))
        })
    }

    async fn head(&self, dossier: &Dossier) -> Result<Head, Failure> {
        let procedure = self.procedure(dossier)?;
        Ok(Head {
            code: code(dossier),
            agency: self.agencies.title(&dossier.agency).await,
            applicant: self.applicant(dossier, procedure).await?,
            procedure: procedure.name.clone(),
            submitted_at: dossier.submitted_at,
        })
    }

    /// The applicant's name as filed; empty where the form names none.
    async fn applicant(&self, dossier: &Dossier, procedure: &Procedure) -> Result<String, Failure> {
        let Some((step, property)) = procedure.form.as_ref().and_then(|form| form.applicant())
        else {
            return Ok(String::new());
        };
        let found = self.store.get(dossier.id).await?;
        let sealed = found.and_then(|mut found| found.steps.remove(&step));
        let Some(sealed) = sealed else { return Ok(String::new()) };
        let answers = self.seal.open(dossier.id, step, &sealed);
        let answers = answers.map_err(|error| Failure::Broken(error.to_string()))?;
        Ok(answers.get(property).and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

/// A slip of acceptance, without its words.
pub fn acceptance(
    dossier: &Dossier,
    slip: &AcceptanceSlip,
    papers: &[SlipPaper<'_>],
) -> pb::AcceptanceSlip {
    let paper = |SlipPaper { paper, files, compared }: &SlipPaper<'_>| pb::SlipPaper {
        paper: paper.id.clone(),
        name_vi: paper.name.vi.clone(),
        name_en: paper.name.en.clone(),
        files: i32::try_from(*files).unwrap_or(i32::MAX),
        compared: *compared,
    };
    let visitor = dossier.handed_in.as_ref().map(|handed_in| convert::visitor(handed_in.visitor));
    pb::AcceptanceSlip {
        code: code(dossier),
        procedure: events::procedure(dossier),
        agency: dossier.agency.clone(),
        papers: papers.iter().map(paper).collect(),
        submit_time: dossier.submitted_at.map(timestamp),
        accept_time: Some(timestamp(slip.accepted_at)),
        receipt_day: slip.received_on.map(day),
        due_time: Some(timestamp(slip.due_at)),
        fees: slip.fees.iter().map(|sum| vnd(*sum)).collect(),
        visitor: visitor.unwrap_or_default().into(),
        ..pb::AcceptanceSlip::default()
    }
}

/// A slip of refusal, without its words: its reasons by code alone.
pub fn refusal(dossier: &Dossier, slip: &RefusalSlip) -> pb::RefusalSlip {
    let by_code = |code: &String| pb::SlipReason { code: code.clone(), ..Default::default() };
    pb::RefusalSlip {
        code: code(dossier),
        procedure: events::procedure(dossier),
        agency: dossier.agency.clone(),
        submit_time: dossier.submitted_at.map(timestamp),
        refuse_time: Some(timestamp(slip.refused_at)),
        reasons: slip.reasons.iter().map(by_code).collect(),
        ..pb::RefusalSlip::default()
    }
}

/// A slip that asks for a supplement, without its words: what is asked for by subject alone.
pub fn supplement(dossier: &Dossier, slip: &SupplementSlip) -> pb::SupplementSlip {
    let by_subject =
        |subject: &String| pb::SlipItem { subject: subject.clone(), ..Default::default() };
    pb::SupplementSlip {
        code: code(dossier),
        procedure: events::procedure(dossier),
        agency: dossier.agency.clone(),
        supplement: events::supplement_name(dossier.id, slip.number),
        request_time: Some(timestamp(slip.requested_at)),
        expire_time: Some(timestamp(slip.expires_at)),
        items: slip.subjects.iter().map(by_subject).collect(),
        ..pb::SupplementSlip::default()
    }
}

/// A notice of stopped processing, without its words.
pub fn stop(dossier: &Dossier, slip: StopSlip) -> pb::StopSlip {
    pb::StopSlip {
        code: code(dossier),
        procedure: events::procedure(dossier),
        agency: dossier.agency.clone(),
        stop_time: Some(timestamp(slip.stopped_at)),
        reason: slip.reason.into(),
        ..pb::StopSlip::default()
    }
}

/// An apology for a late result, without its words.
pub fn apology(dossier: &Dossier, slip: ApologySlip) -> pb::ApologySlip {
    pb::ApologySlip {
        code: code(dossier),
        procedure: events::procedure(dossier),
        agency: dossier.agency.clone(),
        due_time: Some(timestamp(slip.due_at)),
        escalate_time: Some(timestamp(slip.told_at)),
        new_due_time: slip.new_due_at.map(timestamp),
        lies_with: slip.lies_with.into(),
        ..pb::ApologySlip::default()
    }
}

/// A notice that a withdrawal was denied, without its words.
pub fn denial(dossier: &Dossier, slip: &WithdrawalDenial) -> pb::WithdrawalDenial {
    pb::WithdrawalDenial {
        code: code(dossier),
        procedure: events::procedure(dossier),
        agency: dossier.agency.clone(),
        deny_time: Some(timestamp(slip.denied_at)),
        ..pb::WithdrawalDenial::default()
    }
}

/// What a subject is called in the form of its procedure; by itself where the form does not know it.
pub fn title(procedure: &Procedure, subject: &str) -> Bilingual {
    let named = match Subject::of(subject) {
        Some(Subject::Paper(id)) => {
            procedure.papers.iter().find(|paper| paper.id == id).map(|paper| paper.name.clone())
        }
        Some(Subject::Field { step, property }) => {
            procedure.form.as_ref().and_then(|form| form.title(step, property))
        }
        None => None,
    };
    named.unwrap_or_else(|| Bilingual::new(subject, subject))
}

fn item(ground: &Ground) -> pb::SlipItem {
    pb::SlipItem {
        subject: ground.subject.clone(),
        title_vi: ground.title.vi.clone(),
        title_en: ground.title.en.clone(),
        text: ground.text.clone(),
    }
}

fn reason(ground: &Ground) -> pb::SlipReason {
    pb::SlipReason {
        code: ground.subject.clone(),
        title_vi: ground.title.vi.clone(),
        title_en: ground.title.en.clone(),
        text: ground.text.clone(),
    }
}

fn code(dossier: &Dossier) -> String {
    dossier.code.as_ref().map(ToString::to_string).unwrap_or_default()
}

fn day(day: Date) -> google::Date {
    google::Date { year: day.year().into(), month: day.month().into(), day: day.day().into() }
}

fn vnd(units: i64) -> google::Money {
    google::Money { currency_code: "VND".into(), units, nanos: 0 }
}
