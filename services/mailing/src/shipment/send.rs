//! What follows from a signed result: a parcel, or a message that it waits.

use chassis::refusal::Refusal;
use chassis::write::{At, Command, Decided, Series, Stream};
use proto::motcua::r#type::v1::ReturnWay;

use super::{Dossier, Parcel, Scans, Shipment};
use crate::jobs::Posting;
use crate::mail::Mail;
use crate::message::Notice;
use crate::s10::{SERIALS, TrackingNumber};

/// Registered items (UPU S10: the first letter R); the second letter is the sender's series.
const SERVICE: &str = "RR";

/// Vietnam, ISO 3166 alpha-2: the country whose post numbers the items.
const COUNTRY: &str = "VN";

/// Sends the result of a dossier on its way.
#[derive(Clone, Debug)]
pub struct SendResult {
    /// The dossier.
    pub dossier: Dossier,
    /// How it reaches the citizen.
    pub way: ReturnWay,
    /// The event it follows from.
    pub cause: String,
}

impl Command for SendResult {
    const NAME: &'static str = "SendResult";
    type Root = Mail;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.dossier.id)
    }

    fn decide(
        &self,
        before: Option<&Mail>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Mail, ()>, Refusal> {
        let mut after = before.cloned().unwrap_or_default();
        let code = self.dossier.code.clone();
        match self.way {
            ReturnWay::Post if after.shipment.is_none() => {
                after.shipment = Some(self.open(at));
            }
            ReturnWay::Post | ReturnWay::Unspecified => {}
            ReturnWay::Counter => self.tell(&mut after, Notice::ResultAtCounter { code }, at),
            ReturnWay::Electronic => self.tell(&mut after, Notice::ResultOnline { code }, at),
        }
        Ok(Decided::quiet(after, ()))
    }
}

impl SendResult {
    /// A shipment with the next number, and the job that posts it.
    fn open(&self, at: &mut At<'_>) -> Shipment {
        let number = at.number(&Series(format!("S10-{SERVICE}-{COUNTRY}")));
        let dossier = self.dossier.clone();
        let parcel = Parcel { dossier, item_number: item_number(number) };
        let posting = Posting {
            dossier: self.dossier.id,
            agency: self.dossier.agency.clone(),
            item_number: parcel.item_number.to_string(),
        };
        let id = at.id();
        at.schedule(id, &posting);
        Shipment { parcel, opened_at: at.now, posted_at: None, scans: Scans::default() }
    }

    fn tell(&self, mail: &mut Mail, notice: Notice, at: &mut At<'_>) {
        mail.tell(self.dossier.id, &self.cause, notice, at);
    }
}

/// The item number of the `number`-th parcel. After 99,999,999 of them the serials would begin anew, which the table of shipments
/// refuses: then the post gives out another series.
fn item_number(number: i64) -> TrackingNumber {
    let serial = u32::try_from(number.rem_euclid(i64::from(SERIALS)));
    let serial = serial.expect("a remainder of 10^8 fits");
    let letters = |text: &str| text.parse().expect("two capital letters");
    TrackingNumber::new(letters(SERVICE), serial, letters(COUNTRY)).expect("below 10^8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parcels_are_numbered_from_one() {
        for (number, printed) in [
            (1, "RR000000014VN"),
            (2, "RR000000028VN"),
            (3, "RR000000031VN"),
            (12_345_678, "RR123456785VN"),
        ] {
            assert_eq!(item_number(number).to_string(), printed);
        }
    }
}
