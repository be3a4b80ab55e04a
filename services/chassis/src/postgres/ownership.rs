//! Each database has an owner of its own, who may enter no other one.
//!
//! The owner is a role named as the database. It makes and changes its own tables, so migrations
//! run as it too; of the others' databases, and of those that come with the server, it may not even
//! open the door. All of it may be said again: what is so already stays so.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection};

use super::{Error, Postgres, check_database_name, tells_duplicate};

/// Hands what the admin owns in this database to the role of its name: so a database whose tables
/// were all the admin's, as they were once, becomes its owner's. Sequences of columns follow their
/// tables, types of rows too.
const HAND_OVER: &str = r"
do $$
declare
    owner name := current_database();
    admin oid := current_user::regrole;
    statement text;
begin
    for statement in
        with own as (
            select oid, nspname from pg_namespace
            where nspname !~ '^pg_' and nspname <> 'information_schema'
        )
        select format('alter schema %I owner to %I', nspname, owner)
        from own join pg_namespace using (oid, nspname) where nspowner = admin
        union all
        select format('alter table %s owner to %I', class.oid::regclass, owner)
        from pg_class class join own on own.oid = relnamespace
        where relowner = admin and relkind in ('r', 'p', 'v', 'm', 'S', 'f')
          and not (relkind = 'S' and exists (
              select from pg_depend
              where classid = 'pg_class'::regclass and objid = class.oid and deptype in ('a', 'i')))
        union all
        select format('alter routine %s owner to %I', routine.oid::regprocedure, owner)
        from pg_proc routine join own on own.oid = pronamespace where proowner = admin
        union all
        select format('alter type %s owner to %I', type.oid::regtype, owner)
        from pg_type type join own on own.oid = typnamespace left join pg_class on pg_class.oid = typrelid
        where typowner = admin and (typtype in ('d', 'e', 'r') or relkind = 'c')
    loop
        execute statement;
    end loop;
end
$$";

/// Who may enter: the owner, and nobody because they are anybody. What is so already is not written again.
const CLOSE: &str = r"
do $$
declare
    owner name := '{name}';
    closed name;
begin
    if (select datdba from pg_database where datname = owner) <> owner::regrole then
        execute format('alter database %I owner to %I', owner, owner);
    end if;
    for closed in
        select datname from pg_database
        where datname in ('postgres', 'template1', owner)
          and has_database_privilege('public', oid, 'connect, temporary')
    loop
        execute format('revoke all on database %I from public', closed);
    end loop;
end
$$";

/// Makes the role and the database of this name where missing, and makes the one own the other.
pub(super) async fn ensure(postgres: &Postgres, name: &str) -> Result<(), Error> {
    check_database_name(name)?;
    let mut server = postgres.connect().await?;
    let role = format!("CREATE ROLE \"{name}\" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE");
    unless_there(run(&mut server, name, role).await)?;
    let database = format!("CREATE DATABASE \"{name}\" OWNER \"{name}\"");
    unless_there(run(&mut server, name, database).await)?;
    run(&mut server, name, CLOSE.replace("{name}", name)).await?;
    close(server).await?;
    let inside = PgConnection::connect_with(&postgres.options(name)).await;
    let mut inside = inside.map_err(Error::database(format!("entering database {name}")))?;
    run(&mut inside, name, HAND_OVER.to_owned()).await?;
    close(inside).await
}

/// `statement` is made of checked names: plain words.
async fn run(connection: &mut PgConnection, name: &str, statement: String) -> Result<(), Error> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await;
    done.map(drop).map_err(Error::database(format!("giving database {name} its owner")))
}

fn unless_there(made: Result<(), Error>) -> Result<(), Error> {
    match made {
        Err(Error::Database { source, .. }) if tells_duplicate(&source) => Ok(()),
        made => made,
    }
}

async fn close(connection: PgConnection) -> Result<(), Error> {
    connection.close().await.map_err(Error::database("closing a connection"))
}
