//! The private PostgreSQL on a real server: needs its binaries, runs as root and as any other user.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use chassis::postgres::{Error, Postgres, Settings};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection};

/// Tells the copy of this test binary that plays the owner where its root is.
const ROOT_OF_OWNER: &str = "MOTCUA_TEST_ROOT_OF_OWNER";

/// A root of its own for each test, removed at its end.
struct Root(PathBuf);

impl Root {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("motcua-postgres-{}-{number}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn settings(&self) -> Settings {
        let root = self.0.clone();
        Settings {
            shared_buffers_mb: 16,
            durable: false,
            max_connections: 20,
            ..Settings::new(root)
        }
    }

    fn data(&self) -> PathBuf {
        self.0.join("pgdata")
    }

    /// The root with a directory in it, open to the server's account whatever our umask is.
    fn with_directory(name: &str) -> Self {
        let root = Self::new();
        fs::create_dir_all(root.0.join(name)).expect("directory");
        fs::set_permissions(&root.0, fs::Permissions::from_mode(0o711)).expect("mode");
        root
    }

    /// A data directory with these files, as no server ever wrote it.
    fn with_data(files: &[(&str, &str)]) -> Self {
        let root = Self::with_directory("pgdata");
        for (name, text) in files {
            let path = root.data().join(name);
            fs::create_dir_all(path.parent().expect("it is below the root")).expect("directory");
            fs::write(path, text).expect("file");
        }
        root
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Every path below with its owner, mode, time of change and content.
fn picture(directory: &Path) -> BTreeMap<PathBuf, (u32, u32, i64, Vec<u8>)> {
    let mut seen = BTreeMap::new();
    for entry in fs::read_dir(directory).expect("directory").flatten() {
        let (path, metadata) = (entry.path(), entry.metadata().expect("metadata"));
        if metadata.is_dir() {
            seen.extend(picture(&path));
        }
        let content = fs::read(&path).unwrap_or_default();
        seen.insert(path, (metadata.uid(), metadata.mode(), metadata.ctime_nsec(), content));
    }
    seen
}

async fn run(options: &PgConnectOptions, statement: &str) -> Vec<sqlx::postgres::PgRow> {
    let mut connection = PgConnection::connect_with(options).await.expect("connection");
    let rows =
        sqlx::query(AssertSqlSafe(statement)).fetch_all(&mut connection).await.expect(statement);
    connection.close().await.expect("close");
    rows
}

async fn text(options: &PgConnectOptions, statement: &str) -> String {
    let rows = run(options, statement).await;
    sqlx::Row::get(&rows[0], 0)
}

/// What a crash must not lose.
async fn write_plate(postgres: &Postgres) {
    let options = postgres.ensure_database("plates").await.expect("database");
    run(&options, "CREATE TABLE plate (number text)").await;
    run(&options, "INSERT INTO plate VALUES ('30K-555.55')").await;
}

async fn read_plate(postgres: &Postgres) -> String {
    text(&postgres.options("plates"), "SELECT number FROM plate").await
}

fn pid_of_server(root: &Root) -> Pid {
    let text = fs::read_to_string(root.data().join("postmaster.pid")).expect("pid file");
    let number = text.lines().next().and_then(|line| line.parse().ok());
    Pid::from_raw(number.expect("a number")).expect("a process id")
}

#[tokio::test]
async fn data_outlive_a_stop() {
    let root = Root::new();
    let first = Postgres::start(&root.settings()).await.expect("first start");
    write_plate(&first).await;
    first.stop().await.expect("stop");
    let second = Postgres::start(&root.settings()).await.expect("second start");
    second.ensure_database("plates").await.expect("it is there already");
    assert_eq!(read_plate(&second).await, "30K-555.55");
    second.stop().await.expect("stop");
}

#[tokio::test]
async fn the_server_is_configured_as_promised() {
    let root = Root::new();
    let postgres = Postgres::start(&root.settings()).await.expect("start");
    let options = postgres.options("postgres");
    let cases = [
        ("listen_addresses", ""),
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("data_checksums", "on"),
        ("shared_buffers", "16MB"),
        ("max_connections", "20"),
        ("unix_socket_permissions", "0700"),
        ("server_encoding", "UTF8"),
        ("TimeZone", "UTC"),
        ("lc_messages", "C"),
        ("log_error_verbosity", "terse"),
    ];
    for (name, value) in cases {
        assert_eq!(text(&options, &format!("SHOW {name}")).await, value, "{name}");
    }
    let mode = postgres.socket_directory().metadata().expect("socket directory").mode();
    assert_eq!(mode & 0o777, 0o700);
    postgres.stop().await.expect("stop");

    let durable = Settings { durable: true, ..root.settings() };
    let postgres = Postgres::start(&durable).await.expect("start");
    for name in ["fsync", "synchronous_commit", "full_page_writes"] {
        assert_eq!(text(&options, &format!("SHOW {name}")).await, "on", "{name}");
    }
    postgres.stop().await.expect("stop");
}

/// Whether a role is let into a database.
async fn enters(postgres: &Postgres, role: &str, database: &str) -> bool {
    PgConnection::connect_with(&postgres.options(database).username(role)).await.is_ok()
}

#[tokio::test]
async fn an_owner_is_refused_at_every_door_but_its_own() {
    let root = Root::new();
    let owners = vec!["dossier".to_owned(), "payment".to_owned()];
    let postgres = Postgres::start(&Settings { owners, ..root.settings() }).await.expect("start");
    let dossier = postgres.ensure_owned_database("dossier").await.expect("a database");
    postgres.ensure_owned_database("payment").await.expect("another");
    assert_eq!(text(&dossier, "select current_user::text").await, "dossier");
    for (role, database) in [("dossier", "payment"), ("payment", "dossier")] {
        assert!(enters(&postgres, role, role).await, "{role}");
        for closed in [database, "postgres", "template1"] {
            assert!(!enters(&postgres, role, closed).await, "{role} in {closed}");
        }
    }
    // The privilege says so too, not only the file that lets connections in.
    let may = "select string_agg(has_database_privilege('dossier', datname, 'connect')::text, ' '
               order by datname) from pg_database where datname in ('dossier', 'payment', 'postgres')";
    let admin = postgres.options("postgres");
    assert_eq!(text(&admin, may).await, "true false false");
    let super_ = "select (rolsuper or rolcreatedb or rolcreaterole)::text from pg_roles
                  where rolname = 'dossier'";
    assert_eq!(text(&admin, super_).await, "false");
    assert!(matches!(
        postgres.ensure_owned_database("mailing").await,
        Err(Error::DatabaseName(name)) if name == "mailing"
    ));
    postgres.stop().await.expect("stop");
}

#[tokio::test]
async fn what_was_the_admins_becomes_the_owners() {
    let root = Root::new();
    let owners = vec!["plates".to_owned()];
    let postgres = Postgres::start(&Settings { owners, ..root.settings() }).await.expect("start");
    let admin = postgres.ensure_database("plates").await.expect("a database");
    for made in [
        "create schema plates",
        "create table plates.plate (id bigint generated always as identity, number text)
         partition by range (id)",
        "create table plates.plate_1 partition of plates.plate for values from (1) to (1000)",
        "create view plates.seen as select number from plates.plate",
        "create sequence plates.loose",
        "create type plates.colour as enum ('white', 'yellow')",
        "create type plates.pair as (one text, other text)",
        "create domain plates.code as text",
        "create function plates.count() returns bigint language sql
         begin atomic select count(*) from plates.plate; end",
        "insert into plates.plate (number) values ('30K-555.55')",
    ] {
        run(&admin, made).await;
    }
    for _ in 0..2 {
        let owner = postgres.ensure_owned_database("plates").await.expect("its owner's");
        assert_eq!(text(&owner, "select number from plates.seen").await, "30K-555.55");
        run(&owner, "alter table plates.plate add if not exists colour plates.colour").await;
        run(&owner, "insert into plates.plate (number) select 'x' where plates.count() < 0").await;
        run(&owner, "create table if not exists plates.own (id int)").await;
    }
    let left = "select (select count(*) from pg_class where relowner = 'motcua_admin'::regrole
                        and relnamespace = 'plates'::regnamespace)
                     + (select count(*) from pg_type where typowner = 'motcua_admin'::regrole
                        and typnamespace = 'plates'::regnamespace)
                     + (select count(*) from pg_proc where proowner = 'motcua_admin'::regrole
                        and pronamespace = 'plates'::regnamespace)";
    assert_eq!(text(&admin, &format!("select ({left})::text")).await, "0");
    postgres.stop().await.expect("stop");
}

