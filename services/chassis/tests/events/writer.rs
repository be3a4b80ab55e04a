//! A publisher whose transaction a test holds in its hands.

use chassis::write::Stream;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// A transaction that publishes.
pub struct Writer(PgConnection);

impl Writer {
    pub async fn begin(options: PgConnectOptions) -> Self {
        let mut writer = Self(PgConnection::connect_with(&options).await.unwrap());
        writer.run("begin").await;
        writer
    }

    pub async fn run(&mut self, statement: &str) {
        sqlx::query(AssertSqlSafe(statement)).execute(&mut self.0).await.unwrap();
    }

    /// Locks the heads of these streams, as a batch does before all else.
    pub async fn lock(&mut self, streams: &[Stream]) {
        let streams: Vec<_> = streams.iter().map(|stream| stream.0).collect();
        sqlx::query("select from chassis.lock_heads($1)")
            .bind(streams)
            .execute(&mut self.0)
            .await
            .unwrap();
    }

    /// Publishes so many facts on a stream.
    pub async fn append(&mut self, stream: Stream, facts: i64) {
        self.lock(&[stream]).await;
        sqlx::query(
            "with head as (
                 update chassis.head set sequence = sequence + $2 where stream = $1
                 returning sequence - $2 as last
             )
             insert into chassis.event
                 (event, stream, sequence, type, subject, time, actor, agency, causation, body)
             select gen_random_uuid(), $1, last + number, 'toy', '', now(), '', '', '', ''
             from head, generate_series(1, $2) as number",
        )
        .bind(stream.0)
        .bind(facts)
        .execute(&mut self.0)
        .await
        .unwrap();
    }

    pub async fn commit(mut self) {
        self.run("commit").await;
        self.0.close().await.unwrap();
    }

    pub async fn roll_back(mut self) {
        self.run("rollback").await;
        self.0.close().await.unwrap();
    }
}
