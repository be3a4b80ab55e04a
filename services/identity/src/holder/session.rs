//! Sessions: kept by refresh tokens that are traded once each.

use chassis::refusal::{Kind, Refusal};
use chassis::write::{At, Command, Decided, Kept, Stream};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Fact, Holder};

/// How long a citizen's session lasts without a refresh.
const CITIZENS: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How long an officer's does: a working day.
const OFFICERS: SignedDuration = SignedDuration::from_hours(12);

/// Sessions of one holder; one more ends that which was refreshed longest ago.
const MOST: usize = 10;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its refresh tokens follow from it.
    pub id: Uuid,
    /// Resource name of the agency the person acts for; none for a citizen.
    pub agency: Option<String>,
    /// Number of the refresh token that is good now, from 1.
    pub generation: i32,
    /// When that was given.
    pub refreshed_at: Timestamp,
    /// When the session was ended; none while it may live.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    pub(super) fn open(id: Uuid, agency: Option<String>, now: Timestamp) -> Self {
        Self { id, agency, generation: 1, refreshed_at: now, ended_at: None }
    }

    /// When it lapses unless it is refreshed.
    pub fn lapses_at(&self) -> Timestamp {
        let life = if self.agency.is_some() { OFFICERS } else { CITIZENS };
        self.refreshed_at.saturating_add(life).unwrap_or(Timestamp::MAX)
    }

    /// Whether it is neither ended nor lapsed.
    pub fn lives(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.lapses_at()
    }
}

impl Holder {
    /// Takes a new session in.
    pub(super) fn admit(&mut self, session: Session) {
        let now = session.refreshed_at;
        let live = || self.sessions.iter().filter(|old| old.ended_at.is_none());
        if live().count() >= MOST {
            let oldest = live().min_by_key(|old| old.refreshed_at).map(|old| old.id);
            for crowded_out in self.sessions.iter_mut().filter(|old| Some(old.id) == oldest) {
                crowded_out.ended_at = Some(now);
            }
        }
        self.sessions.push(session);
    }

    /// Refuses a refresh token that is not the one that is good now.
    pub(super) fn check_good(
        &self,
        session: Uuid,
        generation: i32,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let session = self.sessions.iter().find(|known| known.id == session);
        let good = session.filter(|it| it.lives(now) && it.generation == generation);
        good.map(|_| ()).ok_or_else(ended)
    }

    fn session_mut(&mut self, id: Uuid) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.id == id)
    }
}

/// Trades a refresh token, which proved to be ours, for the next.
#[derive(Clone, Debug)]
pub struct RefreshSession {
    /// Whose session it is.
    pub holder: Uuid,
    /// Which.
    pub session: Uuid,
    /// Number of the token traded.
    pub generation: i32,
}

/// What came of a trade. Reuse takes effect too: it ends the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refreshed {
    /// The token with this number is good now.
    Rotated(i32),
    /// The token had been traded before.
    Reused,
}

impl Kept for Refreshed {}

impl Command for RefreshSession {
    const NAME: &'static str = "RefreshSession";
    type Root = Holder;
    type Answer = Refreshed;

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, Refreshed>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        let known = holder.clone();
        let session = holder
            .session_mut(self.session)
            .filter(|session| session.lives(at.now))
            .filter(|session| known.may_act_for(session.agency.as_deref()))
            .ok_or_else(ended)?;
        if session.generation != self.generation {
            session.ended_at = Some(at.now);
            let reason = EndReason::RefreshTokenReused;
            let fact = Fact::SessionsEnded { account: self.holder, reason, at: at.now };
            return Ok(Decided { after: holder, facts: vec![fact], answer: Refreshed::Reused });
        }
        session.generation += 1;
        session.refreshed_at = at.now;
        let answer = Refreshed::Rotated(session.generation);
        Ok(Decided::quiet(holder, answer))
    }
}

/// Ends a session; one that is ended stays as it is.
#[derive(Clone, Debug)]
pub struct EndSession {
    /// Whose session it is.
    pub holder: Uuid,
    /// Which.
    pub session: Uuid,
}

impl Command for EndSession {
    const NAME: &'static str = "EndSession";
    type Root = Holder;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, ()>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        if let Some(session) = holder.session_mut(self.session) {
            session.ended_at = session.ended_at.or(Some(at.now));
        }
        Ok(Decided::quiet(holder, ()))
    }
}

/// Why sessions are ended that nobody signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A refresh token was traded twice, so two hold it: its session alone.
    RefreshTokenReused,
    /// The person wished it: every one.
    SignedOutEverywhere,
}

/// Ends every session of a holder.
#[derive(Clone, Debug)]
pub struct SignOutEverywhere {
    /// Whose.
    pub holder: Uuid,
    /// The session whose refresh token is shown.
    pub session: Uuid,
    /// The number of that token.
    pub generation: i32,
}

impl Command for SignOutEverywhere {
    const NAME: &'static str = "SignOutEverywhere";
    type Root = Holder;
    type Answer = ();

    fn stream(&self) -> Stream {
        Stream(self.holder)
    }

    /// A token that was traded since must not end what its owner has.
    fn decide(
        &self,
        before: Option<&Holder>,
        (): &(),
        at: &mut At<'_>,
    ) -> Result<Decided<Holder, ()>, Refusal> {
        let mut holder = Holder::of(before, self.holder);
        holder.check_good(self.session, self.generation, at.now)?;
        holder.end_sessions_but(None, at.now);
        let reason = EndReason::SignedOutEverywhere;
        let fact = Fact::SessionsEnded { account: self.holder, reason, at: at.now };
        Ok(Decided { after: holder, facts: vec![fact], answer: () })
    }
}

/// The session is no more.
pub(crate) fn ended() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "SESSION_ENDED",
        "Phiên đăng nhập đã kết thúc; hãy đăng nhập lại.",
        "The session has ended; sign in again.",
    )
}
