//! The ways a dossier can go, each to a proper end.

use std::fmt;

use chassis::service::BoxError;
use clap::ValueEnum;
use clap::builder::PossibleValue;
use proto::motcua::payment::v1::Invoice;
use sandbox::carrier::NOBODY_HOME;

use super::supplement;
use super::walk::Walker;

/// A way through the mesh: what its people do, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Route {
    /// Accepted, drawn, paid, settled, delivered and rated
    #[default]
    Straight,
    /// Refused with reasons, which the citizen reads
    Refused,
    /// Supplemented twice, then as the straight one
    Supplement,
    /// Withdrawn while its fee is due: denied once, then granted
    Withdrawn,
    /// Paid too little, then the rest
    Short,
    /// Paid twice: a cashier finds the money and pays it back
    Double,
    /// Paid once, told of twice by the bank: it counts once
    TwiceCalled,
    /// Its parcel finds nobody home twice and comes back: handed over at the counter
    Undelivered,
    /// Filed, paid and fetched at the counter by someone who has no telephone
    Counter,
    /// The telephone is stolen, and replaced at the counter: the thief is out, its owner goes on
    LostPhone,
}

impl fmt::Display for Route {
    /// As the command line names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = self.to_possible_value();
        f.write_str(named.as_ref().map_or("", PossibleValue::get_name))
    }
}

impl Route {
    /// Every way there is.
    pub fn all() -> &'static [Self] {
        Self::value_variants()
    }
}

impl Walker<'_> {
    pub(super) async fn go(&mut self, route: Route) -> Result<(), BoxError> {
        match route {
            Route::Straight => self.straight().await,
            Route::Refused => self.refused().await,
            Route::Supplement => self.supplemented().await,
            Route::Withdrawn => self.withdrawn().await,
            Route::Short => self.short().await,
            Route::Double => self.double().await,
            Route::TwiceCalled => self.twice_called().await,
            Route::Undelivered => self.undelivered().await,
            Route::Counter => self.counter().await,
            Route::LostPhone => self.lost_phone().await,
        }
    }

    async fn straight(&mut self) -> Result<(), BoxError> {
        let (dossier, _) = self.paid().await?;
        self.finish(&dossier).await
    }

    async fn refused(&mut self) -> Result<(), BoxError> {
        let dossier = self.submitted().await?;
        self.refuse(&dossier).await
    }

    async fn supplemented(&mut self) -> Result<(), BoxError> {
        let (dossier, _) = self.paid().await?;
        self.supplement(&dossier, 1, &supplement::FIRST).await?;
        self.supplement(&dossier, 2, &supplement::SECOND).await?;
        self.finish(&dossier).await
    }

    async fn withdrawn(&mut self) -> Result<(), BoxError> {
        let dossier = self.drawn().await?;
        self.withdraw(&dossier).await
    }

    async fn short(&mut self) -> Result<(), BoxError> {
        let dossier = self.drawn().await?;
        self.pay_in_parts(&dossier).await?;
        self.finish(&dossier).await
    }

    async fn double(&mut self) -> Result<(), BoxError> {
        let (dossier, invoice) = self.paid().await?;
        self.settle(&dossier).await?;
        self.deliver(&dossier).await?;
        self.pay_again(&invoice).await?;
        self.rate(&dossier).await
    }

    async fn twice_called(&mut self) -> Result<(), BoxError> {
        let (dossier, invoice) = self.paid().await?;
        self.hear_the_bank_again(&invoice).await?;
        self.finish(&dossier).await
    }

    async fn undelivered(&mut self) -> Result<(), BoxError> {
        self.street = format!("{NOBODY_HOME} đường số 3, khu phố 5");
        let (dossier, _) = self.paid().await?;
        self.settle(&dossier).await?;
        self.come_back(&dossier).await?;
        self.hand_over(&dossier, "ShipmentReturned").await?;
        self.rate(&dossier).await
    }

    async fn counter(&mut self) -> Result<(), BoxError> {
        self.comes_without_phone().await?;
        let dossier = self.file_at_counter().await?;
        self.watch(&dossier).await?;
        self.accepted_and_drawn(&dossier).await?;
        self.pay(&dossier).await?;
        self.settle(&dossier).await?;
        self.hand_over(&dossier, "ResultIssued").await
    }

    async fn lost_phone(&mut self) -> Result<(), BoxError> {
        self.citizen_signs_in().await?;
        let dossier = self.file().await?;
        self.lose_phone().await?;
        self.get_new_phone().await?;
        self.lies_before_the_officer(&dossier).await?;
        self.accepted_and_drawn(&dossier).await?;
        self.pay(&dossier).await?;
        self.finish(&dossier).await
    }

    /// To its end from where it is paid for and nothing is missing.
    async fn finish(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.settle(dossier).await?;
        self.deliver(dossier).await?;
        self.rate(dossier).await
    }

    /// A dossier that was accepted, has its number and is paid for; and its invoice.
    async fn paid(&mut self) -> Result<(String, Invoice), BoxError> {
        let dossier = self.drawn().await?;
        let invoice = self.pay(&dossier).await?;
        Ok((dossier, invoice))
    }

    /// A dossier that was accepted and whose number is drawn: its fee is due.
    async fn drawn(&mut self) -> Result<String, BoxError> {
        let dossier = self.submitted().await?;
        self.accepted_and_drawn(&dossier).await?;
        Ok(dossier)
    }

    async fn accepted_and_drawn(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.receive(dossier).await?;
        self.draw(dossier).await
    }

    /// A dossier that lies before the officer who receives it, and whose owner hears of it.
    async fn submitted(&mut self) -> Result<String, BoxError> {
        self.citizen_signs_in().await?;
        let dossier = self.file().await?;
        self.lies_before_the_officer(&dossier).await?;
        Ok(dossier)
    }

    async fn lies_before_the_officer(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.watch(dossier).await?;
        self.officer_signs_in().await
    }
}
