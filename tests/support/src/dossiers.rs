//! A stand-in for dossier, which other services ask one thing: whose a dossier is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::dossier_service_server::{DossierService, DossierServiceServer};
use tonic::service::Routes;
use tonic::{Request, Response, Status};

/// Dossiers by name.
#[derive(Clone, Default)]
pub struct Dossiers(Arc<Mutex<HashMap<String, pb::Dossier>>>);

impl Dossiers {
    /// Serves, and returns where.
    pub async fn serve(&self) -> String {
        crate::serve(Routes::new(DossierServiceServer::new(self.clone()))).await
    }

    /// Knows a dossier from now on.
    pub fn know(&self, dossier: pb::Dossier) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(dossier.name.clone(), dossier);
    }
}

type Answer<T> = Result<Response<T>, Status>;

fn not_asked<T>() -> Answer<T> {
    Err(Status::unimplemented("no service asks this"))
}

#[tonic::async_trait]
impl DossierService for Dossiers {
    async fn get_dossier(&self, asked: Request<pb::GetDossierRequest>) -> Answer<pb::Dossier> {
        assert!(asked.metadata().contains_key("authorization"), "a service shows who it is");
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get(&asked.get_ref().name).cloned();
        found.map(Response::new).ok_or_else(|| Status::permission_denied("none of yours"))
    }

    async fn create_dossier(&self, _: Request<pb::CreateDossierRequest>) -> Answer<pb::Dossier> {
        not_asked()
    }

    async fn save_step(&self, _: Request<pb::SaveStepRequest>) -> Answer<pb::Dossier> {
        not_asked()
    }

    async fn delete_dossier(&self, _: Request<pb::DeleteDossierRequest>) -> Answer<()> {
        not_asked()
    }

    async fn submit_dossier(&self, _: Request<pb::SubmitDossierRequest>) -> Answer<pb::Dossier> {
        not_asked()
    }

    async fn hand_in_dossier(&self, _: Request<pb::HandInDossierRequest>) -> Answer<pb::Dossier> {
        not_asked()
    }

    async fn request_withdrawal(
        &self,
        _: Request<pb::RequestWithdrawalRequest>,
    ) -> Answer<pb::Dossier> {
        not_asked()
    }

    async fn list_dossiers(
        &self,
        _: Request<pb::ListDossiersRequest>,
    ) -> Answer<pb::ListDossiersResponse> {
        not_asked()
    }

    async fn look_up_dossier(
        &self,
        _: Request<pb::LookUpDossierRequest>,
    ) -> Answer<pb::LookUpDossierResponse> {
        not_asked()
    }
}
