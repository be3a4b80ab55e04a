//! What an operator sees and does, over gRPC, while facts go on coming.

use std::sync::Arc;

use chassis::access::{Person, Role};
use chassis::events::Reactions;
use chassis::service::{BoxError, Ground, Kind, Service};
use chassis::status::reason;
use chassis::write::{Door, Stream};
use proto::motcua::admin::v1 as pb;
use proto::motcua::admin::v1::DeadLetterCause::{Gap, Poison, Waiting};
use proto::motcua::admin::v1::dead_letter_service_client::DeadLetterServiceClient;
use proto::motcua::admin::v1::fact_service_client::FactServiceClient;
use proto::motcua::admin::v1::job_service_client::JobServiceClient;
use proto::motcua::admin::v1::reader_service_client::ReaderServiceClient;
use proto::motcua::admin::v1::server_service_client::ServerServiceClient;
use support::{Alone, Surroundings, eventually};
use tonic::service::Routes;
use tonic::transport::Channel;
use tonic::{Code, Request, Status};
use uuid::Uuid;

use crate::carrier::steps_of;
use crate::toy::{self, Fact, Teller};
use crate::{LIMIT, TOO_MUCH};

/// The listener as a service.
fn listener() -> Kind {
    Kind { name: "listener", migrations: &toy::MIGRATIONS, build }
}

fn build(ground: Ground) -> Result<Service, BoxError> {
    let around = ground.around();
    let door = Door::open("listener", ground.pool, toy::Notebook, Arc::new(()), around);
    let reactions = vec![Reactions::to("teller", &door).on(&door, toy::note)];
    Ok(Service { routes: Routes::default(), reactions, tasks: Vec::new() })
}

/// A listener that follows a teller, and the operator's clients.
struct Desk {
    teller: Teller,
    listener: Alone,
    token: String,
}

type Letters = DeadLetterServiceClient<Channel>;

impl Desk {
    async fn open() -> Self {
        let teller = Teller::new("teller").await;
        let (logs, around) = ([teller.log.clone()], Surroundings::default());
        let listener = Alone::following(logs, listener(), toy::clock(), around).await;
        let token = listener.officer("agencies/26860", Role::Operator);
        Self { teller, listener, token }
    }

    fn letters(&self) -> Letters {
        Letters::new(self.listener.channel.clone())
    }

    fn signed<T>(&self, message: T) -> Request<T> {
        in_name_of(&self.token, message)
    }

