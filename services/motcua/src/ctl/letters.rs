//! `motcua ctl dead-letters`: what services could not take, shown, taken again, or given up.

use std::str::FromStr;

use chassis::service::BoxError;
use clap::Subcommand;
use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::dead_letter_service_client::DeadLetterServiceClient;
use serde::Serialize;

use super::mesh::{Service, Services, short, table, time};
use super::wish;

/// Letters asked for at once.
const PAGE: i32 = 200;

/// What can be done about dead letters.
#[derive(Subcommand)]
pub enum DeadLetters {
    /// List them: those that failed by themselves, and with --all those that wait behind them
    List {
        /// Also those that wait
        #[arg(long)]
        all: bool,
        /// Print a JSON array instead of a table
        #[arg(long)]
        json: bool,
    },
    /// Show one with everything that is known of it, as JSON
    Show {
        /// Service and number, as `list` shows them: payment/12
        letter: Letter,
    },
    /// Take the letters of its whole stream again, in order, once the cause is mended
    Replay {
        /// Service and number, as `list` shows them: payment/12
        letter: Letter,
    },
    /// Give one up for ever, or what is missing before it, so that those behind it go on
    Discard {
        /// Service and number, as `list` shows them: payment/12
        letter: Letter,
        /// Why, for those who ask later: one line, without personal data
        #[arg(long)]
        reason: String,
    },
}

/// A letter as the command line names it.
#[derive(Clone)]
pub struct Letter {
    service: String,
    number: u64,
}

impl FromStr for Letter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(service, number)| {
            Some(Self { service: service.to_owned(), number: number.parse().ok()? })
        });
        parts.ok_or_else(|| "a letter is named by service and number, as in payment/12".into())
    }
}

impl Letter {
    fn name(&self) -> String {
        format!("deadLetters/{}", self.number)
    }
}

/// A letter as it is printed.
#[derive(Serialize)]
pub struct Row {
    letter: String,
    cause: String,
    failures: i32,
    source: String,
    r#type: String,
    subject: String,
    stream: String,
    sequence: i64,
    parked: String,
    happened: String,
    fact: String,
    actor: String,
    trace: String,
    detail: String,
}

/// Does what was asked, and returns what to print.
///
/// # Errors
/// A service does not answer, or its refusal.
pub async fn run(services: &Services, asked: DeadLetters) -> Result<String, BoxError> {
    match asked {
        DeadLetters::List { all, json } => list(services, all, json).await,
        DeadLetters::Show { letter } => {
            let (service, found) = find(services, &letter).await?;
            Ok(serde_json::to_string_pretty(&row(service, found))?)
        }
        DeadLetters::Replay { letter } => replay(services, &letter).await,
        DeadLetters::Discard { letter, reason } => discard(services, &letter, reason).await,
    }
}

/// Every letter that a filter finds, as it is printed.
///
/// # Errors
/// A service does not answer.
pub async fn found(services: &Services, filter: &str) -> Result<Vec<Row>, BoxError> {
    let mut rows = Vec::new();
    for service in services.all() {
        let mut page_token = String::new();
        loop {
            let filter = filter.to_owned();
            let asked = pb::ListDeadLettersRequest { page_size: PAGE, page_token, filter };
            let listed = client(service).list_dead_letters(service.signed(asked)?).await;
            let listed = listed.map_err(|status| service.refused(status))?.into_inner();
            rows.extend(listed.dead_letters.into_iter().map(|letter| row(service, letter)));
            page_token = listed.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
    }
    Ok(rows)
}

/// The table of letters.
pub fn as_table(rows: &[Row]) -> String {
    let headings = ["LETTER", "CAUSE", "FAILED", "FROM", "FACT", "STREAM", "PARKED", "WHY"];
    let cells: Vec<_> = rows.iter().map(Row::cells).collect();
    table(headings, &cells, "No dead letters.")
}

impl Row {
    fn cells(&self) -> [String; 8] {
        [
            self.letter.clone(),
            self.cause.clone(),
            self.failures.to_string(),
            self.source.clone(),
            format!("{} {}", self.sequence, short(&self.r#type)),
            self.stream.clone(),
            self.parked.clone(),
            self.detail.clone(),
        ]
    }
}

async fn list(services: &Services, all: bool, json: bool) -> Result<String, BoxError> {
    let mut rows = found(services, "").await?;
    rows.retain(|row| all || row.cause != "waiting");
    if json { Ok(serde_json::to_string_pretty(&rows)?) } else { Ok(as_table(&rows)) }
}

async fn replay(services: &Services, letter: &Letter) -> Result<String, BoxError> {
    let (service, found) = find(services, letter).await?;
    let stream = found.stream;
    let wished = pb::ReplayDeadLettersRequest { stream: stream.clone(), request_id: wish() };
    let replayed = client(service).replay_dead_letters(service.signed(wished)?).await;
    let replayed = replayed.map_err(|status| service.refused(status))?.into_inner();
    Ok(stands(service, &stream, replayed.left, replayed.failed))
}

async fn discard(services: &Services, letter: &Letter, reason: String) -> Result<String, BoxError> {
    let service = services.named(&letter.service)?;
    let wished = pb::DiscardDeadLetterRequest { name: letter.name(), reason, request_id: wish() };
    let discarded = client(service).discard_dead_letter(service.signed(wished)?).await;
    let discarded = discarded.map_err(|status| service.refused(status))?.into_inner();
    Ok(stands(service, &discarded.stream, discarded.left, discarded.failed))
}

/// How a stream stands after what was done.
fn stands(service: &Service, stream: &str, left: i64, failed: Option<pb::DeadLetter>) -> String {
    let name = service.name;
    if left == 0 {
        return format!("{stream} goes on at {name}: no letter is left.");
    }
    let failed = failed.map(|letter| as_table(&[row(service, letter)])).unwrap_or_default();
    format!("{stream} is still parked at {name}, letters left: {left}.\n{failed}")
}

async fn find<'a>(
    services: &'a Services,
    letter: &Letter,
) -> Result<(&'a Service, pb::DeadLetter), BoxError> {
    let service = services.named(&letter.service)?;
    let asked = pb::GetDeadLetterRequest { name: letter.name() };
    let found = client(service).get_dead_letter(service.signed(asked)?).await;
    Ok((service, found.map_err(|status| service.refused(status))?.into_inner()))
}

fn client(service: &Service) -> DeadLetterServiceClient<tonic::transport::Channel> {
    DeadLetterServiceClient::new(service.channel.clone())
}

fn row(service: &Service, letter: pb::DeadLetter) -> Row {
    let cause = letter.cause().as_str_name().trim_start_matches("DEAD_LETTER_CAUSE_");
    Row {
        letter: letter.name.replace("deadLetters", service.name),
        cause: cause.to_lowercase(),
        failures: letter.failures,
        source: letter.source,
        r#type: letter.r#type,
        subject: letter.subject,
        stream: letter.stream,
        sequence: letter.sequence,
        parked: time(letter.park_time),
        happened: time(letter.fact_time),
        fact: letter.fact,
        actor: letter.actor,
        trace: letter.trace,
        detail: letter.detail,
    }
}
