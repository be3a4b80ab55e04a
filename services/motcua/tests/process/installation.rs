//! The real binary on a place and ports of its own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use chassis::clock::Clock;
use chassis::keys::Keys;
use chassis::replicas::Replicas;
use journeys::{People, in_name_of};
use motcua::{mesh, settings};
use proto::motcua::dossier::v1::dossier_service_client::DossierServiceClient;
use proto::motcua::dossier::v1::file_service_client::FileServiceClient;
use proto::motcua::identity::v1::officer_service_client::OfficerServiceClient;
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tonic::Request;
use tonic::transport::{Channel, Endpoint};
use uuid::Uuid;

/// Runs a program with the soft limit of open files that most systems give.
const AS_USUAL: &str = r#"ulimit -Sn 1024; exec "$0" "$@""#;

/// The drain, and what comes behind it.
pub const ENOUGH: Duration = Duration::from_secs(30);

/// Folders and ports for one installation, removed with the last who uses them.
pub struct Installation {
    folder: Arc<Folder>,
    ports: BTreeMap<&'static str, u16>,
}

struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Installation {
    pub fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("motcua-process-{}", Uuid::now_v7()));
        Self::on(Arc::new(Folder(folder)))
    }

    fn on(folder: Arc<Folder>) -> Self {
        let table = settings::table().into_iter().map(|setting| setting.name);
        let listening: Vec<_> = table.filter(|name| name.ends_with(".listen")).collect();
        let ports = free_ports(listening.len());
        Self { folder, ports: listening.into_iter().zip(ports).collect() }
    }

    /// The same data and keys on other ports.
    pub fn beside(&self) -> Self {
        Self::on(self.folder.clone())
    }

    pub fn data(&self) -> PathBuf {
        self.folder.0.join("data")
    }

    /// Where a service listens.
    pub fn port(&self, setting: &str) -> u16 {
        self.ports[setting]
    }

    fn command(&self, keys: &str) -> Command {
        let (data, keys) = (self.data(), self.folder.0.join(keys));
        let telephone = self.port("sandbox.telephone.listen");
        let carrier = self.port("sandbox.carrier.listen");
        let mut settings = vec![
            format!("data.directory={}", data.display()),
            format!("keys.directory={}", keys.display()),
            format!("mailing.sms.url=http://127.0.0.1:{telephone}"),
            format!("mailing.carrier.url=http://127.0.0.1:{carrier}"),
            "postgres.shared_buffers_mb=32".into(),
        ];
        settings.extend(self.ports.iter().map(|(name, port)| format!("{name}=127.0.0.1:{port}")));
        let mut command = Command::new("sh");
        command.args(["-c", AS_USUAL, env!("CARGO_BIN_EXE_motcua")]);
        for setting in settings {
            command.args(["--set", &setting]);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Output {
        self.command("keys").args(arguments).output().await.expect("the binary runs")
    }

    /// Runs a command to its end, telling it `input`.
    pub async fn run_telling(&self, input: &str, arguments: &[&str]) -> Output {
        let mut command = self.command("keys");
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut told = child.stdin.take().expect("a pipe");
        told.write_all(input.as_bytes()).await.expect("it listens");
        drop(told);
        child.wait_with_output().await.expect("it ends")
    }

    /// Runs a command to its end with keys that are not this installation's.
    pub async fn run_with_other_keys(&self, arguments: &[&str]) -> Output {
        let other = Keys::in_folder(self.folder.0.join("other-keys")).expect("a folder");
        other.secret("tokens").expect("a key");
        self.command("other-keys").args(arguments).output().await.expect("the binary runs")
    }

    /// `motcua up`, serving.
    pub async fn up(&self) -> Running {
        self.up_with(&[]).await
    }

    /// The same with arguments before it, over those of the installation.
    pub async fn up_with(&self, arguments: &[&str]) -> Running {
        let mut command = self.command("keys");
        command.args(arguments).arg("up").stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary runs");
        let mut told = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut errors = child.stderr.take().expect("a pipe");
        let errors = tokio::spawn(async move {
            let mut text = String::new();
            errors.read_to_string(&mut text).await.expect("text");
            text
        });
        loop {
            match told.next_line().await.expect("text") {
                Some(line) if line.starts_with("Serving") => break,
                Some(_) => {}
                None => panic!("`up` ended: {}", errors.await.expect("its words")),
            }
        }
        tokio::spawn(async move { while let Ok(Some(_)) = told.next_line().await {} });
        Running(child)
    }

    /// People with tokens signed by this installation's key.
    pub fn people(&self) -> People {
        let keys = Keys::in_folder(self.folder.0.join("keys")).expect("the keys");
        People::known_to(mesh::issuer(&keys, &Clock::system()).expect("an issuer"))
    }

    /// A client of officers, over a connection of its own.
    pub fn officers(&self) -> OfficerServiceClient<Channel> {
        OfficerServiceClient::new(channel(self.port("identity.listen")))
    }

    /// A client of dossiers, over a connection of its own.
    pub fn dossiers(&self) -> DossierServiceClient<Channel> {
        DossierServiceClient::new(channel(self.port("dossier.listen")))
    }

    /// A client of files, over a connection of its own.
    pub fn files(&self) -> FileServiceClient<Replicas> {
        FileServiceClient::new(channel(self.port("dossier.listen")).into())
    }
}

/// A channel that connects with its first call.
pub fn channel(port: u16) -> Channel {
    Endpoint::from_shared(format!("http://127.0.0.1:{port}")).expect("an address").connect_lazy()
}

/// Ports that were free a moment ago.
fn free_ports(count: usize) -> Vec<u16> {
    let listener = || TcpListener::bind("127.0.0.1:0").expect("a free port");
    // All are held until all are known, so that none is given twice.
    let listeners: Vec<_> = (0..count).map(|_| listener()).collect();
    let port = |listener: &TcpListener| listener.local_addr().expect("its address").port();
    listeners.iter().map(port).collect()
}

/// `motcua up` as a process.
pub struct Running(Child);

impl Running {
    /// SIGKILL, as a crash would.
    pub async fn kill(mut self) {
        self.0.kill().await.expect("killed");
    }

    /// SIGTERM, as an init system would.
    pub fn terminate(&self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), Signal::TERM).expect("signalled");
    }

    /// The exit code it ends with.
    pub async fn ended(mut self) -> Option<i32> {
        self.0.wait().await.expect("it ends").code()
    }
}

/// A citizen who calls.
pub struct Citizen {
    people: People,
    id: Uuid,
}

impl Citizen {
    pub fn of(installation: &Installation) -> Self {
        Self { people: installation.people(), id: Uuid::now_v7() }
    }

    /// A request with a fresh token.
    pub fn asks<T>(&self, message: T) -> Request<T> {
        in_name_of(&self.token(), message)
    }

    /// A fresh token.
    pub fn token(&self) -> String {
        self.people.citizen_again(self.id)
    }
}
