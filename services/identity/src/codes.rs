//! One-time codes on their way to a telephone: counted, then handed to mailing, in tasks of their own whose number is bounded.

use std::sync::Arc;
use std::time::Duration;

use chassis::refusal::{Failure, Kind, Refusal};
use chassis::write::{Door, Fingerprint, Once};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use crate::outside::Mailing;
use crate::phone::PhoneNumber;
use crate::secrets::Code;
use crate::store::TelephoneStore;
use crate::telephone::{TakeCode, Taken};

/// Codes on their way at once. One takes half a minute at worst, so with mailing away some eight people a second are served.
const AT_ONCE: usize = 256;

/// When someone who found no room may come back.
const PAUSE: Duration = Duration::from_secs(2);

/// Has codes sent.
#[derive(Clone)]
pub struct Codes {
    mailing: Mailing,
    telephones: Door<TelephoneStore>,
    room: Arc<Semaphore>,
}

/// Room for one code on its way.
pub struct Room(OwnedSemaphorePermit);

/// A code to be sent.
pub struct Letter {
    /// What the code is for: the sign-in, or the change of telephone.
    pub id: Uuid,
    /// The code.
    pub code: Code,
    /// Blind index of the telephone.
    pub telephone: Uuid,
    /// The telephone.
    pub phone: PhoneNumber,
    /// Language of the message; empty where none is known.
    pub locale: String,
    /// The device that asked for it has signed in before.
    pub known_device: bool,
}

impl Codes {
    /// Codes that `telephones` counts and `mailing` sends.
    pub fn new(mailing: Mailing, telephones: Door<TelephoneStore>) -> Self {
        Self { mailing, telephones, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Room for one code, asked for before anyone knows whether there is a code to send: so being refused tells nothing of the person.
    ///
    /// # Errors
    /// OVERLOADED: too many codes are on their way.
    pub fn room(&self) -> Result<Room, Refusal> {
        self.room.clone().try_acquire_owned().map(Room).map_err(|_| overloaded())
    }

    /// Sends a code in a task of its own: neither mailing's haste nor its absence may tell whether there was anything to send.
    pub fn send(&self, letter: Letter, room: Room) {
        let codes = self.clone();
        tokio::spawn(async move {
            let id = letter.id;
            if let Err(why) = codes.count_and_send(letter).await {
                tracing::warn!(%id, why, "a one-time code could not be sent");
            }
            drop(room.0);
        });
    }

    async fn count_and_send(&self, letter: Letter) -> Result<(), String> {
        let Letter { id, code, telephone, phone, locale, known_device } = letter;
        let taken = self.take(TakeCode { telephone, id, known_device }).await;
        if taken.map_err(|failure| failure.to_string())? == Taken::TooMany {
            return Err("its telephone had its share of this hour".into());
        }
        let sent = self.mailing.send(id, &code, &phone, &locale).await;
        sent.map_err(|error| error.to_string())
    }

    /// A repeat for the same sign-in is counted once, and answered as it was.
    async fn take(&self, command: TakeCode) -> Result<Taken, Failure> {
        let once = Once::Call {
            caller: format!("telephones/{}", command.telephone),
            request_id: command.id,
            fingerprint: Fingerprint::default(),
        };
        self.telephones.run(once, command).await
    }
}

fn overloaded() -> Refusal {
    Refusal::new(
        Kind::Overloaded,
        "OVERLOADED",
        "Hệ thống đang gửi quá nhiều mã; hãy thử lại sau ít giây.",
        "Too many codes are on their way; try again in a few seconds.",
    )
    .after(PAUSE)
}
