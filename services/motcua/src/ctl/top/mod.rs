//! `motcua ctl top`: the mesh at a glance, from the measures that its processes serve.

mod glance;
mod measured;
mod screen;

use std::io::IsTerminal;
use std::time::Duration;

use chassis::config::Settings;
use chassis::service::BoxError;
use futures::future::join_all;
use tokio::time::sleep;

use self::glance::Glance;
use self::measured::{Measured, Processes};
use self::screen::Screen;
use crate::stop::StopSignals;

/// On a terminal it is drawn again and again until Ctrl-C; elsewhere once. Rates are those of the time between two looks.
///
/// # Errors
/// The terminal fails.
pub async fn run(settings: &Settings, every: Duration) -> Result<String, BoxError> {
    let processes = Processes::of(settings)?;
    let before = look(&processes).await;
    sleep(every).await;
    if std::io::stdout().is_terminal() {
        watch(&processes, every, before).await
    } else {
        Ok(Glance::between(&before, &look(&processes).await).told())
    }
}

/// What stood there last stays on the terminal.
async fn watch(
    processes: &Processes,
    every: Duration,
    mut before: Vec<Measured>,
) -> Result<String, BoxError> {
    let mut stop = StopSignals::expected()?;
    let screen = Screen::taken()?;
    loop {
        let after = look(processes).await;
        let told = Glance::between(&before, &after).told();
        screen.show(&told)?;
        before = after;
        tokio::select! {
            () = sleep(every) => {}
            () = stop.came() => return Ok(told),
        }
    }
}

/// Every process is asked at once.
async fn look(processes: &Processes) -> Vec<Measured> {
    let addresses = processes.addresses().await;
    join_all(addresses.into_iter().map(|address| processes.measured(address))).await
}
