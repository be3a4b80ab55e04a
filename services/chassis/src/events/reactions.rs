//! What a service does about the facts of another: a table from message to command.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures::future::BoxFuture;
use prost::{Message, Name};

use super::Event;
use crate::write::{Command, Door, Once, Pending, Store};

type Handler = Box<dyn Fn(&Event, Way) -> Result<Handing, String> + Send + Sync>;
type Pass = Box<dyn Fn(&Event, Way) -> Handing + Send + Sync>;
type Handing = BoxFuture<'static, Pending<()>>;

/// The facts of one service that another reacts to. What is not in the table passes and is counted.
pub struct Reactions {
    /// The service whose facts they are.
    pub source: &'static str,
    handlers: HashMap<String, Handler>,
    pass: Pass,
}

/// The value of a fact's enum field, for a reaction to return early: unset and unknown values alike are poison, for a publisher that
/// emits a new value has released its consumers before, and one that means nothing has no business in a fact.
///
/// # Errors
/// `why`, which names the field.
pub fn known<E>(value: i32, why: &'static str) -> Result<E, &'static str>
where
    E: TryFrom<i32> + Default + PartialEq,
{
    E::try_from(value).ok().filter(|value| *value != E::default()).ok_or(why)
}

impl Reactions {
    /// An empty table for the facts of `source`, which are counted on the heads of `door`.
    pub fn to<S: Store>(source: &'static str, door: &Door<S>) -> Self {
        let door = door.clone();
        let pass = Box::new(move |event: &Event, way: Way| -> Handing {
            let (door, once, stream) = (door.clone(), once(event, way), event.stream);
            Box::pin(async move { door.pass(once, stream).await })
        });
        Self { source, handlers: HashMap::new(), pass }
    }

    /// What follows from an `M`: a command, or nothing; or it is not what it must be (an unknown value of a known enum, a missing part):
    /// then it is poison, for passing it by would lose what it says.
    #[must_use]
    pub fn on<M, C, S>(
        mut self,
        door: &Door<S>,
        react: fn(M, &Event) -> Result<Option<C>, &'static str>,
    ) -> Self
    where
        M: Message + Name + Default + 'static,
        S: Store,
        C: Command<Root = S::Root>,
    {
        let door = door.clone();
        let handler = move |event: &Event, way: Way| -> Result<Handing, String> {
            let message = M::decode(event.body.as_slice()).map_err(|error| error.to_string())?;
            let (door, once, stream) = (door.clone(), once(event, way), event.stream);
            // Safe to assert: a plain function of its arguments leaves nothing half done.
            let command = catch_unwind(AssertUnwindSafe(|| react(message, event)))
                .unwrap_or(Err("the reaction panicked"))?;
            Ok(Box::pin(async move {
                match command {
                    Some(command) => door.react(once, command).await,
                    None => door.pass(once, stream).await,
                }
            }))
        };
        self.handlers.insert(M::full_name(), Box::new(handler));
        self
    }

    /// Hands in what follows from an event; in order, if awaited in order.
    ///
    /// # Errors
    /// The event does not decode, or the reaction to it panics: it is poison.
    pub(super) async fn hand_in(&self, event: &Event, way: Way) -> Result<Pending<()>, String> {
        let handing = match self.handlers.get(&event.kind) {
            Some(handler) => handler(event, way)?,
            None => (self.pass)(event, way),
        };
        Ok(handing.await)
    }
}

/// How an event comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From its publisher.
    Carried,
    /// From the dead letters: it passes though its stream is parked.
    Replayed,
}

fn once(event: &Event, way: Way) -> Once {
    Once::Event {
        source: event.source.clone(),
        sequence: event.sequence,
        id: event.id,
        actor: event.actor.clone(),
        replayed: way == Way::Replayed,
    }
}
