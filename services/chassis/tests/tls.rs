//! A caller speaks to the service it means, of its own mesh, and to nobody else.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chassis::access::{Rules, SigningKey, Verifier};
use chassis::clock::Clock;
use chassis::health::Health;
use chassis::replicas::{Manner, channel, serves};
use chassis::server::{Places, Serving};
use chassis::telemetry::Metrics;
use chassis::tls::{Authority, Shown, shown};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use support::{PATIENCE, eventually};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("motcua-tls-{}", uuid::Uuid::now_v7())))
    }
}

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

/// What mailing shows, as [`mesh`] made it.
fn of_mailing(folder: &Path) -> Shown {
    shown(&folder.join("mailing.pem"), &folder.join("mailing.key")).expect("files")
}

/// Where mailing is served, for as long as the test goes.
async fn mailing(tls: Shown) -> SocketAddr {
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
        tls: Some(tls),
    };
    tokio::spawn(serving.on(listener, CancellationToken::new()));
    at
}

#[tokio::test]
async fn only_the_service_that_is_meant_is_spoken_to() {
    let folder = Folder::new();
    let (ours, theirs) = (mesh(&folder.0.join("ours")), mesh(&folder.0.join("theirs")));
    let at = mailing(of_mailing(&folder.0.join("ours"))).await;
    let speaks = async |address: String, authority: &Authority, service: &str| {
        serves(&address, &Manner { patience: PATIENCE, tls: Some(authority.of(service)) }).await
    };
    eventually(PATIENCE, async || speaks(format!("https://{at}"), &ours, "mailing").await).await;
    assert!(!speaks(format!("https://{at}"), &ours, "payment").await, "another service");
    assert!(!speaks(format!("https://{at}"), &theirs, "mailing").await, "another mesh");
    assert!(!speaks(format!("http://{at}"), &ours, "mailing").await, "in plain");
}

/// A handshake are many bytes of no meaning yet: who ends it and then says nothing is as silent as who says nothing at all.
#[tokio::test]
async fn who_encrypts_and_says_nothing_is_closed() {
    let folder = Folder::new();
    mesh(&folder.0);
    let at = mailing(of_mailing(&folder.0)).await;
    let authority = CertificateDer::from_pem_file(folder.0.join("authority.pem")).expect("PEM");
    let mut trusted = RootCertStore::empty();
    trusted.add(authority).expect("an authority");
    let provider = Arc::new(crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(trusted)
        .with_no_client_auth();
    let name = ServerName::try_from("mailing").expect("a name");
    let socket = TcpStream::connect(at).await.expect("connected");
    let connector = TlsConnector::from(Arc::new(config));
    let mut silent = connector.connect(name, socket).await.expect("a handshake");
    let closed = tokio::time::timeout(PATIENCE, silent.read_to_end(&mut Vec::new())).await;
    closed.expect("closed in time").ok();
}

/// Stands before a server and lets the first who connects pass; of the others it keeps back what the server says, until it is told.
struct Front {
    at: SocketAddr,
    /// Who has said hello, and nothing since.
    half_made: Arc<AtomicUsize>,
    told: CancellationToken,
}

impl Front {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("its address");
        let front = Self { at, half_made: Arc::default(), told: CancellationToken::new() };
        let (half_made, told) = (front.half_made.clone(), front.told.clone());
        tokio::spawn(async move {
            let (mut first, _) = listener.accept().await.expect("the first");
            tokio::spawn(async move {
                copy_bidirectional(&mut first, &mut TcpStream::connect(server).await?).await
            });
            while let Ok((caller, _)) = listener.accept().await {
                tokio::spawn(pass_on(caller, server, half_made.clone(), told.clone()));
            }
        });
        front
    }

    fn half_made(&self) -> usize {
        self.half_made.load(Ordering::SeqCst)
    }
}

async fn pass_on(
    mut caller: TcpStream,
    server: SocketAddr,
    half_made: Arc<AtomicUsize>,
    told: CancellationToken,
) -> std::io::Result<()> {
    let mut hello = vec![0; 16 * 1024];
    let said = caller.read(&mut hello).await?;
    half_made.fetch_add(1, Ordering::SeqCst);
    told.cancelled().await;
    let (mut caller, mut to_caller) = caller.into_split();
    let (mut server, mut to_server) = TcpStream::connect(server).await?.into_split();
    tokio::spawn(async move { copy(&mut server, &mut to_caller).await });
    to_server.write_all(&hello[..said]).await?;
    caller.peek(&mut [0]).await?;
    half_made.fetch_sub(1, Ordering::SeqCst);
    copy(&mut caller, &mut to_server).await.map(drop)
}

/// A server closes who does not go on speaking, and a call that comes to such a connection later fails.
#[tokio::test]
async fn what_connects_for_a_call_goes_on_without_the_next_one() {
    let folder = Folder::new();
    let authority = mesh(&folder.0);
    let quick = mailing(of_mailing(&folder.0)).await;
    let slow = Front::before(mailing(of_mailing(&folder.0)).await).await;
    let addresses = [quick, slow.at].map(|at| format!("https://{at}"));
    let manner = Manner { patience: PATIENCE, tls: Some(authority.of("mailing")) };
    let channel = channel(&addresses, manner).expect("addresses");
    let ask =
        async || HealthClient::new(channel.clone()).check(HealthCheckRequest::default()).await;
    let releases = async {
        eventually(PATIENCE, async || slow.half_made() == 1).await;
        slow.told.cancel();
    };
    let (one, other, ()) = tokio::join!(ask(), ask(), releases);
    assert!(one.is_ok() && other.is_ok(), "{one:?} {other:?}");
    eventually(PATIENCE, async || slow.half_made() == 0).await;
}
