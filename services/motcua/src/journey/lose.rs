//! A telephone is stolen: what its thief can do, and how its owner goes on.

use chassis::service::BoxError;
use chassis::status::reason;
use proto::motcua::identity::v1 as identity;

use super::people::Invented;
use super::walk::{Walker, a_moment, expect, wish};

impl Walker<'_> {
    /// A thief copies what the telephone holds: once both have traded it, it is of use to neither. So the thief takes the telephone itself.
    pub(super) async fn lose_phone(&mut self) -> Result<(), BoxError> {
        self.chapter("The theft");
        let copied = self.refresh_token.clone();
        self.begin("thief", "identity", "RefreshToken");
        let stolen = self.trade(&copied).await?.refresh_token;
        self.saw("the token copied from the telephone is traded for the next");
        self.is_refused("citizen", &copied, "REFRESH_TOKEN_REUSED").await?;
        self.is_refused("thief", &stolen, "SESSION_ENDED").await?;
        let person = self.person.clone();
        self.refresh_token = self.sign_in("thief", &person, "").await?.refresh_token;
        Ok(())
    }

    /// The citizen comes to the counter with an identity card, and signs in with the telephone that is on record from then on.
    pub(super) async fn get_new_phone(&mut self) -> Result<(), BoxError> {
        self.chapter("The counter");
        let (lost, person) = (self.person.clone(), self.person.with_new_phone());
        self.register(&person, "another telephone").await?;
        let stolen = self.refresh_token.clone();
        self.is_refused("thief", &stolen, "SESSION_ENDED").await?;
        self.is_told_of_the_other(&lost).await?;
        self.goes_on_as(&person).await?;
        self.remember("Telephone", "stolen, replaced at the counter; its thief is out");
        Ok(())
    }

    /// The telephone that was stolen shows that it is the account's no longer.
    async fn is_told_of_the_other(&mut self, lost: &Invented) -> Result<(), BoxError> {
        self.begin("thief", "mailing", "SendAccountNotice");
        loop {
            let shown = self.clients.messages_on(&lost.phone_number, 1).await?;
            let mut told = shown.into_iter().map(|message| message.text);
            if let Some(text) = told.find(|text| text.contains("another took its place")) {
                self.saw_with("a message on the telephone:", vec![text]);
                return Ok(());
            }
            a_moment().await;
        }
    }

    /// Whoever trades this refresh token is refused.
    async fn is_refused(
        &mut self,
        caller: &'static str,
        token: &str,
        expected: &'static str,
    ) -> Result<(), BoxError> {
        self.begin(caller, "identity", "RefreshToken");
        let refused = self.trade(token).await.err().ok_or("the token is still good")?;
        let refused = reason(&refused).unwrap_or_default();
        expect(refused == expected, "it is refused for another reason")?;
        self.saw(format!("refused: {expected}"));
        Ok(())
    }

    async fn trade(&mut self, token: &str) -> Result<identity::Tokens, tonic::Status> {
        let asked =
            identity::RefreshTokenRequest { refresh_token: token.into(), request_id: wish() };
        Ok(self.clients.sessions.refresh_token(asked).await?.into_inner())
    }
}
