//! Callers by the thousand who say nothing.

use motcua::open_files;
use proto::motcua::dossier::v1::ListDossiersRequest;
use support::eventually;
use tokio::net::TcpStream;

use crate::installation::{Citizen, ENOUGH, Installation};

/// More than a process may have files open by default, and more than a server takes.
const SILENT: u32 = 1100;

#[tokio::test]
async fn silent_callers_shut_nobody_out_for_long() {
    open_files::raise(2 * u64::from(SILENT));
    let installation = Installation::new();
    let running = installation.up().await;
    let mut silent = Vec::new();
    for _ in 0..SILENT {
        let address = ("127.0.0.1", installation.port("dossier.listen"));
        silent.push(TcpStream::connect(address).await.expect("a connection"));
    }
    let citizen = Citizen::of(&installation);
    eventually(ENOUGH, async || {
        installation.dossiers().list_dossiers(citizen.asks(ListDossiersRequest::default())).await
    })
    .await;
    running.terminate();
    assert_eq!(running.ended().await, Some(0));
}
