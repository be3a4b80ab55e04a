//! How many files this process may hold open; every connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the soft limit to the hard one, and warns if that is still less than `needed`. The soft limit is low (often 1,024) for the
/// sake of old programs that call `select`; we do not.
pub fn raise(needed: u64) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current == maximum {
        warn_if_too_few(current, needed);
        return;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => warn_if_too_few(maximum, needed),
        Err(error) => {
            tracing::warn!(%error, "the limit of open files could not be raised");
            warn_if_too_few(current, needed);
        }
    }
}

/// No limit is told as none.
fn warn_if_too_few(allowed: Option<u64>, needed: u64) {
    if let Some(allowed) = allowed.filter(|allowed| *allowed < needed) {
        tracing::warn!(
            allowed,
            needed,
            "fewer open files than connections may need: raise the limit (ulimit -Hn), or lower server.connections"
        );
    }
}
