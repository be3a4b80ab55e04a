//! Services as processes of their own, over a real Kafka: the whole journey, and one that waits for its database.

mod noon;
mod traces;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::time::Duration;

use chassis::health::LIVENESS;
use chassis::postgres::{Postgres, Settings};
use chassis::replicas::{Manner, serves};
use motcua::SERVICES;
use motcua::journey::Route;
use rustix::process::{Pid, Signal, kill_process};
use support::{PATIENCE, eventually, own_address};
use tokio::process::{Child, Command};
use tonic::Code;
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

use crate::traces::Collector;

/// What starting a dozen processes, a journey and stopping them may take on a busy machine.
const ENOUGH: Duration = Duration::from_secs(400);

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("motcua-cluster-{}", Uuid::now_v7())))
    }

    /// The settings that a cluster below it writes down.
    fn settings(&self) -> String {
        self.0.join("data-cluster/cluster.toml").display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn motcua(set: &[String], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_motcua"));
    for setting in set {
        command.args(["--set", setting]);
    }
    command.args(arguments).stdin(Stdio::null()).kill_on_drop(true);
    command
}

async fn ran(command: &mut Command) -> Output {
    tokio::time::timeout(ENOUGH, command.output()).await.expect("in time").expect("it runs")
}

async fn kafka() -> String {
    tokio::task::spawn_blocking(journeys::kafka).await.expect("Kafka")
}

/// Topics of its own: others share the broker.
fn prefix() -> String {
    format!("kafka.prefix=test-{}", Uuid::now_v7())
}

#[tokio::test]
async fn a_dossier_goes_through_two_processes_of_each_service() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).expect("a folder");
    let collector = Collector::start(&folder.0);
    let set = [
        format!("data.directory={}", folder.0.join("data").display()),
        format!("kafka.brokers={}", kafka().await),
        prefix(),
        "cluster.port=0".into(),
        "postgres.shared_buffers_mb=32".into(),
        "database.connections=6".into(),
        format!("telemetry.otlp.endpoint={}", collector.endpoint),
    ];
    let mut cluster = Words::of(&folder, motcua(&set, &["cluster"]));
    let walks = Route::all().len();
    eventually(ENOUGH, async || {
        let told = cluster.told();
        assert!(cluster.runs() && !told.contains("failed at"), "{told}\n{}", logs(&folder));
        (told.matches("observed from outside").count() == walks).then_some(()).ok_or(told)
    })
    .await;
    let told = cluster.told();
    for consequence in ["DossierSubmitted", "InvoicePaid", "ResultReturned", "GetSatisfaction"] {
        assert!(told.contains(consequence), "{consequence}: {told}");
    }
    an_operator_asks_it(&folder).await;
    a_call_and_all_that_followed_are_one_tree(&collector).await;
    noon::every_process_is_replaced_and_nobody_notices(&folder, &mut cluster).await;
    cluster.ends_when_told().await;
    let data = folder.0.join("data-cluster");
    assert!(!data.join("pgdata/postmaster.pid").exists(), "PostgreSQL was stopped");
}

/// A citizen's call, the questions it asked, the facts it stated and what came of them in every service, up to the message on a telephone.
async fn a_call_and_all_that_followed_are_one_tree(collector: &Collector) {
    let services = SERVICES.map(|kind| format!("motcua-{}", kind.name));
    eventually(PATIENCE, async || {
        let trees = collector.trees("motcua.workflow.v1.DrawService/DrawNumber")?;
        let whole = trees.iter().any(|tree| {
            let reached: BTreeSet<_> = tree.iter().map(|span| &span.service).collect();
            let told = tree.iter().any(|span| span.name == "tell_owner");
            told && services.iter().all(|service| reached.contains(service))
        });
        whole.then_some(()).ok_or_else(|| trees.into_iter().flatten().next().unwrap_or_default())
    })
    .await;
}

/// What `motcua ctl` answers with the settings that the cluster wrote down.
async fn ctl(folder: &Folder, words: &[&str]) -> String {
    let settings = folder.settings();
    let output = ran(&mut motcua(&[], &[&["--config", &settings, "ctl"], words].concat())).await;
    let (told, why) = (&output.stdout, String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && why.is_empty(), "{words:?}: {why}");
    String::from_utf8_lossy(told).into_owned()
}

/// `motcua ctl` asks the services under TLS.
async fn an_operator_asks_it(folder: &Folder) {
    let ask = async |words: &[&str]| ctl(folder, words).await;
    let readers = ask(&["readers"]).await;
    for service in ["dossier", "workflow", "mailing", "payment", "feedback"] {
        assert!(readers.contains(service), "{service} reads the others: {readers}");
    }
    assert!(ask(&["jobs"]).await.contains("SERVICE"));
    assert!(ask(&["top", "--every", "1"]).await.contains("12 of 12 processes answer"));
    assert_eq!(ask(&["dead-letters", "list"]).await.trim(), "No dead letters.");
    let key = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let registered = ask(&["client", "a-partner", "--public-key", key]).await;
    assert!(registered.contains("clients/a-partner is registered"), "{registered}");
}

/// A process whose words go to files.
struct Words {
    child: Child,
    told: PathBuf,
}

impl Words {
    fn of(folder: &Folder, mut command: Command) -> Self {
        let told = folder.0.join("told");
        let file = std::fs::File::create(&told).expect("a file");
        let both = file.try_clone().expect("the same file");
        let child = command.stdout(file).stderr(both).spawn().expect("it runs");
        Self { child, told }
    }

    fn told(&self) -> String {
        std::fs::read_to_string(&self.told).expect("its words")
    }

    fn runs(&mut self) -> bool {
        self.child.try_wait().expect("it is ours").is_none()
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        kill_process(id.expect("it runs"), signal).expect("signalled");
    }

