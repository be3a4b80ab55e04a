use super::*;
use proptest::prelude::*;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

const DIRECTORY: Setting<PathBuf> =
    Setting::new("data.directory", "./data", "Where everything is kept.");
const LISTEN: Setting<SocketAddr> =
    Setting::new("dossier.grpc.listen", "127.0.0.1:7001", "Where calls are taken.");
const BROKERS: Setting<Vec<String>> =
    Setting::new("kafka.brokers", "", "The brokers to ask first.");
const PAUSE: Setting<Duration> = Setting::new("kafka.pause", "250ms", "How long to wait.");
const KEY: Setting<Option<SecretString>> = Setting::new("payment.key", "", "Signs requests.");
const PIN: Setting<Option<Pin>> = Setting::new("payment.pin", "", "Opens the safe.");

const TABLE: &[Declaration] = &[
    DIRECTORY.declaration(),
    LISTEN.declaration(),
    BROKERS.declaration(),
    PAUSE.declaration(),
    KEY.declaration(),
    PIN.declaration(),
];

/// A secret that not every text is.
struct Pin;

impl Value for Pin {
    const ACCEPTED: &'static str = "four digits";
    const SECRET: bool = true;

    fn parse(text: &str) -> Option<Self> {
        (text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(Self)
    }
}

/// A settings file that goes with its directory when dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, text: &str) -> Self {
        let directory =
            std::env::temp_dir().join(format!("motcua-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let mut file = std::fs::File::create(directory.join("motcua.toml")).unwrap();
        file.write_all(text.as_bytes()).unwrap();
        Self(directory)
    }

    fn path(&self) -> PathBuf {
        self.0.join("motcua.toml")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn sources(config: Option<PathBuf>, environment: &[(&str, &str)], set: &[&str]) -> Sources {
    Sources {
        config,
        environment: environment
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).into()))
            .collect(),
        command_line: set.iter().map(|text| (*text).into()).collect(),
    }
}

fn load_file(name: &str, text: &str) -> Result<Settings, SettingsError> {
    let scratch = Scratch::new(name, text);
    Settings::load(TABLE, &sources(Some(scratch.path()), &[], &[]))
}

