//! The way home: a parcel, the carrier's scans of it, and the dossier's end at the door or at the counter.

use chassis::service::BoxError;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::mailing::v1 as mailing;
use proto::motcua::mailing::v1::{ScanKind, Shipment, ShipmentState};
use proto::motcua::r#type::v1::DossierStatus;
use tonic::Code;

use super::clients::as_caller;
use super::telling::{instant, local};
use super::walk::{Walker, a_moment, expect};

/// What a parcel's way to the door is told by, in whatever order its scans come in.
const WAY: [ScanKind; 4] =
    [ScanKind::Accepted, ScanKind::InTransit, ScanKind::OutForDelivery, ScanKind::Delivered];

/// The same of one that nobody takes.
const WAY_BACK: [ScanKind; 7] = [
    ScanKind::Accepted,
    ScanKind::InTransit,
    ScanKind::OutForDelivery,
    ScanKind::OutForDelivery,
    ScanKind::Attempted,
    ScanKind::Attempted,
    ScanKind::Returned,
];

impl Walker<'_> {
    /// The citizen follows the parcel to the door and sees the dossier end with it.
    pub(super) async fn deliver(&mut self, dossier: &str) -> Result<(), BoxError> {
        let posted = self.posted(dossier).await?;
        let delivered = self.follow(dossier, "ShipmentDelivered", came(&WAY)).await?;
        expect(delivered.item_number == posted.item_number, "the parcel changed its number")?;
        let scans = delivered.scans.iter().map(scan).collect();
        self.saw_with("at the door; the carrier's scans, put in order:", scans);
        let at = instant(delivered.deliver_time);
        self.remember("Parcel", format!("{}, delivered {at}", delivered.item_number));
        self.end().await
    }

    /// Nobody is home twice; the parcel comes back, and the citizen reads on the telephone where it waits.
    pub(super) async fn come_back(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.posted(dossier).await?;
        self.told_by_telephone("ShipmentScanned", "Nobody took the result").await?;
        let back = self.follow(dossier, "ShipmentReturned", came(&WAY_BACK)).await?;
        expect(back.state() == ShipmentState::Returned, "the parcel is not back")?;
        let scans = back.scans.iter().map(scan).collect();
        self.saw_with("back at the agency; the carrier's scans, put in order:", scans);
        let at = instant(back.return_time);
        self.remember("Parcel", format!("{}, tried twice, back {at}", back.item_number));
        let done = DossierStatus::ProcessingDone;
        self.hear("ShipmentReturned", EntryKind::ShipmentReturned, done).await?;
        self.told_by_telephone("ShipmentReturned", "one-stop desk of Long Truong Ward").await
    }

    /// The officer at the counter, where the result is since a fact, gives it to its owner, who shows who they are.
    pub(super) async fn hand_over(
        &mut self,
        dossier: &str,
        fact: &'static str,
    ) -> Result<(), BoxError> {
        self.chapter("The counter");
        self.find_task(dossier, fact).await?;
        self.work(dossier, "return", "returned").await?;
        self.end().await
    }

    /// The result is in the citizen's hands, and the dossier at its end.
    async fn end(&mut self) -> Result<(), BoxError> {
        let returned = DossierStatus::ResultReturned;
        let end = self.hear("ResultReturned", EntryKind::ResultReturned, returned).await?;
        self.closed = end.happen_time.and_then(chassis::clock::instant);
        Ok(())
    }

    /// The parcel once the carrier has it.
    async fn posted(&mut self, dossier: &str) -> Result<Shipment, BoxError> {
        self.chapter("The parcel");
        let posted = self.follow(dossier, "ShipmentPosted", is_posted).await?;
        self.saw(format!("item {}, handed to the carrier", posted.item_number));
        Ok(posted)
    }

    /// The parcel once it is `there`; before it is opened nobody may know of it.
    async fn follow(
        &mut self,
        dossier: &str,
        fact: &'static str,
        there: impl Fn(&Shipment) -> bool,
    ) -> Result<Shipment, BoxError> {
        self.begin("citizen", "mailing", fact);
        loop {
            let name = dossier.replace("dossiers/", "shipments/");
            let asked = mailing::GetShipmentRequest { name };
            match self.clients.shipments.get_shipment(as_caller(asked, &self.citizen)?).await {
                Ok(found) if there(found.get_ref()) => return Ok(found.into_inner()),
                Err(status) if status.code() != Code::PermissionDenied => return Err(status.into()),
                _ => a_moment().await,
            }
        }
    }
}

fn is_posted(parcel: &Shipment) -> bool {
    parcel.state >= ShipmentState::Posted.into()
}

/// Whether a parcel was scanned all along a way.
fn came(way: &[ScanKind]) -> impl Fn(&Shipment) -> bool {
    move |parcel| {
        let mut kinds: Vec<_> = parcel.scans.iter().map(mailing::Scan::kind).collect();
        kinds.sort_unstable();
        kinds == way
    }
}

fn scan(scan: &mailing::Scan) -> String {
    let words = scan.kind().as_str_name().trim_start_matches("SCAN_KIND_").to_lowercase();
    let at = scan.scan_time.and_then(chassis::clock::instant);
    let at = at.map(|at| local(at).strftime("%H:%M:%S%.3f").to_string()).unwrap_or_default();
    format!("{at}  {}", words.replace('_', " "))
}
