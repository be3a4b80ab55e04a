//! A stand-in for dossier, which feedback asks one thing: whose a dossier is.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request as Call, State};
use axum::routing::post;
use proto::codec::Codec;
use proto::motcua::dossier::v1::{Dossier, GetDossierRequest};
use tokio::net::TcpListener;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

const GET_DOSSIER: &str = "/motcua.dossier.v1.DossierService/GetDossier";

/// Owners of dossiers, both by resource name.
#[derive(Clone, Default)]
pub struct Dossiers(Arc<Mutex<HashMap<String, String>>>);

impl Dossiers {
    /// Serves, and returns where.
    pub async fn serve(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().route(GET_DOSSIER, post(get)).with_state(self.clone());
        let serving = Server::builder()
            .add_routes(Routes::from(router))
            .serve_with_incoming(TcpIncoming::from(listener));
        tokio::spawn(serving);
        address
    }

    /// Knows a dossier from now on.
    pub fn know(&self, dossier: &str, owner: &str) {
        self.0.lock().unwrap().insert(dossier.into(), owner.into());
    }

    fn told(&self, asked: &Request<GetDossierRequest>) -> Result<Response<Dossier>, Status> {
        assert!(asked.metadata().contains_key("authorization"), "a service shows who it is");
        let name = asked.get_ref().name.clone();
        let owner = self.0.lock().unwrap().get(&name).cloned();
        let owner = owner.ok_or_else(|| Status::permission_denied("none of yours"))?;
        Ok(Response::new(Dossier { name, owner, ..Dossier::default() }))
    }
}

async fn get(State(dossiers): State<Dossiers>, call: Call) -> http::Response<tonic::body::Body> {
    let answer = tower::service_fn(move |asked: Request<GetDossierRequest>| {
        let told = dossiers.told(&asked);
        async move { told }
    });
    Grpc::new(Codec::<Dossier, GetDossierRequest>::default()).unary(answer, call).await
}