fn refusal(result: Result<Settings, SettingsError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn the_later_source_wins() {
    let scratch = Scratch::new("precedence", "[data]\ndirectory = \"file\"\n");
    let file = Some(scratch.path());
    let variable = [("MOTCUA_DATA_DIRECTORY", "variable")];
    let set = ["data.directory=set"];
    let cases = [
        (sources(None, &[], &[]), "./data", Origin::Default),
        (sources(file.clone(), &[], &[]), "file", Origin::File(scratch.path())),
        (
            sources(file.clone(), &variable, &[]),
            "variable",
            Origin::Environment(variable[0].0.into()),
        ),
        (sources(file, &variable, &set), "set", Origin::CommandLine),
        (sources(None, &[], &["data.directory=a", "data.directory=b"]), "b", Origin::CommandLine),
    ];
    for (sources, value, origin) in cases {
        let settings = Settings::load(TABLE, &sources).unwrap();
        assert_eq!(settings.get(&DIRECTORY).unwrap(), PathBuf::from(value));
        assert_eq!(settings.describe()[0].origin, origin);
    }
}

#[test]
fn the_command_line_names_the_file_before_the_variable_does() {
    let scratch = Scratch::new("named", "kafka.pause = \"1s\"\n");
    let path = scratch.path().into_os_string().into_string().unwrap();
    let by_variable = sources(None, &[("MOTCUA_CONFIG", &path)], &[]);
    let by_both = sources(Some(scratch.path()), &[("MOTCUA_CONFIG", "/nowhere")], &[]);
    for sources in [by_variable, by_both] {
        let settings = Settings::load(TABLE, &sources).unwrap();
        assert_eq!(settings.get(&PAUSE).unwrap(), Duration::from_secs(1));
    }
    Settings::load(TABLE, &sources(None, &[("MOTCUA_CONFIG", "")], &[])).unwrap();
}

#[test]
fn a_file_gives_every_type() {
    let text = "
        kafka = { brokers = ['one:9092', 'two:9092'], pause = '5m' }
        [dossier.grpc]
        listen = '[::1]:9000'
        [payment]
        key = 'hush'
        pin = 1234
        ";
    let settings = load_file("types", text).unwrap();
    assert_eq!(settings.get(&BROKERS).unwrap(), ["one:9092", "two:9092"]);
    assert_eq!(settings.get(&PAUSE).unwrap(), Duration::from_secs(300));
    assert_eq!(settings.get(&LISTEN).unwrap(), "[::1]:9000".parse().unwrap());
    assert_eq!(settings.require(&KEY).unwrap().expose_secret(), "hush");
    assert!(settings.get(&PIN).unwrap().is_some());
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    let told = refusal(load_file("unknown", "[dossier.grcp]\nlisten = '127.0.0.1:1'\n"));
    assert!(told.contains("motcua.toml: there is no setting \"dossier.grcp.listen\""), "{told}");
    assert!(told.ends_with("did you mean dossier.grpc.listen?"), "{told}");
    let told = refusal(Settings::load(TABLE, &sources(None, &[], &["weather=fine"])));
    assert_eq!(told, "command line: there is no setting \"weather\"");
    Settings::load(TABLE, &sources(None, &[("MOTCUA_PORT_80_TCP", "tcp://10.0.0.1")], &[]))
        .unwrap();
}

#[test]
fn a_bad_value_tells_setting_source_value_and_what_is_accepted() {
    let told = refusal(Settings::load(TABLE, &sources(None, &[("MOTCUA_KAFKA_PAUSE", "5")], &[])));
    assert_eq!(
        told,
        "environment MOTCUA_KAFKA_PAUSE: kafka.pause was given \"5\"; \
         it takes a whole number with ms, s, m, h or d, such as 250ms or 5m"
    );
    let told = refusal(Settings::load(TABLE, &sources(None, &[], &["kafka.pause=\n"])));
    assert!(told.contains("given \"\\n\""), "{told}");
    let long = format!("kafka.pause={}", "x".repeat(MAX_TEXT + 1));
    let told = refusal(Settings::load(TABLE, &sources(None, &[], &[&long])));
    assert_eq!(told, "command line: the value of kafka.pause is longer than 16384 bytes");
}

#[test]
fn a_mistake_is_told_even_when_overruled() {
    let scratch = Scratch::new("overruled", "kafka.pause = 'soon'\n");
    let sources = sources(Some(scratch.path()), &[], &["kafka.pause=1s"]);
    assert!(refusal(Settings::load(TABLE, &sources)).contains("\"soon\""));
}

#[test]
fn a_secret_is_never_shown() {
    let secret = "correct-horse";
    let set = format!("payment.key={secret}");
    let settings = Settings::load(TABLE, &sources(None, &[], &[&set])).unwrap();
    let listing = render(&settings.describe());
    assert!(listing.contains("payment.key          (set)"), "{listing}");
    assert!(listing.contains("payment.pin          (not set)"), "{listing}");
    let refused = [
        refusal(Settings::load(TABLE, &sources(None, &[], &["payment.pin=correct-horse"]))),
        refusal(Settings::load(TABLE, &sources(None, &[], &[secret]))),
        refusal(load_file("garbled", "[payment]\nkey = 'correct-horse\n")),
        refusal(load_file("shape", "payment.key = ['correct-horse', ['x']]\n")),
        format!("{:?}", sources(None, &[("MOTCUA_PAYMENT_KEY", secret)], &[&set])),
        format!("{settings:?}"),
        listing,
    ];
    for text in refused {
        assert!(!text.contains(secret), "{text}");
    }
}

#[test]
fn the_file_error_names_file_and_line() {
    let told = refusal(load_file("line", "kafka.pause = '1s'\nkafka.pause = '2s'\n"));
    assert!(told.contains("motcua.toml, line 2: is not TOML"), "{told}");
    let told = refusal(load_file("tables", "[[kafka.brokers]]\nname = 'one'\n"));
    assert!(told.contains("kafka.brokers must be a plain value"), "{told}");
    let told = refusal(load_file("comma", "kafka.brokers = ['a,b']\n"));
    assert!(told.contains("no item with a comma"), "{told}");
    let told = refusal(load_file("large", &"#".repeat(1024 * 1024 + 1)));
    assert!(told.contains("is larger than 1048576 bytes"), "{told}");
    let absent = sources(Some("/nowhere/motcua.toml".into()), &[], &[]);
    assert!(refusal(Settings::load(TABLE, &absent)).starts_with("file /nowhere/motcua.toml"));
}

#[test]
fn the_listing_is_aligned() {
    let table = &[DIRECTORY.declaration(), LISTEN.declaration()];
    let sources = sources(None, &[], &["data.directory=/srv"]);
    let listing = render(&Settings::load(table, &sources).unwrap().describe());
    assert_eq!(
        listing,
        "NAME                 VALUE           SOURCE        MEANING\n\
         data.directory       /srv            command line  Where everything is kept.\n\
         dossier.grpc.listen  127.0.0.1:7001  default       Where calls are taken.\n"
    );
}

#[test]
fn what_is_required_and_missing_is_told_with_its_variable() {
    let settings = Settings::load(TABLE, &Sources::default()).unwrap();
    let told = settings.require(&KEY).unwrap_err().to_string();
    assert_eq!(
        told,
        "payment.key is not set (Signs requests): \
         give it in the file, as MOTCUA_PAYMENT_KEY, or by --set"
    );
}

#[test]
fn mistakes_in_the_table_are_told() {
    const DOTTED: Setting<bool> = Setting::new("a.b.c", "true", "One.");
    const JOINED: Setting<bool> = Setting::new("a.b_c", "true", "Other.");
    const WRONG: Setting<bool> = Setting::new("wrong", "perhaps", "No truth.");
    let clash = [DOTTED.declaration(), JOINED.declaration()];
    assert!(
        refusal(Settings::load(&clash, &Sources::default())).contains("a.b.c and a.b_c share one")
    );
    let told = refusal(Settings::load(&[WRONG.declaration()], &Sources::default()));
    assert_eq!(told, "default: wrong was given \"perhaps\"; it takes true or false");
    let settings = Settings::load(TABLE, &Sources::default()).unwrap();
    assert!(matches!(settings.get(&DOTTED), Err(SettingsError::Undeclared { name: "a.b.c" })));
}

#[test]
fn values_are_read_as_written() {
    assert_eq!(Duration::parse("250ms"), Some(Duration::from_millis(250)));
    assert_eq!(Duration::parse("2d"), Some(Duration::from_secs(172_800)));
    assert_eq!(ByteSize::parse("4MiB"), Some(ByteSize(4 << 20)));
    assert_eq!(ByteSize::parse("4 KiB"), Some(ByteSize(4096)));
    assert_eq!(u16::parse("65535"), Some(65_535));
    assert_eq!(Vec::parse(" a , b "), Some(vec!["a".to_owned(), "b".to_owned()]));
    for text in ["", "5", "m", "-5m", "+5m", "5 minutes", "1.5h", "18446744073709551615d"] {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
    for text in ["", "4", "4MB", "4mib", "18446744073709551615KiB"] {
        assert_eq!(ByteSize::parse(text), None, "{text}");
    }
    assert_eq!((u16::parse("65536"), u32::parse("+1"), u64::parse("")), (None, None, None));
    assert_eq!((Vec::parse("a,,b"), PathBuf::parse(""), bool::parse("yes")), (None, None, None));
}

proptest! {
    #[test]
    fn a_size_reads_back(bytes in any::<u64>(), bits in 0_u32..40) {
        let size = ByteSize(bytes >> bits << bits);
        prop_assert_eq!(ByteSize::parse(&size.to_string()), Some(size));
    }

    #[test]
    fn no_text_panics(text in ".{0,40}") {
        for declaration in TABLE {
            (declaration.accepts)(&text);
        }
        let _ = Settings::load(TABLE, &sources(None, &[], &[&text]));
    }
}

#[test]
fn what_an_installation_made_fills_only_what_nobody_set() {
    let set = Sources { command_line: vec!["payment.key=theirs".into()], ..Sources::default() };
    let settings = Settings::load(TABLE, &set).unwrap();
    let own = [("payment.key", "ours".into()), ("payment.pin", "1234".into())];
    let completed = settings.completed(&own).unwrap();
    assert_eq!(completed.require(&KEY).unwrap().expose_secret(), "theirs");
    assert!(completed.require(&PIN).is_ok() && settings.require(&PIN).is_err());
    let unknown = [("payment.purse", "x".into())];
    assert!(matches!(settings.completed(&unknown), Err(SettingsError::Unknown { .. })));
    let wrong = [("payment.pin", "x".into())];
    assert!(matches!(settings.completed(&wrong), Err(SettingsError::Refused { .. })));
}
