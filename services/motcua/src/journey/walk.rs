//! The walk, and what each step of it is told by.

use std::time::Duration;

use chassis::clock::Clock;
use chassis::service::BoxError;
use jiff::Timestamp;
use proto::motcua::dossier::v1 as dossier;
use proto::motcua::dossier::v1::EntryKind;
use proto::motcua::r#type::v1::DossierStatus;
use tokio::time::Instant;
use uuid::Uuid;

use super::clients::{Clients, as_caller};
use super::people;
use super::watch::Watch;
use super::{Endpoints, Journey, LIMIT, Route, Step};

/// Walks a new dossier from its draft to the end of a route, within [`LIMIT`].
/// `operator` is a token of a service of the mesh, which may appoint officers.
pub async fn walk(endpoints: &Endpoints, operator: &str, route: Route) -> Journey {
    let mut journey = Journey::default();
    let mut now = Now::default();
    let walking = async {
        let clients = Clients::of(endpoints)?;
        let mut walker = Walker {
            clients,
            operator,
            citizen: String::new(),
            refresh_token: String::new(),
            officer: String::new(),
            cashier: String::new(),
            person: people::Invented::called("Nguyễn Văn An"),
            owner: String::new(),
            hand: "citizen",
            way: "post",
            code: String::new(),
            vehicle: people::new_vehicle(),
            street: people::STREET.into(),
            watch: None,
            closed: None,
            journey: &mut journey,
            now: &mut now,
        };
        walker.go(route).await
    };
    let failure = match tokio::time::timeout(LIMIT, walking).await {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(words(&*error)),
        Err(_) => Some(format!("not within {} seconds", LIMIT.as_secs())),
    };
    journey.failure = failure.map(|why| format!("{}: {why}", now.what));
    journey
}

/// What a failed step says: a status in its own words, anything else as it is.
fn words(error: &(dyn std::error::Error + 'static)) -> String {
    match error.downcast_ref::<tonic::Status>() {
        Some(status) => {
            let reason = chassis::status::reason(status).unwrap_or_default();
            format!("{:?} {reason} {}", status.code(), status.message())
        }
        None => error.to_string(),
    }
}

/// The step that is being taken.
struct Now {
    chapter: &'static str,
    caller: &'static str,
    service: &'static str,
    what: &'static str,
    began: Instant,
}

impl Default for Now {
    fn default() -> Self {
        Self { chapter: "", caller: "", service: "", what: "connect", began: Instant::now() }
    }
}

/// Everyone who takes part in the journey.
pub(super) struct Walker<'a> {
    pub(super) clients: Clients,
    /// Tokens: of the mesh's operator, and of the people once they have signed in.
    pub(super) operator: &'a str,
    pub(super) citizen: String,
    pub(super) officer: String,
    pub(super) cashier: String,
    /// Who does what a citizen does: `citizen`, or at the counter the `officer`, with their token; and for which account then.
    pub(super) hand: &'static str,
    pub(super) owner: String,
    /// How the result comes back.
    pub(super) way: &'static str,
    /// What the citizen's telephone holds besides.
    pub(super) refresh_token: String,
    /// The citizen, with the telephone of now; and the code of their dossier once it has one.
    pub(super) person: people::Invented,
    pub(super) code: String,
    /// The vehicle's identification number.
    pub(super) vehicle: String,
    /// House number and street that the result is sent to.
    pub(super) street: String,
    /// What the citizen hears of the dossier.
    watch: Option<Watch>,
    /// When the result was in the citizen's hands.
    pub(super) closed: Option<Timestamp>,
    journey: &'a mut Journey,
    now: &'a mut Now,
}

