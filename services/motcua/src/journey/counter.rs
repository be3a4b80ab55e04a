//! The counter: who a person is, as a registrar vouches for it, and what an officer does for someone who has no telephone.

use chassis::access::Role;
use chassis::service::BoxError;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::identity::v1 as identity;
use proto::motcua::r#type::v1::{Channel, Visitor};

use super::clients::as_caller;
use super::papers::PAPERS;
use super::people::Invented;
use super::walk::{Walker, expect, wish};

impl Walker<'_> {
    /// The citizen comes with an identity card and no telephone: from here on an officer does what a citizen does.
    pub(super) async fn comes_without_phone(&mut self) -> Result<(), BoxError> {
        self.chapter("Coming to the counter");
        let person = self.person.without_phone();
        self.owner = self.register(&person, "an account and no telephone").await?;
        self.officer_signs_in().await?;
        self.citizen = self.officer.clone();
        self.hand = "officer";
        self.way = "counter";
        Ok(())
    }

    /// A registrar puts on record what a person's card and the person say; the account.
    pub(super) async fn register(
        &mut self,
        person: &Invented,
        what: &str,
    ) -> Result<String, BoxError> {
        let registrar = Invented::called("Lê Thị Cúc");
        let work = "vouches for who people are";
        let token = self.appointed("officer", &registrar, &[Role::Registrar], work).await?;
        self.begin("officer", "identity", "RegisterPerson");
        let asked = identity::RegisterPersonRequest {
            account: Some(person.account()),
            paper: identity::IdentityPaper::IdentityCard.into(),
            request_id: wish(),
        };
        let request = as_caller(asked, &token)?;
        let account = self.clients.counter.register_person(request).await?.into_inner().name;
        self.saw(format!("{what}: {account}, as the card of its owner says"));
        Ok(account)
    }

    /// What the officer filled in is handed in, and on record with it who brought it and that its papers are as the originals.
    pub(super) async fn file_at_counter(&mut self) -> Result<String, BoxError> {
        let name = self.prepare().await?;
        self.begin("officer", "dossier", "HandInDossier");
        let handed_in = dossier::HandedIn {
            visitor: Visitor::Owner.into(),
            compared: PAPERS.map(Into::into).into(),
            officer: String::new(),
        };
        let asked = dossier::HandInDossierRequest {
            name: name.clone(),
            handed_in: Some(handed_in),
            etag: String::new(),
            request_id: wish(),
        };
        let request = as_caller(asked, &self.officer)?;
        let filed = self.clients.dossiers.hand_in_dossier(request).await?.into_inner();
        expect(filed.channel() == Channel::Direct, "it came in by another way")?;
        let noted = filed.handed_in.clone().unwrap_or_default();
        let details = vec![format!("compared with the originals: {}", noted.compared.join(", "))];
        self.has_code(&filed, details)?;
        self.look_up().await?;
        Ok(name)
    }
}
