//! Submitting a draft, online or at the counter: its answers and papers checked whole, and what goes on record of who brought it.

use chassis::names;
use chassis::refusal::{Failure, Violation};
use chassis::write::Once;
use proto::motcua::dossier::v1 as pb;
use proto::motcua::r#type::v1 as types;

use super::convert;
use super::dossiers::{Dossiers, held_by};
use crate::dossier::{Hand, HandedIn, SubmitDossier, Visitor};
use crate::paper::{self, Held};
use crate::store::Whole;

/// What is wished of a submission.
pub(super) struct Wish<'a> {
    /// `dossiers/{uuid}`.
    pub id: &'a str,
    /// The etag it was read with; empty submits whatever is saved.
    pub etag: &'a str,
    /// Who brought it and what was compared, if it is handed in at the counter.
    pub handed_in: Option<pb::HandedIn>,
}

impl Dossiers {
    /// The dossier as it was submitted. A repeat finds it so: its answers passed then and are not judged by another day's clock.
    pub(super) async fn submit(
        &self,
        hand: Hand,
        once: Once,
        wish: Wish<'_>,
    ) -> Result<pb::Dossier, Failure> {
        let id = names::id("dossiers", wish.id, "name")?;
        let whole = held_by(&hand, &self.store, id).await?;
        let dossier = &whole.dossier;
        let procedure = self.answers.procedure(dossier)?;
        let steps = self.answers.opened(dossier, &whole.steps)?;
        let (noted, wrong) = noted(wish.handed_in, &whole, &hand);
        let return_way = if dossier.is_draft() {
            let of_papers = paper::wrong(&procedure.papers, &whole.held, &whole.under_way);
            let wrong = of_papers.into_iter().chain(wrong).collect();
            self.answers.check_complete(procedure, &steps, wrong)?
        } else {
            dossier.return_way
        };
        let command = SubmitDossier {
            id,
            hand: hand.clone(),
            etag: wish.etag.into(),
            checked: dossier.etag(),
            limit: convert::legal_limit(procedure.limit),
            return_way,
            handed_in: noted.clone(),
        };
        let submitted = self.door.run(once, command).await?;
        if !dossier.is_draft() {
            return self.answers.of_owner(held_by(&hand, &self.store, id).await?);
        }
        self.answers.whole(&dossier.as_submitted(submitted, return_way, noted), steps)
    }
}

/// What goes on record of a dossier that is handed in at the counter, and what is wrong with it.
fn noted(
    told: Option<pb::HandedIn>,
    Whole { held, .. }: &Whole,
    hand: &Hand,
) -> (Option<HandedIn>, Vec<Violation>) {
    let Some(told) = told else { return (None, Vec::new()) };
    let visitor = match told.visitor() {
        types::Visitor::Unspecified => Err(nobody()),
        types::Visitor::Owner => Ok(Visitor::Owner),
        types::Visitor::Representative => Ok(Visitor::Representative),
    };
    let mut wrong = wrongly_compared(&told.compared, held);
    let officer = hand.name.clone();
    let noted = match visitor {
        Ok(visitor) => Some(HandedIn { visitor, compared: told.compared, officer }),
        Err(nobody) => {
            wrong.insert(0, nobody);
            None
        }
    };
    (noted, wrong)
}

/// What cannot have been compared: at most one more than there are papers is told, so that no list is too long to be answered.
fn wrongly_compared(compared: &[String], held: &Held) -> Vec<Violation> {
    let wrong = |(place, paper): (usize, &String)| {
        let field = format!("handed_in.compared[{place}]");
        if !held.contains_key(paper) {
            Some(no_such_paper(field))
        } else {
            compared[..place].contains(paper).then(|| twice(field))
        }
    };
    compared.iter().take(held.len() + 1).enumerate().filter_map(wrong).collect()
}

fn nobody() -> Violation {
    Violation::new(
        "handed_in.visitor",
        "REQUIRED",
        "Hãy ghi ai đến nộp: chủ hồ sơ hay người được ủy quyền.",
        "Note who brought it: its owner or a representative.",
    )
}

fn no_such_paper(field: String) -> Violation {
    Violation::new(
        field,
        "NO_SUCH_PAPER",
        "Hồ sơ không có tệp nào của giấy tờ này để đối chiếu.",
        "The dossier has no file of this paper to be compared.",
    )
}

fn twice(field: String) -> Violation {
    Violation::new(
        field,
        "STATED_TWICE",
        "Giấy tờ này đã nêu ở trên; hãy nêu một lần.",
        "This paper is named above; name it once.",
    )
}
