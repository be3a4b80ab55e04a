//! `motcua ctl client` and `disable-client`: programs that call in their own name.

use chassis::service::BoxError;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::client_service_client::ClientServiceClient;

use super::identity::Identity;
use super::{refused, wish};

impl Identity {
    /// Shuts a client out for ever.
    ///
    /// # Errors
    /// Identity refuses.
    pub async fn disable(&self, id: String) -> Result<String, BoxError> {
        let mut clients = ClientServiceClient::new(self.channel.clone());
        let request =
            pb::DisableClientRequest { name: format!("clients/{id}"), request_id: wish() };
        let client = clients.disable_client(self.signed(request)?).await.map_err(refused)?;
        let name = client.into_inner().name;
        Ok(format!("{name} is disabled: it gets no token any more. A new key is a new client."))
    }

    /// Registers a client under its public key.
    ///
    /// # Errors
    /// Identity refuses.
    pub async fn register(
        &self,
        client_id: String,
        public_key: String,
    ) -> Result<String, BoxError> {
        let mut clients = ClientServiceClient::new(self.channel.clone());
        let request = pb::CreateClientRequest { client_id, public_key, request_id: wish() };
        let client = clients.create_client(self.signed(request)?).await.map_err(refused)?;
        let name = client.into_inner().name;
        Ok(format!("{name} is registered: it signs an assertion and calls IssueClientToken."))
    }
}
