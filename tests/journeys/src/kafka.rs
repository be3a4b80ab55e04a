//! Apache Kafka for tests.

use std::path::Path;
use std::process::Command;

/// `host:port` of the Kafka in `MOTCUA_TEST_KAFKA`, or of the one the repository's script starts.
///
/// # Panics
/// The script fails; its own words tell why.
pub fn kafka() -> String {
    std::env::var("MOTCUA_TEST_KAFKA").unwrap_or_else(|_| {
        script("start");
        script("address")
    })
}

fn script(command: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kafka/kafka");
    let output = Command::new(path).arg(command).output().expect("the script of Kafka");
    let told = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "kafka {command}: {told} {error}");
    told
}
