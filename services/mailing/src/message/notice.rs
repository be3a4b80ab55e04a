//! What there is to tell the owner of a dossier.

use chassis::clock::VIETNAM;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::template::{Language, Place};

/// Something that happened to a dossier and that its owner is told. No personal data: it is kept until it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It was accepted: the date of return is promised.
    DossierAccepted {
        /// The dossier's code.
        code: String,
        /// When the result is due.
        due_at: Timestamp,
    },
    /// It was refused: why stands in its slip.
    DossierRefused {
        /// The dossier's code.
        code: String,
    },
    /// Its owner is asked for a supplement: what for stands in the slip.
    SupplementRequested {
        /// The dossier's code.
        code: String,
        /// Until when it can be answered.
        expires_at: Timestamp,
    },
    /// Processing was stopped: why stands in the notice.
    CaseStopped {
        /// The dossier's code.
        code: String,
    },
    /// The promised date passed without a result: a new one is promised.
    ResultPutOff {
        /// The dossier's code.
        code: String,
        /// The new date.
        due_at: Timestamp,
    },
    /// The promised date passed without a result, and no new one can be counted yet.
    ResultLate {
        /// The dossier's code.
        code: String,
    },
    /// It was withdrawn.
    WithdrawalGranted {
        /// The dossier's code.
        code: String,
    },
    /// A withdrawal was denied: why stands in the notice, if it did not come too late.
    WithdrawalDenied {
        /// The dossier's code.
        code: String,
    },
    /// A fee fell due on it.
    InvoiceIssued {
        /// The dossier's code.
        code: String,
        /// The invoice's number.
        number: String,
        /// How much, in đồng.
        total: i64,
        /// Until when it can be paid.
        expires_at: Timestamp,
    },
    /// Less money came than is due: the rest is to be paid.
    TransferShort(Misfit),
    /// More money came than is due: it will be paid back, and what is due is to be paid.
    TransferOver(Misfit),
    /// Money came when nothing was owed any more: it will be paid back.
    TransferNotOwed {
        /// The dossier's code.
        code: String,
        /// How much came, in đồng.
        amount: i64,
    },
    /// Money that came was paid back.
    TransferRefunded {
        /// The dossier's code.
        code: String,
        /// How much, in đồng.
        amount: i64,
    },
    /// Its result waits at the counter.
    ResultAtCounter {
        /// The dossier's code.
        code: String,
    },
    /// Its result is read where the dossier is read.
    ResultOnline {
        /// The dossier's code.
        code: String,
    },
    /// Its result is on its way by post.
    ShipmentPosted {
        /// The dossier's code.
        code: String,
        /// The parcel's item number.
        item_number: String,
    },
    /// Nobody took the parcel with its result; it is tried again.
    ShipmentAttempted {
        /// The dossier's code.
        code: String,
        /// The parcel's item number.
        item_number: String,
    },
    /// Its result could not be delivered and waits at the counter.
    ShipmentReturned {
        /// The dossier's code.
        code: String,
        /// Whose counter, `agencies/{unit code}`.
        agency: String,
    },
    /// It is at its end, and how it was handled can be rated.
    RatingInvited {
        /// The dossier's code.
        code: String,
        /// Until when a rating is taken.
        expires_at: Timestamp,
    },
}

/// Money came that is not what is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Misfit {
    /// The dossier's code.
    pub code: String,
    /// How much came, in đồng.
    pub amount: i64,
    /// How much is still to be paid, in đồng.
    pub outstanding: i64,
    /// Until when.
    pub expires_at: Timestamp,
}

impl Notice {
    /// The template that says it.
    pub const fn template(&self) -> &'static str {
        match self {
            Self::DossierAccepted { .. } => "dossier_accepted",
            Self::DossierRefused { .. } => "dossier_refused",
            Self::SupplementRequested { .. } => "supplement_requested",
            Self::CaseStopped { .. } => "case_stopped",
            Self::ResultPutOff { .. } => "result_put_off",
            Self::ResultLate { .. } => "result_late",
            Self::WithdrawalGranted { .. } => "withdrawal_granted",
            Self::WithdrawalDenied { .. } => "withdrawal_denied",
            Self::InvoiceIssued { .. } => "invoice_issued",
            Self::TransferShort(_) => "transfer_short",
            Self::TransferOver(_) => "transfer_over",
            Self::TransferNotOwed { .. } => "transfer_not_owed",
            Self::TransferRefunded { .. } => "transfer_refunded",
            Self::ResultAtCounter { .. } => "result_at_counter",
            Self::ResultOnline { .. } => "result_online",
            Self::ShipmentPosted { .. } => "shipment_posted",
            Self::ShipmentAttempted { .. } => "shipment_attempted",
            Self::ShipmentReturned { .. } => "shipment_returned",
            Self::RatingInvited { .. } => "rating_invited",
        }
    }

    /// The agency that it names, `agencies/{unit code}`: what that is called fills the place [`Place::Agency`].
    pub fn agency(&self) -> Option<&str> {
        match self {
            Self::ShipmentReturned { agency, .. } => Some(agency),
            _ => None,
        }
    }

    /// What fills the places of the template, but for the name of an agency.
    pub fn places(&self, language: Language) -> Vec<(Place, String)> {
        match self {
            Self::DossierAccepted { code, due_at } | Self::ResultPutOff { code, due_at } => {
                vec![(Place::Code, code.clone()), (Place::Due, moment(*due_at, language))]
            }
            Self::InvoiceIssued { code, number, total, expires_at } => vec![
                (Place::Code, code.clone()),
                (Place::Number, number.clone()),
                (Place::Total, money(*total, language)),
                (Place::Until, moment(*expires_at, language)),
            ],
            Self::TransferShort(misfit) | Self::TransferOver(misfit) => vec![
                (Place::Code, misfit.code.clone()),
                (Place::Amount, money(misfit.amount, language)),
                (Place::Outstanding, money(misfit.outstanding, language)),
                (Place::Until, moment(misfit.expires_at, language)),
            ],
            Self::TransferNotOwed { code, amount } | Self::TransferRefunded { code, amount } => {
                vec![(Place::Code, code.clone()), (Place::Amount, money(*amount, language))]
            }
            Self::DossierRefused { code }
            | Self::CaseStopped { code }
            | Self::ResultLate { code }
            | Self::WithdrawalGranted { code }
            | Self::WithdrawalDenied { code }
            | Self::ResultAtCounter { code }
            | Self::ResultOnline { code }
            | Self::ShipmentReturned { code, .. } => {
                vec![(Place::Code, code.clone())]
            }
            Self::ShipmentPosted { code, item_number }
            | Self::ShipmentAttempted { code, item_number } => {
                vec![(Place::Code, code.clone()), (Place::Item, item_number.clone())]
            }
            Self::SupplementRequested { code, expires_at }
            | Self::RatingInvited { code, expires_at } => {
                vec![(Place::Code, code.clone()), (Place::Until, moment(*expires_at, language))]
            }
        }
    }
}

