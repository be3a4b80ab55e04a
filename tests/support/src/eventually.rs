//! Waiting until something is so: the state itself is looked at again and again, so that no signal
//! can be missed and no duration has to be guessed.

use std::fmt::Debug;
use std::time::Duration;

/// How long anything that should happen may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks.
const INTERVAL: Duration = Duration::from_millis(5);

/// What one look may bring: what was waited for, or how things stand instead.
pub trait Look {
    /// What was waited for.
    type Found;

    /// What was found.
    ///
    /// # Errors
    /// How things stand, for the message of a wait given up.
    fn found(self) -> Result<Self::Found, String>;
}

impl Look for bool {
    type Found = ();

    fn found(self) -> Result<(), String> {
        self.then_some(()).ok_or_else(|| "false".into())
    }
}

impl<T> Look for Option<T> {
    type Found = T;

    fn found(self) -> Result<T, String> {
        self.ok_or_else(|| "none".into())
    }
}

impl<T, S: Debug> Look for Result<T, S> {
    type Found = T;

    fn found(self) -> Result<T, String> {
        self.map_err(|status| format!("{status:?}"))
    }
}

/// Looks until a look finds what it looks for, and returns that.
///
/// # Panics
/// It is not found within `limit`; the message tells what the last look saw.
pub async fn eventually<L: Look>(limit: Duration, mut look: impl AsyncFnMut() -> L) -> L::Found {
    let mut last = "no look ended".to_owned();
    let mut ticks = tokio::time::interval(INTERVAL);
    let looking = async {
        loop {
            ticks.tick().await;
            match look().await.found() {
                Ok(found) => return found,
                Err(status) => last = status,
            }
        }
    };
    match tokio::time::timeout(limit, looking).await {
        Ok(found) => found,
        Err(_) => panic!("not so within {limit:?}; at the last look: {last}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_third_look_finds_it() {
        let mut looks = 0;
        let found = eventually(Duration::from_secs(10), async || {
            looks += 1;
            (looks == 3).then_some("it")
        });
        assert_eq!(found.await, "it");
        assert_eq!(looks, 3);
    }

    #[tokio::test]
    #[should_panic(expected = "at the last look: \"two of three\"")]
    async fn a_wait_given_up_tells_how_things_stand() {
        eventually(Duration::from_millis(1), async || Err::<(), _>("two of three")).await;
    }
}
