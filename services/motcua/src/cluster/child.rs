//! A process of the cluster.

use std::env;
use std::fs::File;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use chassis::child::end_with_this_thread;
use chassis::config::variable;
use chassis::service::BoxError;
use rustix::process::{Pid, Signal, kill_process};
use secrecy::{ExposeSecret, SecretString};
use tokio::process::Command;
use tokio::time::timeout;

use super::Given;

/// How long one may take to end in order: its drain, and what comes behind it.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a process is started with.
pub(super) struct Planned {
    /// Its name: of the service, and which replica.
    pub(super) name: String,
    /// The command and its arguments.
    pub(super) command: Vec<&'static str>,
    /// Settings, over those that were given.
    pub(super) set: Vec<(&'static str, String)>,
    /// Secret settings, which the list of processes must not show.
    pub(super) secrets: Vec<(&'static str, SecretString)>,
    /// Where its words go.
    pub(super) log: PathBuf,
}

impl Planned {
    /// Whether it is this one of the processes of a service.
    pub(super) fn is_replica(&self, number: u16) -> bool {
        self.name.ends_with(&format!("-{number}"))
    }
}

/// One that runs.
pub(super) struct Child {
    name: String,
    log: PathBuf,
    process: tokio::process::Child,
}

impl Child {
    /// Starts it, in a group of its own: Ctrl-C in the terminal is for us, and we stop it in order. It ends when this thread does.
    pub(super) fn start(planned: &Planned, given: &Given) -> Result<Self, BoxError> {
        let words = File::options().create(true).append(true).open(&planned.log)?;
        let mut command = Command::new(env::current_exe()?);
        if let Some(config) = &given.config {
            command.arg("--config").arg(config);
        }
        let own = planned.set.iter().map(|(name, value)| format!("{name}={value}"));
        for set in given.set.iter().cloned().chain(own) {
            command.arg("--set").arg(set);
        }
        for (name, secret) in &planned.secrets {
            command.env(variable(name), secret.expose_secret());
        }
        command.args(&planned.command).stdin(Stdio::null());
        command.stdout(words.try_clone()?).stderr(words).process_group(0).kill_on_drop(true);
        end_with_this_thread(command.as_std_mut(), Signal::TERM);
        let process = command.spawn()?;
        Ok(Self { name: planned.name.clone(), log: planned.log.clone(), process })
    }

    /// Returns when it has ended, which it should not.
    pub(super) async fn ended(&mut self) -> BoxError {
        let status = match self.process.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        format!(
            "{} ended by itself ({status}); its last words are in {}",
            self.name,
            self.log.display()
        )
        .into()
    }

    /// Asks it to end, and ends it if it does not.
    pub(super) async fn stop(&mut self) {
        let id = self.process.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let Some(id) = id {
            // It may have ended meanwhile: then there is nobody to ask.
            let _ = kill_process(id, Signal::TERM);
        }
        if timeout(PATIENCE, self.process.wait()).await.is_err() {
            tracing::warn!(process = self.name, "it did not end in order and was cut off");
            let _ = self.process.kill().await;
        }
    }
}