    async fn list(&self, stream: Stream) -> Vec<pb::DeadLetter> {
        let filter = format!(r#"stream = "{}""#, stream.0);
        let asked = pb::ListDeadLettersRequest { filter, ..Default::default() };
        let listed = self.letters().list_dead_letters(self.signed(asked)).await.unwrap();
        listed.into_inner().dead_letters
    }

    /// The letters of a stream, once so many lie there.
    async fn until_parked(&self, stream: Stream, letters: usize) -> Vec<pb::DeadLetter> {
        eventually(LIMIT, async || self.list(stream).await.len() == letters).await;
        self.list(stream).await
    }

    async fn replay(&self, stream: Stream) -> pb::ReplayDeadLettersResponse {
        let (stream, request_id) = (stream.0.to_string(), Uuid::now_v7().to_string());
        let wish = pb::ReplayDeadLettersRequest { stream, request_id };
        self.letters().replay_dead_letters(self.signed(wish)).await.unwrap().into_inner()
    }

    async fn discard(
        &self,
        letter: &pb::DeadLetter,
        request: Uuid,
    ) -> Result<pb::DiscardDeadLetterResponse, Status> {
        let wish = pb::DiscardDeadLetterRequest {
            name: letter.name.clone(),
            reason: "told twice by mistake".into(),
            request_id: request.to_string(),
        };
        Ok(self.letters().discard_dead_letter(self.signed(wish)).await?.into_inner())
    }

    async fn mend(&self) {
        let mended = "alter table toy.entry drop constraint number_is_small";
        sqlx::query(mended).execute(&self.listener.database.pool()).await.unwrap();
    }

    async fn noted(&self, stream: Stream) -> Vec<i64> {
        sqlx::query_scalar("select number from toy.entry where stream = $1 order by place")
            .bind(stream.0)
            .fetch_all(&self.listener.database.pool())
            .await
            .unwrap()
    }

    async fn until_noted<const N: usize>(&self, stream: Stream, numbers: [i64; N]) {
        eventually(LIMIT, async || {
            let noted = self.noted(stream).await;
            if noted == numbers { Ok(()) } else { Err(noted) }
        })
        .await;
    }

    async fn reader(&self) -> pb::Reader {
        let mut readers = ReaderServiceClient::new(self.listener.channel.clone());
        let asked = self.signed(pb::ListReadersRequest::default());
        let mut listed = readers.list_readers(asked).await.unwrap().into_inner().readers;
        assert_eq!(listed.len(), 1);
        listed.remove(0)
    }
}

fn in_name_of<T>(token: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request
}

/// Sequence, cause and failures of letters.
fn brief(letters: &[pb::DeadLetter]) -> Vec<(i64, pb::DeadLetterCause, i32)> {
    letters.iter().map(|letter| (letter.sequence, letter.cause(), letter.failures)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parked_stream_is_shown_mended_and_replayed_in_order() {
    let (desk, ill, well) = (Desk::open().await, toy::stream(), toy::stream());
    desk.teller.tell(ill, [1, TOO_MUCH, 3].map(Fact::Number)).await;
    desk.teller.tell_numbers(well, 1..=3).await;
    desk.until_noted(well, [1, 2, 3]).await;
    let letters = desk.until_parked(ill, 2).await;
    assert_eq!(brief(&letters), [(2, Poison, 1), (3, Waiting, 0)]);
    let first = &letters[0];
    assert_eq!((first.source.as_str(), first.stream.clone()), ("teller", ill.0.to_string()));
    assert_eq!(
        (first.r#type.as_str(), first.subject.as_str()),
        ("google.protobuf.Int64Value", "numbers")
    );
    assert!(first.detail.ends_with("sqlstate 23514"), "{}", first.detail);
    let asked = pb::GetDeadLetterRequest { name: first.name.clone() };
    let found = desk.letters().get_dead_letter(desk.signed(asked)).await.unwrap().into_inner();
    assert_eq!(found, *first);

    let replayed = desk.replay(ill).await;
    assert_eq!((replayed.left, brief(replayed.failed.as_slice())), (2, vec![(2, Poison, 2)]));
    desk.mend().await;
    assert_eq!(desk.replay(ill).await, pb::ReplayDeadLettersResponse::default());
    assert_eq!(desk.replay(ill).await.left, 0, "a repeat finds nothing to do");
    desk.teller.tell_numbers(ill, [4]).await;
    desk.until_noted(ill, [1, TOO_MUCH, 3, 4]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_is_given_up_once_and_those_behind_it_go_on() {
    let (desk, stream) = (Desk::open().await, toy::stream());
    desk.teller.tell(stream, [1, TOO_MUCH, 3].map(Fact::Number)).await;
    let letters = desk.until_parked(stream, 2).await;
    let waits = desk.discard(&letters[1], Uuid::now_v7()).await.unwrap_err();
    assert_eq!(reason(&waits).as_deref(), Some("DEAD_LETTER_WAITS"));

    let request = Uuid::now_v7();
    let given_up = desk.discard(&letters[0], request).await.unwrap();
    assert_eq!((given_up.left, given_up.failed.clone()), (0, None));
    assert_eq!(desk.discard(&letters[0], request).await.unwrap(), given_up, "a repeat");
    let again = desk.discard(&letters[0], Uuid::now_v7()).await.unwrap_err();
    assert_eq!(reason(&again).as_deref(), Some("NO_DEAD_LETTER"));
    let other = desk.discard(&letters[1], request).await.unwrap_err();
    assert_eq!(reason(&other).as_deref(), Some("REQUEST_ID_REUSED"));
    desk.teller.tell_numbers(stream, [4]).await;
    desk.until_noted(stream, [1, 3, 4]).await;
    let kept = "select count(*) from chassis.discard
                where reason = 'told twice by mistake' and upto = 2 and cause = 'poison'
                  and discarded_by like 'agencies/26860/officers/%'";
    assert_eq!(desk.listener.number(kept).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_given_up_and_the_letter_behind_it_is_taken() {
    let (desk, stream) = (Desk::open().await, toy::stream());
    desk.teller.tell_numbers(stream, [1]).await;
    let lost = "create function toy.lose() returns trigger language plpgsql as
                    $$ begin if new.sequence = 2 then return null; end if; return new; end $$;
                create trigger lose before insert on chassis.event
                    for each row execute function toy.lose()";
    sqlx::raw_sql(lost).execute(&desk.teller.database.pool()).await.unwrap();
    desk.teller.tell_numbers(stream, [2, 3, 4]).await;
    let letters = desk.until_parked(stream, 2).await;
    assert_eq!(brief(&letters), [(3, Gap, 1), (4, Waiting, 0)]);
    let given_up = desk.discard(&letters[0], Uuid::now_v7()).await.unwrap();
    assert_eq!(given_up.left, 0);
    desk.until_noted(stream, [1, 3, 4]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wherever_a_replay_dies_the_next_takes_nothing_twice() {
    let (desk, stream) = (Desk::open().await, toy::stream());
    desk.teller.tell(stream, [TOO_MUCH].into_iter().chain(2..=20).map(Fact::Number)).await;
    desk.until_parked(stream, 20).await;
    desk.mend().await;
    let sink = desk.listener.sinks[0].clone();
    for steps in 1..=30 {
        let replaying = sink.clone();
        let replay = async move {
            let _ = replaying.replay(stream).await;
        };
        steps_of(Box::pin(replay), steps).await;
    }
    assert_eq!(desk.replay(stream).await.left, 0);
    let noted = desk.noted(stream).await;
    assert!(noted.iter().copied().eq([TOO_MUCH].into_iter().chain(2..=20)), "{noted:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_tells_how_far_it_is_and_why_it_stands() {
    let (desk, stream) = (Desk::open().await, toy::stream());
    desk.teller.tell_numbers(stream, [1, TOO_MUCH]).await;
    desk.until_parked(stream, 1).await;
    eventually(LIMIT, async || desk.reader().await.lag_facts == Some(0)).await;
    let reader = desk.reader().await;
    assert_eq!((reader.state(), reader.parked_streams), (pb::ReaderState::Reading, 1));
    assert_eq!((reader.name.as_str(), reader.lag_seconds), ("readers/teller", Some(0)));

    // As after a restore of the teller to an earlier moment. The reader writes its cursor as long as it does not know.
    let ahead = "update chassis.cursor set done = '9000000000:9000000000:', upto = null";
    sqlx::query(ahead).execute(&desk.listener.database.pool()).await.unwrap();
    let stopped = desk.reader().await;
    assert_eq!((stopped.state(), stopped.lag_facts), (pb::ReaderState::Stopped, None));
    assert!(stopped.detail.contains("restored to an earlier moment"), "{}", stopped.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_tells_what_it_is_and_what_waits() {
    let desk = Desk::open().await;
    let channel = || desk.listener.channel.clone();
    let pool = desk.listener.database.pool();
    let due = "insert into chassis.timer (stream, kind, due_at, set_at, failed_at, detail)
               values (gen_random_uuid(), 'ring', '2026-01-05T01:00:00Z', '2026-01-01', null, null),
                      (gen_random_uuid(), 'ring', '2026-01-09', '2026-01-01', null, null),
                      (gen_random_uuid(), 'ring', '2026-01-09', '2026-01-01', '2026-01-02', 'broke')";
    let jobs = "insert into chassis.job (id, kind, stream, body, scheduled_at, due_at, attempt, failed_at, detail)
                values (gen_random_uuid(), 'call', gen_random_uuid(), '{}', '2026-01-01', '2026-01-06', 3, null, 'no answer'),
                       (gen_random_uuid(), 'call', gen_random_uuid(), '{}', '2026-01-01', '2026-01-06', 40, '2026-01-02', 'no answer'),
                       (gen_random_uuid(), 'call', gen_random_uuid(), '{}', '2026-01-01', '2026-01-06', 0, null, null)";
    for rows in [due, jobs] {
        sqlx::query(rows).execute(&pool).await.unwrap();
    }
    let mut asking = JobServiceClient::new(channel());
    let backlog = asking.get_backlog(desk.signed(pb::GetBacklogRequest {})).await.unwrap();
    let backlog = backlog.into_inner();
    let kind =
        |kind: &str, waiting, failed| vec![pb::WaitingKind { kind: kind.into(), waiting, failed }];
    assert_eq!((backlog.jobs, backlog.timers), (kind("call", 2, 1), kind("ring", 1, 1)));
    let listed = asking.list_jobs(desk.signed(pb::ListJobsRequest::default())).await.unwrap();
    let mut attempts: Vec<_> = listed.into_inner().jobs.iter().map(|job| job.attempts).collect();
    attempts.sort_unstable();
    assert_eq!(attempts, [3, 40]);
    let listed = asking.list_timers(desk.signed(pb::ListTimersRequest::default())).await.unwrap();
    assert_eq!(listed.into_inner().timers.len(), 2);
    let wish = pb::RetryJobsRequest { kind: "call".into(), request_id: Uuid::now_v7().to_string() };
    for retried in [1, 0] {
        let again = asking.retry_jobs(desk.signed(wish.clone())).await.unwrap();
        assert_eq!(again.into_inner().retried, retried);
    }
    let request_id = Uuid::now_v7().to_string();
    let wish = pb::RetryTimersRequest { kind: "ring".into(), request_id };
    let again = asking.retry_timers(desk.signed(wish)).await.unwrap();
    assert_eq!(again.into_inner().retried, 1);
    let backlog = asking.get_backlog(desk.signed(pb::GetBacklogRequest {})).await.unwrap();
    assert_eq!(backlog.into_inner().jobs[0].failed, 0);
    let asked = desk.signed(pb::GetServerInfoRequest {});
    let info = ServerServiceClient::new(channel()).get_server_info(asked).await.unwrap();
    let info = info.into_inner();
    assert_eq!((info.service.as_str(), info.chassis_schema_version >= 5), ("listener", true));
    let stream = Uuid::now_v7().to_string();
    let asked = desk.signed(pb::ListFactsRequest { stream, ..Default::default() });
    let facts = FactServiceClient::new(channel()).list_facts(asked).await.unwrap();
    assert!(facts.into_inner().facts.is_empty(), "a listener is silent");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_a_registered_client_nor_a_service_operates() {
    let desk = Desk::open().await;
    for (name, person, code) in [
        ("clients/partner", Person::Service, Some(Code::PermissionDenied)),
        ("services/mailing", Person::Service, Some(Code::PermissionDenied)),
        ("services/ctl", Person::Service, None),
        ("accounts/x", Person::Citizen { assurance: 2 }, Some(Code::PermissionDenied)),
    ] {
        let token = desk.listener.token(name, person);
        let asked = in_name_of(&token, pb::ListReadersRequest::default());
        let answer =
            ReaderServiceClient::new(desk.listener.channel.clone()).list_readers(asked).await;
        assert_eq!(answer.err().map(|status| status.code()), code, "{name}");
    }
}