#[tokio::test]
async fn databases_are_copied_from_a_template() {
    let root = Root::new();
    let postgres = Postgres::start(&root.settings()).await.expect("start");
    write_plate(&postgres).await;
    let copy = postgres.create_from_template("copy", "plates").await.expect("copy");
    assert_eq!(text(&copy, "SELECT number FROM plate").await, "30K-555.55");
    let again = postgres.create_from_template("copy", "plates").await;
    assert!(matches!(again, Err(Error::Database { .. })), "{again:?}");
    let named = postgres.ensure_database("x\"; DROP DATABASE plates").await;
    assert!(matches!(named, Err(Error::DatabaseName(_))), "{named:?}");
    postgres.stop().await.expect("stop");
}

#[tokio::test]
async fn two_may_want_the_same_database_at_once() {
    let root = Root::new();
    let postgres = Postgres::start(&root.settings()).await.expect("start");
    let ensure = || postgres.ensure_database("dossier");
    let (one, two, three) = tokio::join!(ensure(), ensure(), ensure());
    one.and(two).and(three).expect("all are served");
    postgres.stop().await.expect("stop");
}

#[tokio::test]
async fn a_second_owner_is_told_of_the_first() {
    let root = Root::new();
    let first = Postgres::start(&root.settings()).await.expect("start");
    match Postgres::start(&root.settings()).await {
        Err(Error::InUse { owner, .. }) => assert_eq!(owner, format!("pid {}", std::process::id())),
        other => panic!("{other:?}"),
    }
    write_plate(&first).await;
    first.stop().await.expect("stop");
}

