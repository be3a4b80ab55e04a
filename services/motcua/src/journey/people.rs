//! The people of the journey: invented anew for each walk, so that a second walk meets nobody it knows.

use proto::google::r#type::Date;
use proto::motcua::identity::v1::{Account, Sex};

/// The ward of the journey: Long Trường, the source article's.
pub const AGENCY: &str = "agencies/26860";

/// A house in that ward where somebody is home.
pub(super) const STREET: &str = "12 đường số 3, khu phố 5";

/// The identification number (ISO 3779) of a vehicle that nobody has registered: one vehicle draws once.
pub(super) fn new_vehicle() -> String {
    format!("RLSMA125XNY{:06}", rand::random_range(0..1_000_000))
}

/// A person with a personal ID and a telephone, both well formed and invented.
#[derive(Clone)]
pub(super) struct Invented {
    pub(super) personal_id: String,
    pub(super) phone_number: String,
    name: &'static str,
}

impl Invented {
    /// Someone called `name`, born in the city on 12 April 1990.
    pub(super) fn called(name: &'static str) -> Self {
        let serial = rand::random_range(0..1_000_000);
        let number = rand::random_range(0..100_000_000);
        Self {
            personal_id: format!("079090{serial:06}"),
            phone_number: format!("09{number:08}"),
            name,
        }
    }

    /// The same person with another telephone.
    pub(super) fn with_new_phone(&self) -> Self {
        Self { phone_number: Self::called(self.name).phone_number, ..self.clone() }
    }

    /// The same person without any.
    pub(super) fn without_phone(&self) -> Self {
        Self { phone_number: String::new(), ..self.clone() }
    }

    /// As told to identity.
    pub(super) fn account(&self) -> Account {
        Account {
            personal_id: self.personal_id.clone(),
            full_name: self.name.into(),
            birth_date: Some(Date { year: 1990, month: 4, day: 12 }),
            sex: Sex::Male.into(),
            phone_number: self.phone_number.clone(),
            locale: "en".into(),
            ..Account::default()
        }
    }
}
