//! `KeyService`: what tokens verify with.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chassis::access::Issuer;
use proto::motcua::identity::v1 as pb;
use proto::motcua::identity::v1::key_service_server::KeyService;
use tonic::{Request, Response, Status};

/// Shows the keys of the process.
pub struct KeySets(pub Issuer);

#[tonic::async_trait]
impl KeyService for KeySets {
    async fn get_key_set(
        &self,
        _: Request<pb::GetKeySetRequest>,
    ) -> Result<Response<pb::KeySet>, Status> {
        let key = pb::JsonWebKey {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            x: URL_SAFE_NO_PAD.encode(self.0.public()),
            kid: self.0.kid().into(),
            alg: "EdDSA".into(),
            r#use: "sig".into(),
        };
        Ok(Response::new(pb::KeySet { keys: vec![key] }))
    }
}