#[tokio::test]
async fn data_of_another_version_are_refused_untouched() {
    let root = Root::with_data(&[("PG_VERSION", "9\n"), ("global/pg_control", "x")]);
    let before = picture(&root.data());
    let refused = Postgres::start(&root.settings()).await;
    assert!(matches!(refused, Err(Error::OtherVersion { data: 9, .. })), "{refused:?}");
    assert_eq!(picture(&root.data()), before);
}

#[tokio::test]
async fn half_written_data_are_refused_untouched() {
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[("base/1/112", "x")], "PG_VERSION"),
        (&[("PG_VERSION", "")], "PG_VERSION"),
        (&[("PG_VERSION", "15\n"), ("base/1/112", "x")], "global/pg_control"),
    ];
    for (files, lacking) in cases {
        let root = Root::with_data(files);
        let before = picture(&root.data());
        match Postgres::start(&root.settings()).await {
            Err(Error::HalfWritten { missing, .. }) => assert_eq!(missing, lacking),
            other => panic!("{other:?}"),
        }
        assert_eq!(picture(&root.data()), before);
    }
}

#[tokio::test]
async fn a_killed_set_up_is_begun_anew() {
    let root = Root::with_directory("pgdata.new/base");
    let unfinished = root.0.join("pgdata.new");
    fs::write(unfinished.join("PG_VERSION"), "15\n").expect("file");
    let postgres = Postgres::start(&root.settings()).await.expect("start");
    write_plate(&postgres).await;
    assert!(!unfinished.exists());
    postgres.stop().await.expect("stop");
}

#[tokio::test]
async fn binaries_that_are_not_there_are_named() {
    let root = Root::with_directory("nothing");
    let empty = root.0.join("nothing");
    let settings = Settings { bin_dir: Some(empty.clone()), ..root.settings() };
    match Postgres::start(&settings).await {
        Err(Error::BadBinaries { directory, .. }) => assert_eq!(directory, empty),
        other => panic!("{other:?}"),
    }
    assert!(!root.data().exists());
}

