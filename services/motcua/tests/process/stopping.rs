//! SIGTERM: what runs may finish, nothing new comes in, and the end is in order.

use chassis::server::DRAIN;
use futures::stream;
use proto::codec::Codec;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use support::eventually;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::Channel;

use crate::installation::{Citizen, ENOUGH, Installation, channel};

const LIST: &str = "/motcua.dossier.v1.DossierService/ListDossiers";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_runs_is_answered_and_the_end_is_in_order() {
    let installation = Installation::new();
    let running = installation.up().await;
    let citizen = Citizen::of(&installation);
    let connection = channel(installation.port("dossier.listen"));
    let (begun, has_begun) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    // The message follows its headers only when told to: meanwhile the call runs.
    let message = stream::once(async move {
        begun.send(()).expect("someone waits");
        may_go_on.await.expect("a word to go on");
        dossier::ListDossiersRequest::default()
    });
    let request = citizen.asks(message);
    let mut client = tonic::client::Grpc::new(connection.clone());
    let call = tokio::spawn(async move {
        client.ready().await.expect("connected");
        let path = PathAndQuery::from_static(LIST);
        client
            .client_streaming::<_, _, dossier::ListDossiersResponse, _>(
                request,
                path,
                Codec::default(),
            )
            .await
    });
    has_begun.await.expect("headers sent");
    a_later_call_on(connection, &citizen).await;
    running.terminate();
    eventually(ENOUGH, async || {
        TcpStream::connect(("127.0.0.1", installation.port("dossier.listen"))).await.is_err()
    })
    .await;
    go_on.send(()).expect("the call still runs");
    call.await.expect("no panic").expect("the call is answered");
    let code = timeout(ENOUGH, running.ended()).await.expect("it ends within the drain");
    assert_eq!(code, Some(0));
}

#[tokio::test]
async fn a_connection_that_says_nothing_does_not_hold_the_end() {
    let installation = Installation::new();
    let running = installation.up().await;
    let address = ("127.0.0.1", installation.port("dossier.listen"));
    let _silent = TcpStream::connect(address).await.expect("a connection");
    running.terminate();
    let code = timeout(DRAIN, running.ended()).await.expect("it ends before the drain would");
    assert_eq!(code, Some(0));
}

/// What is answered on the same connection was sent behind the headers: so the server has them.
async fn a_later_call_on(connection: Channel, citizen: &Citizen) {
    let mut client = DossierServiceClient::new(connection);
    let asked = citizen.asks(dossier::ListDossiersRequest::default());
    client.list_dossiers(asked).await.expect("an answer");
}
