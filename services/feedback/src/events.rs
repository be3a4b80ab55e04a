//! Facts as messages, and what follows from dossier's facts.

use chassis::clock::{instant, timestamp};
use chassis::events::{Event, Reactions, known};
use chassis::write::{Door, Outgoing};
use proto::motcua::dossier::v1::DossierStatusChanged;
use proto::motcua::feedback::v1::{RatingGiven, RatingInvited};
use proto::motcua::r#type::v1::{DossierRef, DossierStatus};

use crate::rating::{Dossier, Fact, InviteRating, Rating};
use crate::store::RatingStore;

/// What feedback does about dossier's facts.
pub fn of_dossier(door: &Door<RatingStore>) -> Reactions {
    Reactions::to("dossier", door).on(door, status_changed)
}

fn status_changed(
    fact: DossierStatusChanged,
    event: &Event,
) -> Result<Option<InviteRating>, &'static str> {
    let status = known(fact.after, "after is unset or unknown")?;
    if !closes(status) {
        return Ok(None);
    }
    let dossier = fact.dossier.ok_or("dossier is missing")?;
    if !dossier.procedure.contains("/versions/") || dossier.agency.is_empty() {
        return Err("dossier lacks its procedure version or its agency");
    }
    Ok(Some(InviteRating {
        dossier: Dossier {
            id: event.stream.0,
            channel: known(dossier.channel, "channel is unset or unknown")?,
            code: dossier.code,
            procedure: dossier.procedure,
            agency: dossier.agency,
        },
        closed_at: fact.change_time.and_then(instant).ok_or("change_time is missing")?,
    }))
}

/// Whether a status is the agency's last word: the result is returned, or the dossier was not accepted. Whoever withdrew theirs is not
/// asked, for no agency settled it.
fn closes(status: DossierStatus) -> bool {
    matches!(status, DossierStatus::ResultReturned | DossierStatus::NotAccepted)
}

/// A fact as the message to publish.
pub fn message(fact: &Fact) -> Outgoing {
    match fact {
        Fact::Invited(rating) => {
            let message = RatingInvited {
                dossier: Some(reference(&rating.dossier)),
                rating: name(rating),
                invite_time: Some(timestamp(rating.invited_at)),
                expire_time: Some(timestamp(rating.expires_at)),
            };
            Outgoing::of(&message, &name(rating), &rating.dossier.agency)
        }
        Fact::Given(rating) => {
            let given = rating.given.as_ref();
            let message = RatingGiven {
                dossier: Some(reference(&rating.dossier)),
                rating: name(rating),
                level: given.map(|given| given.level.into()).unwrap_or_default(),
                give_time: given.map(|given| timestamp(given.at)),
            };
            Outgoing::of(&message, &name(rating), &rating.dossier.agency)
        }
    }
}

/// A rating's resource name.
pub fn name(rating: &Rating) -> String {
    format!("ratings/{}", rating.dossier.id)
}

/// A dossier as every contract says it.
pub fn reference(dossier: &Dossier) -> DossierRef {
    DossierRef {
        name: format!("dossiers/{}", dossier.id),
        code: dossier.code.clone(),
        procedure: dossier.procedure.clone(),
        agency: dossier.agency.clone(),
        channel: dossier.channel.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_asked_when_the_agency_had_its_last_word() {
        for number in 0..=10 {
            let status = DossierStatus::try_from(number).unwrap();
            assert_eq!(closes(status), [3, 10].contains(&number), "{status:?}");
        }
    }

    #[test]
    fn what_says_no_status_or_no_channel_is_poison() {
        let told = |after: DossierStatus, channel: i32| {
            let procedure = "procedures/1.012575/versions/1".into();
            let agency = "agencies/26860".into();
            let dossier = DossierRef { procedure, agency, channel, ..DossierRef::default() };
            let fact = DossierStatusChanged {
                dossier: Some(dossier),
                after: after.into(),
                change_time: Some(timestamp(jiff::Timestamp::UNIX_EPOCH)),
                ..DossierStatusChanged::default()
            };
            let event = support::event("dossier", uuid::Uuid::from_u128(7), 1, &fact);
            status_changed(fact, &event).err()
        };
        let returned = DossierStatus::ResultReturned;
        assert_eq!(told(returned, 1), None);
        assert_eq!(told(returned, 0), Some("channel is unset or unknown"));
        assert_eq!(told(DossierStatus::Unspecified, 1), Some("after is unset or unknown"));
    }
}
