//! `ShipmentService`: parcels with results.

use chassis::access::{Caller, Person, caller};
use chassis::clock::timestamp;
use chassis::database::failed;
use chassis::names;
use chassis::refusal::{Failure, Refusal};
use proto::motcua::mailing::v1 as pb;
use proto::motcua::mailing::v1::shipment_service_server::ShipmentService;
use tonic::{Request, Response, Status};

use crate::events::{name, reference};
use crate::outside::Dossiers;
use crate::shipment::{Scan, Shipment};
use crate::store::MailStore;

/// Shows shipments.
pub struct Shipments {
    /// Reads them.
    pub store: MailStore,
    /// Tells whose dossier it is.
    pub dossiers: Dossiers,
}

#[tonic::async_trait]
impl ShipmentService for Shipments {
    async fn get_shipment(
        &self,
        request: Request<pb::GetShipmentRequest>,
    ) -> Result<Response<pb::Shipment>, Status> {
        let id = names::id("shipments", &request.get_ref().name, "name")?;
        let found = self.store.shipment(id).await.map_err(failed)?;
        let shipment = found.ok_or_else(Refusal::denied)?;
        self.check_reader(&caller(&request), &shipment).await?;
        Ok(Response::new(shown(&shipment)))
    }
}

impl Shipments {
    /// Its citizen, officers of its agency, and services may read a shipment.
    async fn check_reader(&self, caller: &Caller, shipment: &Shipment) -> Result<(), Failure> {
        let dossier = &shipment.parcel.dossier;
        match caller {
            Caller::Known { name, person: Person::Citizen { .. } } => {
                self.dossiers.check_owner(dossier.id, name).await
            }
            Caller::Known { person: Person::Officer { agency, .. }, .. }
                if *agency == dossier.agency =>
            {
                Ok(())
            }
            Caller::Known { person: Person::Service, .. } => Ok(()),
            _ => Err(Refusal::denied().into()),
        }
    }
}

fn shown(shipment: &Shipment) -> pb::Shipment {
    let Shipment { parcel, opened_at, posted_at, scans } = shipment;
    pb::Shipment {
        name: name(parcel),
        dossier: Some(reference(&parcel.dossier)),
        item_number: parcel.item_number.to_string(),
        state: shipment.state().into(),
        open_time: Some(timestamp(*opened_at)),
        post_time: posted_at.map(timestamp),
        deliver_time: scans.earliest(pb::ScanKind::Delivered).map(timestamp),
        return_time: scans.earliest(pb::ScanKind::Returned).map(timestamp),
        scans: scans.all().iter().map(scan).collect(),
    }
}

fn scan(scan: &Scan) -> pb::Scan {
    pb::Scan {
        scan_id: scan.id.clone(),
        kind: scan.kind.into(),
        scan_time: Some(timestamp(scan.at)),
        place_code: scan.place.clone(),
    }
}
