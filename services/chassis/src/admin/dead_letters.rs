//! `DeadLetterService`: what could not be taken is shown, taken again, or given up.

use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::dead_letter_service_server::DeadLetterService;
use tonic::{Request, Response, Status};

use super::{Operations, filter, operator, trace};
use crate::clock::timestamp;
use crate::events::{Discard, Letter, Which, missing};
use crate::names;
use crate::pages::{Page, PageSize};
use crate::refusal::{Failure, Refusal};
use crate::text;
use crate::write::{Stream, request_id};

const SIZES: PageSize = PageSize { default: 50, most: 200 };

#[tonic::async_trait]
impl DeadLetterService for Operations {
    async fn list_dead_letters(
        &self,
        request: Request<pb::ListDeadLettersRequest>,
    ) -> Result<Response<pb::ListDeadLettersResponse>, Status> {
        operator(&request)?;
        let pb::ListDeadLettersRequest { page_size, page_token, filter } = request.into_inner();
        let list = format!("dead letters {filter}");
        let page = Page::<i64>::asked(page_size, &page_token, SIZES, &list)?;
        let which = filter::parse(&filter)?;
        let after = page.after.unwrap_or_default();
        let letters = self.0.letters.list(&which, after, page.size).await?;
        let last = letters.last().map(|letter| letter.number);
        let next_page_token = page.next(last, letters.len());
        let dead_letters = letters.into_iter().map(dead_letter).collect();
        Ok(Response::new(pb::ListDeadLettersResponse { dead_letters, next_page_token }))
    }

    async fn get_dead_letter(
        &self,
        request: Request<pb::GetDeadLetterRequest>,
    ) -> Result<Response<pb::DeadLetter>, Status> {
        operator(&request)?;
        let which = Which { number: Some(number(&request.get_ref().name)?), ..Which::default() };
        let letter = self.0.letters.list(&which, 0, 1).await?.pop().ok_or_else(missing)?;
        Ok(Response::new(dead_letter(letter)))
    }

    async fn replay_dead_letters(
        &self,
        request: Request<pb::ReplayDeadLettersRequest>,
    ) -> Result<Response<pb::ReplayDeadLettersResponse>, Status> {
        let by = operator(&request)?;
        let pb::ReplayDeadLettersRequest { stream, request_id } = request.into_inner();
        self::request_id(&request_id)?;
        let stream = Stream(names::uuid(&stream, "stream")?);
        tracing::info!(by, dossier = %stream.0, "dead letters are replayed");
        let (left, failed) = self.replay(stream).await?;
        Ok(Response::new(pb::ReplayDeadLettersResponse { left, failed }))
    }

    async fn discard_dead_letter(
        &self,
        request: Request<pb::DiscardDeadLetterRequest>,
    ) -> Result<Response<pb::DiscardDeadLetterResponse>, Status> {
        let by = operator(&request)?;
        let pb::DiscardDeadLetterRequest { name, reason, request_id } = request.into_inner();
        let (letter, request) = (number(&name)?, self::request_id(&request_id)?);
        let reason =
            text::reason(&reason, "reason").map_err(|wrong| Refusal::fields(vec![wrong]))?;
        let discard = Discard { letter, request, reason, by };
        let stream = self.0.letters.discard(&discard).await?;
        tracing::warn!(by = discard.by, letter, "a dead letter was given up");
        let (left, failed) = self.replay(stream).await?;
        let stream = stream.0.to_string();
        Ok(Response::new(pb::DiscardDeadLetterResponse { stream, left, failed }))
    }
}

impl Operations {
    /// Takes the letters of a stream again, source by source; how many are left, and the first that failed.
    async fn replay(&self, stream: Stream) -> Result<(i64, Option<pb::DeadLetter>), Failure> {
        for sink in &self.0.sinks {
            sink.replay(stream).await?;
        }
        let which = Which { stream: Some(stream.0), failed: true, ..Which::default() };
        let failed = self.0.letters.list(&which, 0, 1).await?.pop();
        Ok((self.0.letters.left(stream).await?, failed.map(dead_letter)))
    }
}

fn number(name: &str) -> Result<i64, Refusal> {
    let number = name.strip_prefix("deadLetters/").and_then(|number| number.parse().ok());
    let number = number.filter(|number: &i64| *number > 0);
    number.ok_or_else(|| names::malformed("name", "deadLetters/{number}"))
}

fn dead_letter(letter: Letter) -> pb::DeadLetter {
    let Letter { number, cause, detail, failures, parked_at, event } = letter;
    pb::DeadLetter {
        name: format!("deadLetters/{number}"),
        cause: known_cause(&cause).into(),
        detail,
        failures,
        park_time: Some(timestamp(parked_at)),
        source: event.source,
        stream: event.stream.0.to_string(),
        sequence: event.sequence,
        fact: event.id.to_string(),
        r#type: event.kind,
        subject: event.subject,
        fact_time: Some(timestamp(event.time)),
        actor: event.actor,
        trace: trace(event.traceparent.as_deref()),
    }
}

fn known_cause(word: &str) -> pb::DeadLetterCause {
    match word {
        "poison" => pb::DeadLetterCause::Poison,
        "gap" => pb::DeadLetterCause::Gap,
        "waiting" => pb::DeadLetterCause::Waiting,
        _ => pb::DeadLetterCause::Unspecified,
    }
}