impl Walker<'_> {
    /// The steps that follow belong together under this title.
    pub(super) fn chapter(&mut self, title: &'static str) {
        self.now.chapter = title;
    }

    /// `caller` calls the rpc `what` of `service`, or waits there for what follows from the event `what`.
    pub(super) fn begin(
        &mut self,
        caller: &'static str,
        service: &'static str,
        what: &'static str,
    ) {
        let chapter = self.now.chapter;
        let caller = if caller == "citizen" { self.hand } else { caller };
        *self.now = Now { chapter, caller, service, what, began: Instant::now() };
    }

    /// The step ended well: this was seen.
    pub(super) fn saw(&mut self, observed: impl Into<String>) {
        self.saw_with(observed, Vec::new());
    }

    /// The step ended well: this was seen, and more of it a line each.
    pub(super) fn saw_with(&mut self, observed: impl Into<String>, details: Vec<String>) {
        let Now { chapter, caller, service, what, began } = *self.now;
        self.journey.steps.push(Step {
            chapter,
            time: Clock::system().now(),
            caller,
            service,
            what,
            observed: observed.into(),
            details,
            milliseconds: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }

    /// What is worth telling once more at the end.
    pub(super) fn remember(&mut self, what: &'static str, it: impl Into<String>) {
        self.journey.outcome.push((what, it.into()));
    }

    /// The dossier as the citizen sees it.
    pub(super) async fn look(&self, name: &str) -> Result<dossier::Dossier, BoxError> {
        let asked = dossier::GetDossierRequest { name: name.into() };
        let request = as_caller(asked, &self.citizen)?;
        Ok(self.clients.dossiers.clone().get_dossier(request).await?.into_inner())
    }

    /// From here on the citizen hears what happens to the dossier, as it happens.
    pub(super) async fn watch(&mut self, name: &str) -> Result<(), BoxError> {
        let watch = Watch::after(&self.clients, &self.citizen, name, String::new()).await?;
        self.watch = Some(watch);
        Ok(())
    }

    /// A fact of another service comes back: the timeline tells of it, and of the status the dossier has by it.
    pub(super) async fn hear(
        &mut self,
        fact: &'static str,
        kind: EntryKind,
        wanted: DossierStatus,
    ) -> Result<dossier::TimelineEntry, BoxError> {
        self.begin("citizen", "dossier", fact);
        loop {
            let watch = self.watch.as_mut().ok_or("nothing is watched")?;
            let entry = watch.next(&self.clients, &self.citizen).await?;
            if entry.kind() == kind {
                expect(entry.status() == wanted, "the dossier has another status by it")?;
                self.saw(status(entry.status()));
                return Ok(entry);
            }
        }
    }
}

impl Walker<'_> {
    /// What followed from a fact is told on the citizen's telephone, in these words and with the code of the dossier.
    pub(super) async fn told_by_telephone(
        &mut self,
        fact: &'static str,
        words: &str,
    ) -> Result<(), BoxError> {
        self.begin("citizen", "mailing", fact);
        loop {
            let shown = self.clients.messages_on(&self.person.phone_number, 1).await?;
            let told = |text: &&str| text.contains(words) && text.contains(&self.code);
            if let Some(text) = shown.iter().map(|message| message.text.as_str()).find(told) {
                self.saw_with("a message on the telephone:", vec![text.to_owned()]);
                return Ok(());
            }
            a_moment().await;
        }
    }
}

/// The fields that a refusal names, each with its reason.
pub(super) fn violations(status: &tonic::Status) -> Vec<String> {
    let told = chassis::status::violations(status).into_iter();
    told.map(|wrong| format!("{}: {}", wrong.field, wrong.reason)).collect()
}

/// Between two looks at what an event brings about.
pub(super) async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(5)).await;
}

pub(super) fn wish() -> String {
    Uuid::now_v7().to_string()
}

pub(super) fn expect(holds: bool, otherwise: &str) -> Result<(), BoxError> {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

pub(super) fn status(status: DossierStatus) -> String {
    let words = status.as_str_name().trim_start_matches("DOSSIER_STATUS_").to_lowercase();
    format!("status {}, {}", i32::from(status), words.replace('_', " "))
}
