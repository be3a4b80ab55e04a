//! The parcel with the result: it was delivered, or it came back and is fetched at the counter.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::r#type::v1::ReturnWay;
use uuid::Uuid;

use super::{Case, Fact};
use crate::process::{Outcome, Ways};
use crate::rules::Rules;

/// Ends a case whose result was delivered, as ShipmentDelivered asks for it.
#[derive(Clone, Debug)]
pub struct DeliverParcel {
    /// The case.
    pub id: Uuid,
    /// When, by the carrier's clock.
    pub delivered_at: Timestamp,
}

/// Has a result that nobody took handed over at the counter, as ShipmentReturned asks for it.
#[derive(Clone, Debug)]
pub struct TakeParcelBack {
    /// The case.
    pub id: Uuid,
}

impl Command for DeliverParcel {
    const NAME: &'static str = "DeliverParcel";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let mut case = Case::awaiting_parcel(before)?;
        // Another's clock gave the instant: nothing is delivered before it was issued or after now.
        let from = case.issued_at.unwrap_or(at.now);
        let came = self.delivered_at.clamp(from, at.now.max(from));
        let facts = case.parcel_over(came, |ways| &ways.delivered, rules, at)?;
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Command for TakeParcelBack {
    const NAME: &'static str = "TakeParcelBack";
    type Root = Case;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, ()>, Refusal> {
        let mut case = Case::awaiting_parcel(before)?;
        case.return_way = ReturnWay::Counter;
        let facts = case.parcel_over(at.now, |ways| &ways.undelivered, rules, at)?;
        Ok(Decided { after: case, facts, answer: () })
    }
}

impl Case {
    /// The case, to be changed, if its parcel is on the way; a fact that comes twice or late changes nothing.
    fn awaiting_parcel(before: Option<&Self>) -> Result<Self, Refusal> {
        let case = before.filter(|case| case.parcel.is_some()).ok_or_else(no_parcel)?;
        Ok(Self { revision: case.revision + 1, ..case.clone() })
    }

    /// The parcel is on the way no longer: what follows, the step that issued the result says.
    fn parcel_over(
        &mut self,
        came: Timestamp,
        chosen: fn(&Ways) -> &Outcome,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Vec<Fact>, Refusal> {
        let step = self.parcel.take().ok_or_else(no_parcel)?;
        let ways = rules.process(self)?.step(&step).and_then(|step| step.ways());
        let outcome = chosen(ways.ok_or_else(no_parcel)?);
        self.status = outcome.status;
        self.follow(outcome, came, rules, at)
    }
}

fn no_parcel() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "NO_PARCEL",
        "Hồ sơ không có bưu gửi nào đang trên đường.",
        "No parcel of the case is on its way.",
    )
}