#[tokio::test]
async fn a_long_root_keeps_its_socket_elsewhere() {
    let root = Root::new();
    let settings = Settings { root: root.0.join("x".repeat(120)), ..root.settings() };
    let postgres = Postgres::start(&settings).await.expect("start");
    write_plate(&postgres).await;
    let sockets = postgres.socket_directory().to_owned();
    assert!(!sockets.starts_with(&root.0), "{sockets:?}");
    assert_eq!(sockets.metadata().expect("socket directory").mode() & 0o777, 0o700);
    postgres.stop().await.expect("stop");
    assert!(!sockets.exists());
}

#[tokio::test]
async fn a_killed_server_is_noticed_and_recovers() {
    let root = Root::new();
    let settings = Settings { durable: true, ..root.settings() };
    let first = Postgres::start(&settings).await.expect("start");
    write_plate(&first).await;
    let died = first.died();
    kill_process(pid_of_server(&root), Signal::KILL).expect("kill");
    match died.await {
        Error::Ended { status, .. } => assert!(status.contains("SIGKILL"), "{status}"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(first.stop().await, Err(Error::Ended { .. })));
    let second = Postgres::start(&settings).await.expect("recovery");
    assert_eq!(read_plate(&second).await, "30K-555.55");
    second.stop().await.expect("stop");
}

#[tokio::test]
async fn a_pid_that_someone_else_has_now_bars_nobody() {
    let root = Root::new();
    let first = Postgres::start(&root.settings()).await.expect("start");
    write_plate(&first).await;
    first.stop().await.expect("stop");
    let stale = format!("{}\n{}\n1\n5432\n\n\n", std::process::id(), root.data().display());
    for left in [stale.as_str(), ""] {
        let pid_file = root.data().join("postmaster.pid");
        fs::write(&pid_file, left).expect("pid file");
        fs::set_permissions(&pid_file, fs::Permissions::from_mode(0o644)).expect("mode");
        let next = Postgres::start(&root.settings()).await.expect("start");
        assert_eq!(read_plate(&next).await, "30K-555.55");
        next.stop().await.expect("stop");
    }
}

#[tokio::test]
async fn a_server_dropped_unstopped_ends_by_itself() {
    let root = Root::new();
    drop(Postgres::start(&root.settings()).await.expect("start"));
    let lock = fs::File::open(root.0.join("lock")).expect("lock file");
    let given_back = tokio::task::spawn_blocking(move || lock.lock());
    given_back.await.expect("task").expect("lock");
    assert!(!root.data().join("postmaster.pid").exists(), "it shut down in order");
}

#[tokio::test]
async fn a_killed_owner_leaves_data_and_root_to_the_next() {
    let root = Root::new();
    for expected in [None, Some("30K-555.55")] {
        let mut owner = start_owner(&root);
        owner.kill().expect("kill");
        owner.wait().expect("wait");
        let next = Postgres::start(&root.settings()).await.expect("start after the owner's death");
        match expected {
            None => write_plate(&next).await,
            Some(number) => assert_eq!(read_plate(&next).await, number),
        }
        next.stop().await.expect("stop");
    }
}

/// Runs this binary again as a process of its own that owns the root; returns when its server is
/// ready.
fn start_owner(root: &Root) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command.args(["--exact", "an_owner_to_be_killed", "--ignored", "--nocapture"]);
    command.env(ROOT_OF_OWNER, &root.0).stdout(Stdio::piped());
    let mut owner = command.spawn().expect("owner");
    let said = BufReader::new(owner.stdout.take().expect("its output")).lines();
    let ready = said.map_while(Result::ok).any(|line| line.ends_with("the owner is ready"));
    assert!(ready, "the owner ended early");
    owner
}

#[tokio::test]
#[ignore = "a part of the test above, in a process of its own"]
async fn an_owner_to_be_killed() {
    let Some(root) = std::env::var_os(ROOT_OF_OWNER) else { return };
    let mut settings = Settings::new(root);
    settings.durable = false;
    let postgres = Postgres::start(&settings).await.expect("start");
    println!("the owner is ready");
    panic!("{}", postgres.died().await);
}
