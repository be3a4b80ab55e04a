//! PostgreSQL's turn: pgbench commits, one transaction for each, the rows that one submission changes.
//!
//! The tables are the services' own, with as many rows. Clients, prepared statements and the small work left out are in pgbench's
//! favour: it takes no lock ahead of a change and looks for no kept answer. What each form does about numbering is its own.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use chassis::clock::Clock;
use chassis::database::{migrate, pool};
use chassis::postgres::ADMIN;
use chassis::service::BoxError;
use tokio::process::Command;

use crate::cost::Cpu;
use crate::ground::Ground;

/// The database it works in.
pub const DATABASE: &str = "pgbench";

/// What the rows of one submission are; SERIAL is where its number comes from.
const HEAD: &str = "update chassis.head set sequence = sequence + 1 where stream = STREAM";
const COUNTER: &str = "update chassis.counter set value = value + 1 where series = 'dossier-code/agencies/26860/2026-11-25'
    returning value";
const DOSSIER: &str =
    "update dossier.dossiers set status = 1, submitted_at = now(), revision = revision + 1,
    code = 'H29.26.860-20261125-' || lpad(SERIAL::text, 7, '0') where id = STREAM";
const ANSWER: &str = r#"insert into chassis.answer (caller, request, kept_at, fingerprint, answer)
    values ('accounts/00000000-0000-7000-8000-000000000000', lpad(to_hex(nextval('serial')), 32, '0')::uuid, now(),
        '\x00112233445566778899aabbccddeeff', '{"id":"00000000-0000-7000-8000-000000000000"}')"#;
const EVENT: &str = r"insert into chassis.event
    (event, stream, sequence, type, subject, time, actor, agency, causation, traceparent, body)
    values (gen_random_uuid(), STREAM, 1, 'motcua.dossier.v1.DossierSubmitted',
        'dossiers/00000000-0000-7000-8000-000000000000', now(),
        'accounts/00000000-0000-7000-8000-000000000000', 'agencies/26860',
        'requests/00000000-0000-7000-8000-000000000000',
        '00-00000000000000000000000000000001-0000000000000001-01', '\xBODY')";

/// The row a transaction chooses.
const STREAM: &str = "lpad(to_hex(:n::bigint), 32, '0')::uuid";

/// Bytes of the message DossierSubmitted, as it is encoded.
const BODY: usize = 149;

/// The rows there are, as drafts are before they are submitted.
const ROWS: &str = "with stream as (select lpad(to_hex(n), 32, '0')::uuid as id from generate_series(1, $1::bigint) n),
    heads as (insert into chassis.head (stream) select id from stream)
    insert into dossier.dossiers
        (id, owner, procedure_code, procedure_version, agency, channel, status, created_at, revision)
    select id, 'accounts/' || id, '1.012575', 1, 'agencies/26860', 2, 0, now(), 6 from stream";

/// The one row that numbers them all.
const SERIES: &str = "insert into chassis.counter (series, value) values ('dossier-code/agencies/26860/2026-11-25', 0)";

/// How the rows of one submission reach PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// The same rows: begin, five statements, commit. The counter is locked last of those that many share, as the mesh does it.
    Statements,
    /// The same rows by one statement of five parts that commits by itself: one round trip.
    One,
    /// As `One`, but numbered by a sequence, which leaves gaps and makes nobody wait: not what a submission is, but the least that
    /// PostgreSQL can do for its other rows.
    Gaps,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Statements, Self::One, Self::Gaps];

    /// What a person calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Statements => "the same rows, statement by statement",
            Self::One => "the same rows, one statement",
            Self::Gaps => "one statement, numbers with gaps",
        }
    }

    fn script(self) -> String {
        let parts = match self {
            Self::Statements => {
                let dossier = DOSSIER.replace("SERIAL", ":value::bigint");
                format!(
                    "begin;\n{HEAD};\n{ANSWER};\n{EVENT};\n{COUNTER} \\gset\n{dossier};\ncommit;\n"
                )
            }
            Self::One => {
                let dossier = DOSSIER.replace("SERIAL", "(select value from counter)");
                format!(
                    "with head as ({HEAD}),\ncounter as ({COUNTER}),\ndossier as ({dossier}),\nanswer as ({ANSWER})\n{EVENT};\n"
                )
            }
            Self::Gaps => {
                let dossier = DOSSIER.replace("SERIAL", "nextval('serial')");
                format!(
                    "with head as ({HEAD}),\ndossier as ({dossier}),\nanswer as ({ANSWER})\n{EVENT};\n"
                )
            }
        };
        let body = "4d".repeat(BODY);
        let parts = parts.replace("STREAM", STREAM).replace("BODY", &body);
        format!("\\set n random(1, :rows)\n{parts}")
    }
}