    async fn ends_when_told(&mut self) {
        self.signal(Signal::TERM);
        let ended = tokio::time::timeout(ENOUGH, self.child.wait()).await.expect("in time");
        assert_eq!(ended.expect("a status").code(), Some(0), "{}", self.told());
    }
}

/// What the processes last said.
fn logs(folder: &Folder) -> String {
    let logs =
        std::fs::read_dir(folder.0.join("data-cluster/logs")).into_iter().flatten().flatten();
    let text = |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_default();
    logs.map(|log| format!("--- {}\n{}", log.path().display(), text(log.path()))).collect()
}

fn plainly() -> Manner {
    Manner { patience: PATIENCE, tls: None }
}

/// A service that is given everything but tables.
struct Untended {
    folder: Folder,
    postgres: Postgres,
    set: Vec<String>,
    address: String,
    probed: String,
}

impl Untended {
    async fn feedback() -> Self {
        let folder = Folder::new();
        let settings = Settings {
            shared_buffers_mb: 16,
            durable: false,
            max_connections: 40,
            owners: vec!["feedback".into()],
            ..Settings::new(&folder.0)
        };
        let postgres = Postgres::start(&settings).await.expect("PostgreSQL");
        postgres.ensure_owned_database("feedback").await.expect("a database");
        let keys = folder.0.join("keys");
        let made = ran(&mut motcua(&[], &["keys", keys.to_str().expect("text")])).await;
        assert!(made.status.success(), "{made:?}");
        let sockets = postgres.socket_directory().display().to_string().replace('/', "%2F");
        let (listen, metrics, health) = (own_address(), own_address(), own_address());
        let set = vec![
            format!("feedback.database=postgres://feedback@{sockets}/feedback"),
            format!("feedback.listen={listen}"),
            format!("metrics.listen={metrics}"),
            format!("health.listen={health}"),
            format!("kafka.brokers={}", kafka().await),
            prefix(),
            format!("keys.directory={}", keys.join("feedback").display()),
            format!("keys.trusted={}", keys.join("trusted").display()),
            format!("peers.dossier={}", support::nobody()),
            "tls.off=loopback".into(),
        ];
        let (address, probed) = (format!("http://{listen}"), format!("http://{health}"));
        Self { folder, postgres, set, address, probed }
    }

    fn serve(&self) -> Words {
        Words::of(&self.folder, motcua(&self.set, &["serve", "feedback"]))
    }

    /// What a probe is told of `name`; none while nobody answers.
    async fn probe(&self, name: &str) -> Option<Result<ServingStatus, Code>> {
        let endpoint = Endpoint::from_shared(self.probed.clone()).expect("an address");
        let channel = endpoint.connect().await.ok()?;
        let asked = HealthCheckRequest { service: name.into() };
        let answer = HealthClient::new(channel).check(asked).await;
        Some(answer.map(|it| it.get_ref().status()).map_err(|status| status.code()))
    }
}

#[tokio::test]
async fn a_service_waits_for_its_migrations_and_ends_in_order() {
    let untended = Untended::feedback().await;
    let mut serving = untended.serve();
    let waits = "run `motcua migrate feedback`";
    eventually(PATIENCE, async || serving.told().contains(waits)).await;
    assert!(!serves(&untended.address, &plainly()).await, "it is not ready");
    let told = async |name| untended.probe(name).await;
    for ready in ["", "feedback"] {
        assert_eq!(told(ready).await, Some(Ok(ServingStatus::NotServing)), "{ready}");
    }
    assert_eq!(told(LIVENESS).await, Some(Ok(ServingStatus::Serving)), "waiting is no fault");
    let migrated = ran(&mut motcua(&untended.set, &["migrate", "feedback"])).await;
    assert!(migrated.status.success(), "{migrated:?}");
    eventually(2 * PATIENCE, async || serves(&untended.address, &plainly()).await).await;
    for name in ["", "feedback", LIVENESS] {
        assert_eq!(told(name).await, Some(Ok(ServingStatus::Serving)), "{name}");
    }
    assert_eq!(told("dossier").await, Some(Err(Code::NotFound)), "it speaks for itself");
    serving.ends_when_told().await;
    untended.postgres.stop().await.expect("stopped");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let untended = Untended::feedback().await;
    for missing in
        ["feedback.database", "kafka.brokers", "keys.directory", "keys.trusted", "peers.dossier"]
    {
        let left = untended.set.iter().filter(|set| !set.starts_with(&format!("{missing}=")));
        let left: Vec<_> = left.cloned().collect();
        let refused = ran(&mut motcua(&left, &["serve", "feedback", "--migrate"])).await;
        let words = String::from_utf8_lossy(&refused.stderr);
        assert!(!refused.status.success() && words.contains(missing), "{missing}: {words}");
    }
    let secure: Vec<_> =
        untended.set.iter().filter(|set| *set != "tls.off=loopback").cloned().collect();
    let refused = ran(&mut motcua(&secure, &["serve", "feedback"])).await;
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("tls.certificate"), "TLS is not off by itself: {words}");
    let strange = untended.folder.0.join("keys/dossier");
    let mut set = untended.set.clone();
    set.push(format!("keys.directory={}", strange.display()));
    let refused = ran(&mut motcua(&set, &["serve", "feedback"])).await;
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("keys.trusted"), "another service's key: {words}");
    std::fs::remove_file(untended.folder.0.join("keys/trusted/payment.pem")).expect("removed");
    let refused = ran(&mut motcua(&untended.set, &["serve", "feedback"])).await;
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(words.contains("payment.pem"), "a service nobody knows: {words}");
    untended.postgres.stop().await.expect("stopped");
}
