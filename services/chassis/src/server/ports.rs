//! Ports beside those of gRPC, taken before anything starts.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::net::TcpListener;

use super::bind;
use crate::config::{Setting, Settings};
use crate::service::BoxError;

/// Listeners by the settings that say where; the service that wants one takes it once.
#[derive(Clone, Default)]
pub struct Ports(Arc<Mutex<BTreeMap<&'static str, TcpListener>>>);

impl Ports {
    /// Binds every address `wanted`.
    ///
    /// # Errors
    /// A setting cannot be read, or a port is taken: told with the setting to change.
    pub async fn bind(
        settings: &Settings,
        wanted: &[&Setting<SocketAddr>],
    ) -> Result<Self, BoxError> {
        let mut ports = BTreeMap::new();
        for setting in wanted {
            let name = setting.declaration().name;
            ports.insert(name, bind(settings.get(setting)?, name).await?);
        }
        Ok(Self(Arc::new(Mutex::new(ports))))
    }

    /// The listener at the address of `setting`.
    ///
    /// # Errors
    /// Nobody bound it, or someone took it before.
    pub fn take(&self, setting: &Setting<SocketAddr>) -> Result<TcpListener, BoxError> {
        let name = setting.declaration().name;
        let mut ports = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ports.remove(name).ok_or_else(|| format!("nobody bound the port of {name}"))?)
    }
}
