//! `ReaderService`: how far the logs of others have been read.

use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::reader_service_server::ReaderService;
use tonic::{Request, Response, Status};

use super::{Operations, operator};
use crate::clock::timestamp;
use crate::events::{Followed, Progress, Relay};
use crate::pages::{Page, PageSize};
use crate::refusal::Failure;

const SIZES: PageSize = PageSize { default: 100, most: 100 };

#[tonic::async_trait]
impl ReaderService for Operations {
    async fn list_readers(
        &self,
        request: Request<pb::ListReadersRequest>,
    ) -> Result<Response<pb::ListReadersResponse>, Status> {
        operator(&request)?;
        let pb::ListReadersRequest { page_size, page_token } = request.into_inner();
        let page = Page::<String>::asked(page_size, &page_token, SIZES, "readers")?;
        let mut followed: Vec<_> = self.0.followed.iter().collect();
        followed.sort_by_key(|followed| name(followed));
        let behind = page.after.clone().unwrap_or_default();
        let size = usize::try_from(page.size).unwrap_or_default();
        let mut readers = Vec::new();
        for followed in followed.into_iter().filter(|it| name(it) > behind).take(size) {
            readers.push(self.reader(followed).await?);
        }
        let last = readers.last().map(|reader| reader.name.clone());
        let next_page_token = page.next(last, readers.len());
        Ok(Response::new(pb::ListReadersResponse { readers, next_page_token }))
    }
}

fn name(followed: &Followed) -> String {
    let relays = followed.reader == Relay::READER;
    format!("readers/{}", if relays { followed.reader } else { followed.source })
}

impl Operations {
    async fn reader(&self, followed: &Followed) -> Result<pb::Reader, Failure> {
        let mut reader = pb::Reader {
            name: name(followed),
            source: followed.source.into(),
            parked_streams: self.0.letters.parked_by(followed.source).await?,
            ..pb::Reader::default()
        };
        let state = match followed.progress(&self.0.pool).await {
            Progress::Behind(lag) => {
                reader.lag_facts = Some(i64::try_from(lag.events).unwrap_or(i64::MAX));
                reader.lag_time = lag.oldest.map(timestamp);
                reader.lag_seconds = Some(lag.seconds(&self.0.clock));
                pb::ReaderState::Reading
            }
            Progress::Stopped(why) => {
                reader.detail = why;
                pb::ReaderState::Stopped
            }
            Progress::Away => pb::ReaderState::Away,
            Progress::OverBroker => pb::ReaderState::OverKafka,
        };
        reader.state = state.into();
        Ok(reader)
    }
}
