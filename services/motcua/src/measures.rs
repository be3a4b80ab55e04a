//! Where measures are served to Prometheus.

use chassis::config::Settings;
use chassis::running::Running;
use chassis::server::{self, Gate, Places, http};
use chassis::service::BoxError;
use chassis::telemetry::Metrics;
use tokio::net::TcpListener;

use crate::settings::METRICS_LISTEN;

/// Binds their port.
///
/// # Errors
/// It is taken: told with the setting to change.
pub async fn bind(settings: &Settings) -> Result<TcpListener, BoxError> {
    let name = METRICS_LISTEN.declaration().name;
    Ok(server::bind(settings.get(&METRICS_LISTEN)?, name).await?)
}

/// Serves `/metrics` as work of `running`.
///
/// # Errors
/// The settings lack their table.
pub fn start(
    listener: TcpListener,
    metrics: Metrics,
    settings: &Settings,
    running: &mut Running,
) -> Result<(), BoxError> {
    let places = Places::of(settings)?;
    let gate = Gate::new("measures", listener, places, metrics.clone());
    let page = axum::routing::get(move || async move { metrics.render() });
    let router = axum::Router::new().route("/metrics", page);
    running.work(async {
        http::serve(gate, router).await;
        Ok(())
    });
    Ok(())
}
