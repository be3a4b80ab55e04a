//! Readings gathered: many callers who each ask for one thing share a query.
//!
//! Like batches on the write path they form by themselves: while one query is under way, the next gathers. A key is put to the database
//! after its caller asked, never before, so that everyone reads what they have written.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;

use tokio::sync::{mpsc, oneshot};

use crate::refusal::Failure;

/// Keys of one query, at most.
const MOST: usize = 256;

/// Callers that may wait for the query under way; one beyond waits to be let in.
const QUEUE: usize = 1024;

type Found<V> = Result<Option<V>, Failure>;
type Waiting<V> = Vec<oneshot::Sender<Found<V>>>;

/// Reads single things by key, many of them by one query. Clones share the queries.
#[derive(Debug)]
pub struct Gathered<K, V> {
    asking: mpsc::Sender<(K, oneshot::Sender<Found<V>>)>,
}

impl<K, V> Clone for Gathered<K, V> {
    fn clone(&self) -> Self {
        Self { asking: self.asking.clone() }
    }
}

impl<K, V> Gathered<K, V>
where
    K: Copy + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Gathers for `read`, which finds what there is of the keys it is given, 1 to 256 of them, each once. It runs one query at a time and
    /// ends with the last clone.
    pub fn new<R, F>(read: R) -> Self
    where
        R: Fn(Vec<K>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<HashMap<K, V>, Failure>> + Send,
    {
        let (asking, mut asked) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            let mut gathered = Vec::new();
            while asked.recv_many(&mut gathered, MOST).await > 0 {
                answer(&read, by_key(gathered.drain(..))).await;
            }
        });
        Self { asking }
    }

    /// What `key` names, if there is such a thing.
    ///
    /// # Errors
    /// As `read` fails. What is wrong with one thing is told to those who asked for it, and to nobody else.
    pub async fn get(&self, key: K) -> Result<Option<V>, Failure> {
        let (reply, found) = oneshot::channel();
        let ended = || Failure::Unavailable("the service is stopping".into());
        self.asking.send((key, reply)).await.map_err(|_| ended())?;
        found.await.map_err(|_| ended())?
    }
}

/// Whoever asked for the same thing gets the same answer; who no longer waits is forgotten.
fn by_key<K: Eq + Hash, V>(
    asked: impl Iterator<Item = (K, oneshot::Sender<Found<V>>)>,
) -> HashMap<K, Waiting<V>> {
    let mut waiting: HashMap<K, Waiting<V>> = HashMap::new();
    for (key, reply) in asked.filter(|(_, reply)| !reply.is_closed()) {
        waiting.entry(key).or_default().push(reply);
    }
    waiting
}

async fn answer<K, V, R, F>(read: &R, waiting: HashMap<K, Waiting<V>>)
where
    K: Copy + Eq + Hash,
    V: Clone,
    R: Fn(Vec<K>) -> F,
    F: Future<Output = Result<HashMap<K, V>, Failure>>,
{
    if waiting.is_empty() {
        return;
    }
    match read(waiting.keys().copied().collect()).await {
        // One of many may be damaged: each is asked for alone.
        Err(Failure::Broken(_)) if waiting.len() > 1 => {
            for (key, replies) in waiting {
                let found = read(vec![key]).await.map(|mut found| found.remove(&key));
                reply_to(replies, &found);
            }
        }
        Ok(mut found) => {
            for (key, replies) in waiting {
                reply_to(replies, &Ok(found.remove(&key)));
            }
        }
        Err(failure) => {
            for replies in waiting.into_values() {
                reply_to(replies, &Err(failure.clone()));
            }
        }
    }
}

fn reply_to<V: Clone>(replies: Waiting<V>, found: &Found<V>) {
    for reply in replies {
        // Who has gone away needs no answer.
        let _ = reply.send(found.clone());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use futures::future::join_all;

    use super::*;

    /// The keys of each query, as they were asked.
    type Queries = Arc<Mutex<Vec<Vec<u32>>>>;

    /// Squares of the even numbers there are; 13 is damaged. Keeps what it was asked.
    fn squares() -> (Gathered<u32, u32>, Queries) {
        let queries = Queries::default();
        let asked = queries.clone();
        let read = move |keys: Vec<u32>| {
            asked.lock().expect("a lock").push(keys.clone());
            async move {
                tokio::task::yield_now().await;
                if keys.contains(&13) {
                    return Err(Failure::Broken("13 is damaged".into()));
                }
                let even = keys.into_iter().filter(|key| key.is_multiple_of(2));
                Ok(even.map(|key| (key, key * key)).collect())
            }
        };
        (Gathered::new(read), queries)
    }

    #[tokio::test]
    async fn those_who_ask_at_once_share_queries_and_get_their_own_answers() {
        let (squares, queries) = squares();
        let asked = (0..1000_u32).map(|key| squares.get(key % 500));
        for (key, found) in (0..1000_u32).zip(join_all(asked).await) {
            let key = key % 500;
            let there = key.is_multiple_of(2);
            if key == 13 {
                assert!(matches!(found, Err(Failure::Broken(_))));
            } else {
                assert_eq!(found.expect("read"), there.then_some(key * key), "{key}");
            }
        }
        let queries = queries.lock().expect("a lock");
        assert!(queries.iter().all(|keys| keys.len() <= MOST));
        let shared = queries.iter().filter(|keys| keys.len() > 1).count();
        assert!(shared > 0 && shared < 20, "{shared} queries shared");
    }

    #[tokio::test]
    async fn a_damaged_thing_is_the_trouble_of_who_asked_for_it() {
        let (squares, _) = squares();
        let (broken, fine) = tokio::join!(squares.get(13), squares.get(4));
        assert!(matches!(broken, Err(Failure::Broken(_))));
        assert_eq!(fine.expect("read"), Some(16));
    }
}
