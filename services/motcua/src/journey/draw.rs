//! The draw: a number by chance, and the proof that it was chance.

use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::DossierStatus;
use proto::motcua::workflow::v1 as workflow;

use super::clients::as_caller;
use super::slip;
use super::walk::{Walker, expect, wish};

impl Walker<'_> {
    /// The citizen draws a number and checks the proof without us; the fee falls due.
    pub(super) async fn draw(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("The draw");
        let vehicle = self.vehicle.clone();
        let drawn = self.draw_number(dossier, &vehicle).await?;
        self.verify(dossier, &vehicle, drawn).await?;
        let due = DossierStatus::FinancialObligationRequired;
        self.hear("FeeFellDue", EntryKind::FeeFellDue, due).await?;
        Ok(())
    }

    async fn draw_number(
        &mut self,
        dossier: &str,
        vehicle: &str,
    ) -> Result<workflow::Draw, BoxError> {
        self.begin("citizen", "workflow", "DrawNumber");
        let asked = workflow::DrawNumberRequest {
            name: dossier.replace("dossiers/", "cases/"),
            vehicle_kind: workflow::VehicleKind::Motorcycle.into(),
            vehicle: vehicle.into(),
            request_id: wish(),
        };
        let request = as_caller(asked.clone(), &self.citizen)?;
        let drawn = self.clients.draws.draw_number(request).await?.into_inner();
        let request = as_caller(asked, &self.citizen)?;
        let again = self.clients.draws.draw_number(request).await?.into_inner();
        expect(again == drawn, "a repeat drew another number")?;
        let seen = format!("{}, sent twice, drawn once", drawn.number);
        self.saw_with(seen, slip::lines(&drawn));
        self.remember("Plate", format!("{}, drawn by chance and proved", drawn.number));
        Ok(drawn)
    }

    /// First without any server, then by the convenience that anyone may use; a slip that was altered convinces neither.
    async fn verify(
        &mut self,
        dossier: &str,
        vehicle: &str,
        drawn: workflow::Draw,
    ) -> Result<(), BoxError> {
        self.begin("citizen", "workflow", "VerifyDraw");
        let asked = dossier::GetDossierRequest { name: dossier.into() };
        let request = as_caller(asked, &self.citizen)?;
        let owner = self.clients.dossiers.get_dossier(request).await?.into_inner().owner;
        slip::check(&drawn, &owner, vehicle)?;
        let altered = workflow::Draw { index: drawn.index ^ 1, ..drawn.clone() };
        expect(slip::check(&altered, &owner, vehicle).is_err(), "an altered slip convinces")?;
        for (draw, valid) in [(drawn, true), (altered, false)] {
            // The salt stays with the citizen.
            let draw = Some(workflow::Draw { salt: Vec::new(), ..draw });
            let asked = workflow::VerifyDrawRequest { draw };
            let verdict = self.clients.draws.verify_draw(asked).await?.into_inner();
            expect(verdict.valid == valid, &verdict.problem)?;
        }
        let seen = "the proof holds, computed by the citizen's own machine";
        self.saw(seen);
        Ok(())
    }
}