/// pgbench with its database.
pub struct Pgbench {
    program: PathBuf,
    rows: u32,
}

/// One turn of pgbench.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Transactions committed per second.
    pub rate: f64,
    /// Their average latency in milliseconds.
    pub latency: f64,
    /// Transactions committed.
    pub commits: f64,
    /// Processor time of the turn; pgbench's own is that of children that have ended.
    pub cpu: Cpu,
}

impl Pgbench {
    /// Finds it beside the server's programs and makes its database of `rows` drafts.
    ///
    /// # Errors
    /// It is not there, or the database cannot be made.
    pub async fn prepare(ground: &Ground<'_>, rows: u32) -> Result<Self, BoxError> {
        let program = ground.programs()?.join("pgbench");
        if !program.is_file() {
            return Err(format!("{} is missing", program.display()).into());
        }
        let options = ground.postgres.ensure_database(DATABASE).await?;
        let database = pool(options, DATABASE, 1);
        migrate(&database, dossier::SERVICE.migrations, &Clock::system()).await?;
        sqlx::query("create sequence public.serial").execute(&database).await?;
        sqlx::query(ROWS).bind(i64::from(rows)).execute(&database).await?;
        sqlx::query(SERIES).execute(&database).await?;
        database.close().await;
        Ok(Self { program, rows })
    }

    /// Runs it with 32 clients, as our own account, which the server maps to its admin.
    ///
    /// # Errors
    /// It failed, or tells its figures in other words than we know.
    pub async fn run(
        &self,
        ground: &Ground<'_>,
        form: Form,
        seconds: u16,
    ) -> Result<Turn, BoxError> {
        let script = ground.folder.join("script.sql");
        fs::write(&script, form.script())?;
        let before = ground.cpu()?;
        let output = Command::new(&self.program)
            .args(["-n", "-M", "prepared", "-c", "32", "-j", "2", "-T", &seconds.to_string()])
            .args(["-D", &format!("rows={}", self.rows), "-U", ADMIN])
            .arg("-h")
            .arg(ground.postgres.socket_directory())
            .arg("-f")
            .arg(script)
            .arg(DATABASE)
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await?;
        let cpu = ground.cpu()? - before;
        let told = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(format!("pgbench, {}: {why}", form.name()).into());
        }
        read(&told, cpu).ok_or_else(|| format!("pgbench does not tell its figures: {told}").into())
    }
}

fn read(told: &str, cpu: Cpu) -> Option<Turn> {
    let figure = |label: &str| {
        let behind = told.lines().find_map(|line| line.strip_prefix(label))?;
        behind.split_whitespace().next()?.parse::<f64>().ok()
    };
    Some(Turn {
        rate: figure("tps = ")?,
        latency: figure("latency average = ")?,
        commits: figure("number of transactions actually processed: ")?,
        cpu,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_read() {
        let told = "transaction type: script.sql\nnumber of transactions actually processed: 48012\n\
            number of failed transactions: 0 (0.000%)\nlatency average = 6.663 ms\n\
            initial connection time = 60.1 ms\ntps = 4802.411211 (without initial connection time)\n";
        let turn = read(told, Cpu::default()).expect("figures");
        assert_eq!((turn.rate, turn.latency, turn.commits), (4802.411211, 6.663, 48012.0));
        assert!(read("", Cpu::default()).is_none());
    }

    #[test]
    fn every_form_changes_the_same_rows() {
        for form in Form::ALL {
            let script = form.script();
            for part in [
                "update chassis.head",
                "update dossier.dossiers",
                "chassis.answer",
                "chassis.event",
            ] {
                assert!(script.contains(part), "{} lacks {part}", form.name());
            }
            assert_eq!(script.contains("chassis.counter"), form != Form::Gaps);
            for hole in ["STREAM", "BODY", "SERIAL"] {
                assert!(!script.contains(hole), "{}", form.name());
            }
        }
    }
}
