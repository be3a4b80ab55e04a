//! Deleting what is old, in batches: no statement holds many rows for long, and none waits for a row that someone holds.

use chassis::database::failed;
use chassis::refusal::Failure;
use jiff::Timestamp;
use jiff_sqlx::ToSqlx;

use super::HolderStore;

/// Rows of one statement.
pub const BATCH: i64 = 1000;

impl HolderStore {
    /// Deletes sign-ins, changes of telephone and counted codes that were started before.
    ///
    /// # Errors
    /// The database is away; what was deleted is gone.
    pub async fn delete_started_before(&self, before: Timestamp) -> Result<(), Failure> {
        while self.delete_sign_ins(before).await.map_err(failed)? == BATCH.unsigned_abs() {}
        while self.delete_phone_changes(before).await.map_err(failed)? == BATCH.unsigned_abs() {}
        while self.delete_codes(before).await.map_err(failed)? == BATCH.unsigned_abs() {}
        Ok(())
    }

    /// Deletes sessions that ended, or else were refreshed last, before.
    ///
    /// # Errors
    /// As [`Self::delete_started_before`].
    pub async fn delete_sessions_before(&self, before: Timestamp) -> Result<(), Failure> {
        while self.delete_sessions(before).await.map_err(failed)? == BATCH.unsigned_abs() {}
        Ok(())
    }

    async fn delete_sign_ins(&self, before: Timestamp) -> sqlx::Result<u64> {
        let deleted = sqlx::query!(
            "delete from identity.sign_ins where id in (
                 select id from identity.sign_ins where started_at < $1
                 order by started_at limit $2 for update skip locked)",
            before.to_sqlx() as _,
            BATCH
        );
        Ok(deleted.execute(&self.pool).await?.rows_affected())
    }

    async fn delete_phone_changes(&self, before: Timestamp) -> sqlx::Result<u64> {
        let deleted = sqlx::query!(
            "delete from identity.phone_changes where id in (
                 select id from identity.phone_changes where started_at < $1
                 order by started_at limit $2 for update skip locked)",
            before.to_sqlx() as _,
            BATCH
        );
        Ok(deleted.execute(&self.pool).await?.rows_affected())
    }

    async fn delete_codes(&self, before: Timestamp) -> sqlx::Result<u64> {
        let deleted = sqlx::query!(
            "delete from identity.codes where id in (
                 select id from identity.codes where sent_at < $1
                 order by sent_at limit $2 for update skip locked)",
            before.to_sqlx() as _,
            BATCH
        );
        Ok(deleted.execute(&self.pool).await?.rows_affected())
    }

    async fn delete_sessions(&self, before: Timestamp) -> sqlx::Result<u64> {
        let deleted = sqlx::query!(
            "delete from identity.sessions where id in (
                 select id from identity.sessions where coalesce(ended_at, refreshed_at) < $1
                 order by coalesce(ended_at, refreshed_at) limit $2 for update skip locked)",
            before.to_sqlx() as _,
            BATCH
        );
        Ok(deleted.execute(&self.pool).await?.rows_affected())
    }
}
