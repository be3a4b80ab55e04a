//! Where probes ask for health that cannot ask the service itself.

use chassis::config::Settings;
use chassis::health::Health;
use chassis::running::Running;
use chassis::server::{self, Gate, Places};
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use tokio::net::TcpListener;

use crate::settings::HEALTH_LISTEN;

/// Connections from one address, such as that of a node: whoever takes them all closes the port to nobody else.
const OF_ONE: u32 = 16;

/// Binds their port, if there is to be one.
///
/// # Errors
/// It is taken: told with the setting to change.
pub async fn bind(settings: &Settings) -> Result<Option<TcpListener>, BoxError> {
    let name = HEALTH_LISTEN.declaration().name;
    Ok(match settings.get(&HEALTH_LISTEN)? {
        Some(address) => Some(server::bind(address, name).await?),
        None => None,
    })
}

/// Answers them as work of `running`: until the last call has ended, for the drain is no reason to be restarted.
///
/// # Errors
/// The settings lack their table.
pub fn start(
    listener: TcpListener,
    health: Health,
    metrics: Metrics,
    settings: &Settings,
    running: &mut Running,
) -> Result<(), BoxError> {
    let places = Places { of_one: OF_ONE, ..Places::of(settings)? };
    let gate = Gate::new("probes", listener, places, metrics);
    running.work(health.serve(gate));
    Ok(())
}