/// An amount in đồng, its thousands apart as the language writes them.
fn money(dong: i64, language: Language) -> String {
    let (apart, currency) = match language {
        Language::Vi => (".", "đồng"),
        Language::En => (",", "VND"),
    };
    let digits = dong.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
    format!("{} {currency}", groups.join(apart))
}

/// A moment by Vietnam's clocks, to the minute.
fn moment(at: Timestamp, language: Language) -> String {
    let form = match language {
        Language::Vi => "%H:%M ngày %d/%m/%Y",
        Language::En => "%H:%M on %-d %B %Y",
    };
    at.to_zoned(VIETNAM.to_time_zone()).strftime(form).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::Templates;

    const CODE: &str = "G22.99.00101-261125-0001";

    fn every() -> Vec<Notice> {
        let at: Timestamp = "2026-12-02T10:00:00Z".parse().expect("an instant");
        let (code, number) = (CODE.to_owned(), "HD-2026-0000001".to_owned());
        let item_number = "RR000000014VN".to_owned();
        let misfit = |amount, outstanding| Misfit {
            code: code.clone(),
            amount,
            outstanding,
            expires_at: at,
        };
        vec![
            Notice::DossierAccepted { code: code.clone(), due_at: at },
            Notice::DossierRefused { code: code.clone() },
            Notice::SupplementRequested { code: code.clone(), expires_at: at },
            Notice::CaseStopped { code: code.clone() },
            Notice::ResultPutOff { code: code.clone(), due_at: at },
            Notice::ResultLate { code: code.clone() },
            Notice::WithdrawalGranted { code: code.clone() },
            Notice::WithdrawalDenied { code: code.clone() },
            Notice::InvoiceIssued { code: code.clone(), number, total: 1_150_000, expires_at: at },
            Notice::TransferShort(misfit(1_000_000, 150_000)),
            Notice::TransferOver(misfit(1_200_000, 1_150_000)),
            Notice::TransferNotOwed { code: code.clone(), amount: 1_150_000 },
            Notice::TransferRefunded { code: code.clone(), amount: 1_150_000 },
            Notice::ResultAtCounter { code: code.clone() },
            Notice::ResultOnline { code: code.clone() },
            Notice::ShipmentPosted { code: code.clone(), item_number: item_number.clone() },
            Notice::ShipmentAttempted { code: code.clone(), item_number },
            Notice::ShipmentReturned { code: code.clone(), agency: "agencies/26860".into() },
            Notice::RatingInvited { code, expires_at: at },
        ]
    }

    fn said(notice: &Notice, language: Language) -> String {
        let templates = Templates::load().expect("sound");
        let mut places = notice.places(language);
        places.extend(notice.agency().map(|_| (Place::Agency, "Phường Long Trường".into())));
        templates.text(notice.template(), language, &places).expect("a template")
    }

    #[test]
    fn every_notice_is_said_in_both_languages_with_its_places_filled() {
        for notice in every() {
            for language in [Language::Vi, Language::En] {
                let text = said(&notice, language);
                assert!(text.contains(CODE) && !text.contains('{'), "{text}");
                for (_, value) in notice.places(language) {
                    assert!(text.contains(&value), "{value} in {text}");
                }
            }
        }
    }

    #[test]
    fn a_promise_is_told_by_the_clocks_of_vietnam() {
        let accepted = &every()[0];
        for (language, due) in
            [(Language::Vi, "17:00 ngày 02/12/2026"), (Language::En, "17:00 on 2 December 2026")]
        {
            assert!(said(accepted, language).contains(due));
        }
    }

    #[test]
    fn an_amount_is_written_as_the_language_writes_it() {
        for (dong, vi, en) in [
            (1, "1 đồng", "1 VND"),
            (999, "999 đồng", "999 VND"),
            (1_000, "1.000 đồng", "1,000 VND"),
            (1_150_000, "1.150.000 đồng", "1,150,000 VND"),
        ] {
            assert_eq!(money(dong, Language::Vi), vi);
            assert_eq!(money(dong, Language::En), en);
        }
    }

    #[test]
    fn a_notice_that_waits_is_read_again() {
        for notice in every() {
            let written = serde_json::to_value(&notice).expect("plain data");
            assert_eq!(serde_json::from_value::<Notice>(written).expect("the same"), notice);
        }
    }
}
