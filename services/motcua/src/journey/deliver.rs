//! The way home: a parcel, the carrier's scans of it, and the dossier's end.

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

impl Walker<'_> {
    /// The citizen follows the parcel to the door and sees the dossier end with it.
    pub(super) async fn deliver(&mut self, dossier: &str) -> Result<(), BoxError> {
        self.chapter("The parcel");
        let name = dossier.replace("dossiers/", "shipments/");
        let posted = self.follow(&name, "ShipmentPosted", is_posted).await?;
        self.saw(format!("item {}, handed to the carrier", posted.item_number));
        let delivered = self.follow(&name, "ShipmentDelivered", came_all_the_way).await?;
        expect(delivered.item_number == posted.item_number, "the parcel changed its number")?;
        let scans = delivered.scans.iter().map(scan).collect();
        self.saw_with("at the door; the carrier's scans, put in order:", scans);
        let at = instant(delivered.deliver_time);
        self.remember("Parcel", format!("{}, delivered {at}", delivered.item_number));
        let returned = DossierStatus::ResultReturned;
        let end = self.hear("ResultReturned", EntryKind::ResultReturned, returned).await?;
        self.closed = end.happen_time.and_then(chassis::clock::instant);
        Ok(())
    }

    /// The parcel once it is `there`; before it is opened nobody may know of it.
    async fn follow(
        &mut self,
        name: &str,
        fact: &'static str,
        there: fn(&Shipment) -> bool,
    ) -> Result<Shipment, BoxError> {
        self.begin("citizen", "mailing", fact);
        loop {
            let asked = mailing::GetShipmentRequest { name: name.into() };
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

fn came_all_the_way(parcel: &Shipment) -> bool {
    WAY.iter().all(|kind| parcel.scans.iter().any(|scan| scan.kind() == *kind))
}

fn scan(scan: &mailing::Scan) -> String {
    let words = scan.kind().as_str_name().trim_start_matches("SCAN_KIND_").to_lowercase();
    let at = scan.scan_time.and_then(chassis::clock::instant);
    let at = at.map(|at| local(at).strftime("%H:%M:%S%.3f").to_string()).unwrap_or_default();
    format!("{at}  {}", words.replace('_', " "))
}
