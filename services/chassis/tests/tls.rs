//! A caller speaks to the service it means, of its own mesh, and to nobody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chassis::access::{Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::health::Health;
use chassis::replicas::{Manner, serves};
use chassis::server::{Places, Serving};
use chassis::telemetry::Metrics;
use chassis::tls::{Authority, shown};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{PATIENCE, eventually};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An authority, and what it gave to mailing.
fn mesh(folder: &Path) -> Authority {
    fs::create_dir_all(folder).expect("a folder");
    let key = KeyPair::generate().expect("a key");
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = parameters.self_signed(&key).expect("an authority");
    let issuer = Issuer::new(parameters, key);
    let key = KeyPair::generate().expect("a key");
    let parameters = CertificateParams::new(vec!["mailing".into()]).expect("a name");
    let certificate = parameters.signed_by(&key, &issuer).expect("a certificate");
    for (name, pem) in [
        ("authority.pem", authority.pem()),
        ("mailing.pem", certificate.pem()),
        ("mailing.key", key.serialize_pem()),
    ] {
        fs::write(folder.join(name), pem).expect("written");
    }
    Authority::read(&folder.join("authority.pem")).expect("read")
}

#[tokio::test]
async fn only_the_service_that_is_meant_is_spoken_to() {
    let name = format!("motcua-tls-{}", uuid::Uuid::now_v7());
    let folder = Folder(std::env::temp_dir().join(name));
    let (ours, theirs) = (mesh(&folder.0.join("ours")), mesh(&folder.0.join("theirs")));
    let of_mailing = folder.0.join("ours");
    let tls = shown(&of_mailing.join("mailing.pem"), &of_mailing.join("mailing.key"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let at = listener.local_addr().expect("its address");
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let serving = Serving {
        service: "mailing",
        routes: Routes::default(),
        rules: Arc::new(Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract")),
        verifier: Verifier::new(&[key], Clock::system()).expect("a key"),
        metrics: Metrics::new(),
        health: Health::of("mailing").await,
        reflection: false,
        connections: Places { all: 100, of_one: 100 },
        leave: Duration::ZERO,
        stopping: CancellationToken::new(),
        tls: Some(tls.expect("files")),
    };
    tokio::spawn(serving.on(listener, CancellationToken::new()));
    let speaks = async |address: String, authority: &Authority, service: &str| {
        serves(&address, &Manner { patience: PATIENCE, tls: Some(authority.of(service)) }).await
    };
    eventually(PATIENCE, async || speaks(format!("https://{at}"), &ours, "mailing").await).await;
    assert!(!speaks(format!("https://{at}"), &ours, "payment").await, "another service");
    assert!(!speaks(format!("https://{at}"), &theirs, "mailing").await, "another mesh");
    assert!(!speaks(format!("http://{at}"), &ours, "mailing").await, "in plain");
}
