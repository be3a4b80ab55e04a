//! Identity of the running mesh, or of one that is started for what is asked of it.

use std::sync::Arc;

use chassis::access::INSTALLATION;
use chassis::config::Settings;
use chassis::service::BoxError;
use motcua::reach::Reach;
use tonic::Request;
use tonic::transport::Channel;

use super::{in_its_place, issuer};

/// Identity, asked in the name of this installation.
pub struct Identity {
    pub(super) channel: Channel,
    token: String,
}

/// What comes of asking identity. Where no mesh runs, one is started for it and stopped again.
///
/// # Errors
/// The keys cannot be read, the mesh does not start, or what is asked fails.
pub async fn of<T>(
    settings: &Arc<Settings>,
    ask: impl AsyncFnOnce(&Identity) -> Result<T, BoxError>,
) -> Result<T, BoxError> {
    let reach = Reach::of(settings)?;
    let (running, mut started) = (reach.channel("identity").await?, None);
    let channel = match running {
        Some(identity) => identity,
        None => {
            started = Some(in_its_place(&reach, settings).await?);
            let own = reach.channel("identity").await?;
            own.ok_or("identity was started and does not listen")?
        }
    };
    let told =
        match issuer(settings).and_then(|issuer| Ok(issuer.issue_to("identity", INSTALLATION)?)) {
            Ok(token) => ask(&Identity { channel, token }).await,
            Err(error) => Err(error),
        };
    if let Some(started) = started {
        started.stop().await?;
    }
    told
}

impl Identity {
    /// A request in the name of this installation.
    ///
    /// # Errors
    /// The token cannot stand in a header.
    pub fn signed<T>(&self, message: T) -> Result<Request<T>, BoxError> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.token).parse()?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }
}
