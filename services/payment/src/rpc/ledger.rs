//! `LedgerService`: that the books balance.

use proto::motcua::payment::v1 as pb;
use proto::motcua::payment::v1::ledger_service_server::LedgerService;
use tonic::{Request, Response, Status};

use super::{convert, failed};
use crate::store::FolioStore;

/// Adds the books up.
pub struct Ledger {
    /// Reads them.
    pub store: FolioStore,
}

#[tonic::async_trait]
impl LedgerService for Ledger {
    async fn check_ledger(
        &self,
        _request: Request<pb::CheckLedgerRequest>,
    ) -> Result<Response<pb::CheckLedgerResponse>, Status> {
        let balances = self.store.balances().await.map_err(failed)?;
        Ok(Response::new(convert::balances(&balances)))
    }
}
