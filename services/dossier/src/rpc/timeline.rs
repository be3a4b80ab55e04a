//! `TimelineService`: what happened to a dossier, read once or watched.

use std::collections::VecDeque;

use chassis::access::{Verifier, caller};
use chassis::names;
use chassis::pages::{Page, PageSize};
use chassis::refusal::{Failure, Refusal};
use futures::stream::{self, BoxStream, StreamExt};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::dossier::v1::timeline_service_server::TimelineService;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::dossiers::readable;
use super::watchers::{Seat, Watchers, Woken, ended};
use super::{convert, failed};
use crate::SERVICE;
use crate::store::DossierStore;
use crate::timeline::Entry;

const SIZES: PageSize = PageSize { default: 50, most: 200 };

/// Entries a watch reads at once: all it ever holds.
const PORTION: usize = 50;

/// Reads timelines.
pub struct Timelines {
    /// Reads dossiers and timelines.
    pub store: DossierStore,
    /// Who watches.
    pub watchers: Watchers,
    /// Tells when a token has ended.
    pub verifier: Verifier,
}

#[tonic::async_trait]
impl TimelineService for Timelines {
    async fn list_timeline(
        &self,
        request: Request<pb::ListTimelineRequest>,
    ) -> Result<Response<pb::ListTimelineResponse>, Status> {
        let dossier = self.readable(&request, &request.get_ref().parent).await?;
        let asked = request.get_ref();
        let start = position(&asked.after)?;
        let list = format!("timeline of {dossier} after {start}");
        let page = Page::<String>::asked(asked.page_size, &asked.page_token, SIZES, &list)?;
        let after = page.after.as_deref().and_then(|last| last.parse().ok()).unwrap_or(start);
        let found = self.store.timeline(dossier, after, page.size).await.map_err(failed)?;
        let last = found.last().map_or(after, |entry| entry.sequence).to_string();
        Ok(Response::new(pb::ListTimelineResponse {
            next_page_token: page.next(Some(last.clone()), found.len()),
            entries: found.into_iter().map(|entry| convert::entry(dossier, entry)).collect(),
            position: last,
        }))
    }

    type WatchTimelineStream = BoxStream<'static, Result<pb::WatchTimelineResponse, Status>>;

    async fn watch_timeline(
        &self,
        request: Request<pb::WatchTimelineRequest>,
    ) -> Result<Response<Self::WatchTimelineStream>, Status> {
        let dossier = self.readable(&request, &request.get_ref().parent).await?;
        let after = position(&request.get_ref().after)?;
        let watch = Watch {
            store: self.store.clone(),
            verifier: self.verifier.clone(),
            seat: self.watchers.seat(caller(&request).name()?, dossier)?,
            token: token(&request),
            dossier,
            after,
            has_more: true,
            read: VecDeque::new(),
        };
        Ok(Response::new(stream::try_unfold(watch, Watch::next).boxed()))
    }
}

impl Timelines {
    /// The id of a dossier that the caller may read.
    async fn readable<T>(&self, request: &Request<T>, parent: &str) -> Result<Uuid, Failure> {
        let id = names::id("dossiers", parent, "parent")?;
        Ok(readable(&self.store, &caller(request), id).await?.id)
    }
}

/// One watch under way.
struct Watch {
    store: DossierStore,
    verifier: Verifier,
    seat: Seat,
    token: String,
    dossier: Uuid,
    /// The last entry sent.
    after: i32,
    /// There may be entries behind those that were read.
    has_more: bool,
    /// Entries that wait for the reader.
    read: VecDeque<Entry>,
}

impl Watch {
    /// The next entry, whenever it comes.
    async fn next(mut self) -> Result<Option<(pb::WatchTimelineResponse, Self)>, Status> {
        loop {
            self.verifier.caller(SERVICE.name, &self.token)?;
            if let Some(entry) = self.read.pop_front() {
                self.after = entry.sequence;
                return Ok(Some((told(self.dossier, entry), self)));
            }
            if self.has_more {
                self.read_on().await?;
                continue;
            }
            match self.seat.wait().await {
                Woken::Stirred => self.has_more = true,
                Woken::Idle => {}
                Woken::Closed => return Err(ended().into()),
            }
        }
    }

    async fn read_on(&mut self) -> Result<(), Failure> {
        let limit = i64::try_from(PORTION).unwrap_or(i64::MAX);
        let found = self.store.timeline(self.dossier, self.after, limit).await.map_err(failed)?;
        self.has_more = found.len() == PORTION;
        self.read = found.into();
        Ok(())
    }
}

fn told(dossier: Uuid, entry: Entry) -> pb::WatchTimelineResponse {
    let position = entry.sequence.to_string();
    pb::WatchTimelineResponse { entry: Some(convert::entry(dossier, entry)), position }
}

/// The number of the entry that a position is behind.
fn position(text: &str) -> Result<i32, Refusal> {
    match text {
        "" => Ok(0),
        text => text.parse().ok().filter(|number| *number >= 0).ok_or_else(no_position),
    }
}

fn no_position() -> Refusal {
    Refusal::field(
        "after",
        "POSITION_MALFORMED",
        "Không phải vị trí đã nhận từ dòng thời gian; hãy gửi lại vị trí đã nhận, hoặc để trống.",
        "Not a position of a timeline; send one that was received, or none.",
    )
}

/// The token of a call that was admitted with one.
fn token<T>(request: &Request<T>) -> String {
    let sent = request.metadata().get("authorization").and_then(|value| value.to_str().ok());
    sent.and_then(|bearer| bearer.strip_prefix("Bearer ")).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_what_was_sent_or_nothing() {
        let cases = [("", Some(0)), ("0", Some(0)), ("17", Some(17)), ("-1", None), ("x", None)];
        for (text, expected) in cases {
            assert_eq!(position(text).ok(), expected, "{text}");
        }
        assert!(position("2147483648").is_err());
    }
}
