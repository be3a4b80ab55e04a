//! Drawing a number: the proof and its row of candidates come from outside, what is still free is known under the lock.

use std::collections::{BTreeMap, BTreeSet};

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Stream};
use jiff::Timestamp;
use proto::motcua::workflow::v1::NumberState;
use uuid::Uuid;

use super::{Case, Fact, Named};
use crate::draw::{Draw, EpochId, PlateNumber, PoolName, Proof, SubjectHash, VehicleHash};
use crate::epochs::exhausted;
use crate::process::Wait;
use crate::rules::Rules;

/// A number drawn in a case, with what proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawn {
    /// The number given.
    pub number: PlateNumber,
    /// Whether it is final.
    pub state: NumberState,
    /// The epoch it was drawn in.
    pub epoch: EpochName,
    /// Its place in the epoch's list.
    pub index: u32,
    /// Places before it in the row that were taken.
    pub skipped: Vec<u32>,
    /// The proof.
    pub proof: Proof,
    /// Who drew for which vehicle.
    pub subject: SubjectHash,
    /// The vehicle.
    pub vehicle: VehicleHash,
    /// `accounts/{uuid}`.
    pub drawn_by: String,
    /// When.
    pub drawn_at: Timestamp,
}

/// An epoch of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EpochName {
    /// The pool.
    pub pool: PoolName,
    /// Which of its epochs.
    pub id: EpochId,
}

/// What a draw needs to know besides its case.
#[derive(Clone, Debug, Default)]
pub struct Wants {
    /// Candidates: which of them are taken?
    pub numbers: Vec<PlateNumber>,
    /// Did this vehicle draw in this epoch, or has it a number from another?
    pub vehicle: Option<(VehicleHash, EpochName)>,
}

/// What was found of it, for all commands of a batch together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// Of the candidates, those taken.
    pub taken: BTreeSet<PlateNumber>,
    /// Of the vehicles, those that drew in the epoch asked for or have a number.
    pub vehicles: BTreeSet<VehicleHash>,
}

/// Draws a number for the vehicle of a dossier, whose owner draws.
#[derive(Clone, Debug)]
pub struct DrawNumber {
    /// The case.
    pub id: Uuid,
    /// The epoch drawn in.
    pub epoch: EpochName,
    /// Who draws for which vehicle.
    pub subject: SubjectHash,
    /// The vehicle.
    pub vehicle: VehicleHash,
    /// Who draws, `accounts/{uuid}`.
    pub citizen: String,
    /// Proof and candidates.
    pub draw: Draw,
    /// The number at each candidate place.
    pub row: BTreeMap<u32, PlateNumber>,
}

impl Command for DrawNumber {
    const NAME: &'static str = "DrawNumber";
    type Root = Case;
    type Answer = Named;

    fn stream(&self) -> Stream {
        Stream(self.id)
    }

    fn wants(&self) -> Wants {
        let numbers = self.row.values().copied().collect();
        Wants { numbers, vehicle: Some((self.vehicle, self.epoch.clone())) }
    }

    fn decide(
        &self,
        before: Option<&Case>,
        rules: &Rules,
        at: &mut At<'_>,
    ) -> Result<Decided<Case, Named>, Refusal> {
        let case = before.ok_or_else(Refusal::denied)?;
        if !case.awaits(Wait::Draw, rules) {
            return Err(not_due());
        }
        if case.beside.vehicles.contains(&self.vehicle) {
            return Err(vehicle_drawn());
        }
        let drawn = self.pick(&case.beside.taken, at.now).ok_or_else(exhausted)?;
        let revision = case.revision + 1;
        let mut case = Case { revision, draw: Some(drawn), ..case.clone() };
        let drawn = Fact::NumberDrawn(Box::new(case.clone()));
        let went = case.end_wait(Wait::Draw, at.now, rules, at)?;
        let facts = std::iter::once(drawn).chain(went).collect();
        Ok(Decided { after: case, facts, answer: Named { id: self.id } })
    }
}

impl DrawNumber {
    /// The first candidate that is free.
    fn pick(&self, taken: &BTreeSet<PlateNumber>, now: Timestamp) -> Option<Drawn> {
        let free = |index| self.row.get(&index).is_some_and(|number| !taken.contains(number));
        let pick = self.draw.pick(free)?;
        Some(Drawn {
            number: *self.row.get(&pick.index)?,
            state: NumberState::Held,
            epoch: self.epoch.clone(),
            index: pick.index,
            skipped: pick.skipped,
            proof: self.draw.proof,
            subject: self.subject,
            vehicle: self.vehicle,
            drawn_by: self.citizen.clone(),
            drawn_at: now,
        })
    }
}

fn not_due() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "DRAW_NOT_DUE",
        "Hồ sơ không ở bước bấm biển số; nếu đã bấm, hãy xem lại kết quả.",
        "The case waits for no draw; if a number was drawn already, read it.",
    )
}

fn vehicle_drawn() -> Refusal {
    Refusal::new(
        Kind::Precondition,
        "VEHICLE_DRAWN",
        "Xe này đã được bấm biển số trong một hồ sơ khác; hãy kiểm tra lại số khung. \
         Nếu số đó đã hết hạn nộp lệ phí, hãy bấm lại ở đợt sau.",
        "A number was drawn for this vehicle in another dossier; check its identification number. \
         If that number lapsed unpaid, draw again in the next epoch.",
    )
}
