//! What is measured, seen by a real Prometheus: it scrapes the binary, judges the alerts, and answers every panel of the dashboards.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use support::eventually;
use tokio::process::{Child, Command};

use crate::installation::Installation;

/// How long a scrape and a round of the rules may take.
const SOON: Duration = Duration::from_secs(30);

/// The target that the file for a person's own machine names.
const USUAL: &str = "127.0.0.1:4600";

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/observability")
}

/// A Prometheus that scrapes one target by our own files.
struct Prometheus {
    address: String,
    folder: PathBuf,
    _process: Child,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        // A folder that stays is no failure of the test.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Prometheus {
    fn scraping(target: u16) -> Self {
        let folder = std::env::temp_dir().join(format!("motcua-prometheus-{target}"));
        std::fs::create_dir_all(&folder).expect("a folder");
        let rules = std::fs::read_to_string(deploy().join("alerts.yaml")).expect("the alerts");
        std::fs::write(folder.join("alerts.yaml"), rules).expect("written");
        let usual = std::fs::read_to_string(deploy().join("prometheus.yaml")).expect("the file");
        assert!(usual.contains(USUAL));
        let here = usual.replace(USUAL, &format!("127.0.0.1:{target}")).replace(": 5s", ": 1s");
        std::fs::write(folder.join("prometheus.yaml"), here).expect("written");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let address = port.expect("a free port").to_string();
        let process = Command::new(program())
            .arg(format!("--config.file={}", folder.join("prometheus.yaml").display()))
            .arg(format!("--storage.tsdb.path={}", folder.join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Prometheus");
        Self { address, folder, _process: process }
    }

    /// What it answers; none while it is not ready.
    async fn get(&self, path: &str, query: &[(&str, &str)]) -> Option<Value> {
        let url = reqwest::Url::parse_with_params(&format!("http://{}{path}", self.address), query);
        let answer = reqwest::get(url.expect("a URL")).await.ok()?;
        answer.json().await.ok()
    }

    /// The series an expression gives now.
    async fn series(&self, expression: &str) -> usize {
        let answer = self.get("/api/v1/query", &[("query", expression)]).await.expect("it answers");
        assert_eq!(answer["status"], "success", "{expression}: {answer}");
        answer["data"]["result"].as_array().map_or(0, Vec::len)
    }
}

/// The server's program, which the script that checks the alerts finds or fetches.
fn program() -> String {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/observability/check");
    let output = std::process::Command::new(script).arg("prometheus").output().expect("the script");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The expressions of every panel.
fn panels() -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(deploy().join("dashboards")).expect("the dashboards") {
        let text = std::fs::read_to_string(file.expect("a file").path()).expect("its text");
        let dashboard: Value = serde_json::from_str(&text).expect("JSON");
        for panel in dashboard["panels"].as_array().expect("panels") {
            for target in panel["targets"].as_array().expect("targets") {
                found.push(target["expr"].as_str().expect("a text").to_owned());
            }
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_prometheus_scrapes_judges_and_draws() {
    let installation = Installation::new();
    let _running = installation.up().await;
    let walked = installation.run(&["demo"]).await;
    assert!(walked.status.success());
    let prometheus = Prometheus::scraping(installation.port("metrics.listen"));
    let scraped = "sum(rpc_server_call_duration_seconds_count)";
    eventually(SOON, async || {
        let answer = prometheus.get("/api/v1/query", &[("query", scraped)]).await?;
        answer["data"]["result"].as_array().filter(|series| !series.is_empty()).map(|_| ())
    })
    .await;
    let answered = r#"rpc_server_call_duration_seconds_count{rpc_method="motcua.dossier.v1.DossierService/SubmitDossier",rpc_response_status_code="OK"} > 0"#;
    assert_eq!(prometheus.series(answered).await, 1, "the walk is seen");
    // Under the labels that alerts and panels group by: a scrape renames those that are its own.
    let posted = r#"motcua_job_attempts_total{kind="post_result",outcome="finished"} > 0"#;
    assert_eq!(prometheus.series(posted).await, 1, "so is the parcel");
    for expression in panels() {
        prometheus.series(&expression).await;
    }
    let rules = prometheus.get("/api/v1/rules", &[]).await.expect("it answers");
    let groups = rules["data"]["groups"].as_array().expect("groups").iter();
    let rules: Vec<_> =
        groups.flat_map(|group| group["rules"].as_array().expect("rules")).collect();
    assert!(rules.len() > 10);
    for rule in rules {
        assert_ne!(rule["health"], "err", "{rule}");
        assert_eq!(rule["state"], "inactive", "a healthy mesh is silent: {rule}");
    }
}

#[test]
fn every_alert_has_its_page() {
    let alerts = std::fs::read_to_string(deploy().join("alerts.yaml")).expect("the alerts");
    let page = std::fs::read_to_string(deploy().join("../../docs/operating.md")).expect("the page");
    let named: Vec<_> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(!named.is_empty());
    for alert in named {
        assert!(page.contains(&format!("\n### {alert}\n")), "docs/operating.md tells of {alert}");
        let anchor = format!("runbook_url: docs/operating.md#{}\n", alert.to_lowercase());
        assert!(alerts.contains(&anchor), "{alert} leads to its page");
    }
}
