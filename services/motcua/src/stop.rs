//! What asks a process to stop.

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What asks a process to stop: Ctrl-C, or SIGTERM.
pub struct StopSignals {
    interrupt: Signal,
    terminate: Signal,
}

impl StopSignals {
    /// From now on a signal is heard here, and does not end the process.
    ///
    /// # Errors
    /// The system takes no more handlers.
    pub fn expected() -> std::io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Returns with the next one.
    pub async fn came(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
