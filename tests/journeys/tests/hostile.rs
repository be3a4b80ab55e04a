//! Whatever bytes a stranger sends, with a good token and against things that are there: the answer is an answer of the contract.
//!
//! Messages are made from the descriptors with a seed; `MOTCUA_TEST_SEED` repeats a run.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use chassis::access::Role;
use chassis::server::REQUEST_WITHIN;
use http::uri::PathAndQuery;
use journeys::{AGENCY, Answer, Contract, House, call, in_name_of, path};
use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use proto::motcua::dossier::v1::{
    GetProcedureVersionRequest, ListDossiersRequest, ProcedureVersion,
};
use proto::motcua::workflow::v1::ListTasksRequest;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, RngExt, SeedableRng};
use tokio::time::Instant;
use tonic::{Code, IntoStreamingRequest};
use uuid::Uuid;

/// Messages for each rpc.
const EACH: usize = 300;

/// Words that would betray what the program is made of.
const INSIDES: [&str; 14] = [
    "sqlx",
    "select ",
    "insert ",
    "constraint",
    "relation",
    "postgres",
    "column",
    "panicked",
    "unwrap",
    ".rs:",
    "prost",
    "serde",
    "tokio",
    "Struct.",
];

#[tokio::test(flavor = "multi_thread")]
async fn every_rpc_answers_anything_in_the_words_of_the_contract() {
    let seed = std::env::var("MOTCUA_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(rand::random);
    println!("MOTCUA_TEST_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let house = House::build().await;
    let contract = Contract::read();
    let scene = Scene::set(&house).await;
    let mut wrong = Vec::new();
    for method in contract.methods() {
        let path = path(&method);
        let mut heard = BTreeSet::new();
        for number in 0..EACH {
            let bytes = scene.bytes(&method.input(), &mut random);
            let token = scene.tokens.choose(&mut random);
            let answer =
                call(house.channel(&path), &path, token.map(String::as_str), bytes.clone()).await;
            heard.insert(answer.as_ref().err().and_then(chassis::status::reason));
            if let Some(fault) = fault(&answer) {
                let begin = hex(&bytes[..bytes.len().min(200)]);
                wrong.push(format!("{path} message {number}: {fault}\n    {begin}"));
            }
        }
        println!("{path}: {heard:?}");
    }
    let count = wrong.len();
    wrong.truncate(20);
    assert!(wrong.is_empty(), "seed {seed}: {count} answers\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_is_no_fault_of_ours() {
    let house = House::build().await;
    let name = "x".repeat(5 * 1024 * 1024);
    let message = GetProcedureVersionRequest { name }.encode_to_vec();
    let path = "/motcua.dossier.v1.ProcedureService/GetProcedureVersion";
    let refused = call(house.channel(path), path, None, message).await.expect_err("too large");
    // gRPC itself refuses it, before anything of ours could give a reason.
    assert!(matches!(refused.code(), Code::ResourceExhausted | Code::OutOfRange), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_that_nobody_gave_is_an_answer_too() {
    let house = House::build().await;
    let citizen = house.people.citizen();
    let submitted = house.submitted(&citizen).await;
    house.task(&submitted.name).await;
    let (dossiers, tasks) = tokens_of_pages(&house, &citizen).await;
    let mut wrong = Vec::new();
    for page_token in forged(&dossiers) {
        let asked = ListDossiersRequest {
            page_size: 1,
            page_token: page_token.clone(),
            ..Default::default()
        };
        let listed = house.dossiers().list_dossiers(in_name_of(&citizen, asked)).await;
        wrong.extend(
            fault(&listed.map(|_| Vec::new())).map(|fault| format!("{page_token} {fault}")),
        );
    }
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    for page_token in forged(&tasks) {
        let asked = ListTasksRequest {
            parent: "cases/-".into(),
            page_size: 1,
            page_token: page_token.clone(),
            ..Default::default()
        };
        let listed = house.tasks().list_tasks(in_name_of(&officer, asked)).await;
        wrong.extend(
            fault(&listed.map(|_| Vec::new())).map(|fault| format!("{page_token} {fault}")),
        );
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_comes_whole_is_told_so() {
    let house = House::build().await;
    let path = "/motcua.dossier.v1.ProcedureService/GetProcedureVersion";
    let mut client = tonic::client::Grpc::new(house.channel(path));
    client.ready().await.expect("connected");
    let codec = proto::codec::Codec::<GetProcedureVersionRequest, ProcedureVersion>::default();
    let (began, never) = (Instant::now(), futures::stream::pending().into_streaming_request());
    let refused = client.client_streaming(never, PathAndQuery::from_static(path), codec).await;
    let refused = refused.expect_err("late");
    assert_eq!(chassis::status::reason(&refused).as_deref(), Some("REQUEST_LATE"), "{refused:?}");
    assert!(began.elapsed() >= REQUEST_WITHIN);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is wrong with an answer.
fn fault(answer: &Answer) -> Option<String> {
    let Err(status) = answer else { return None };
    let told = format!("{:?} {:?}", status.code(), status.message());
    if matches!(status.code(), Code::Internal | Code::Unknown | Code::Unavailable | Code::Cancelled)
    {
        return Some(format!("{told}: a fault of the service, for a stranger's message"));
    }
    let details = String::from_utf8_lossy(status.details()).to_lowercase();
    let message = status.message().to_lowercase();
    let seen = |word: &&str| {
        details.contains(&word.to_lowercase()) || message.contains(&word.to_lowercase())
    };
    if let Some(word) = INSIDES.iter().find(|word| seen(word)) {
        return Some(format!("{told}: tells of {word:?}"));
    }
    if status.details().len() > 5900 {
        return Some(format!("{told}: more than gRPC clients take of a status"));
    }
    let reason = chassis::status::reason(status).unwrap_or_default();
    let upper_snake = |byte: u8| byte.is_ascii_uppercase() || byte == b'_' || byte.is_ascii_digit();
    let stable = !reason.is_empty() && reason.bytes().all(upper_snake);
    (!stable).then(|| format!("{told}: the reason is {reason:?}"))
}

/// Things that are there, to be named by messages, and callers who may touch them.
struct Scene {
    tokens: Vec<String>,
    named: Vec<String>,
    texts: Vec<String>,
}

impl Scene {
    async fn set(house: &House) -> Self {
        let citizen = house.people.citizen();
        let draft = house.filled(&citizen).await;
        let submitted = house.submitted(&citizen).await;
        let task = house.task(&submitted.name).await.name;
        let case = submitted.name.replace("dossiers/", "cases/");
        let (dossiers, tasks) = tokens_of_pages(house, &citizen).await;
        let named = vec![draft.name, submitted.name, task, case];
        let mut texts: Vec<String> = forged(&dossiers).into_iter().chain(forged(&tasks)).collect();
        texts.extend(named.iter().cloned().chain([draft.etag, submitted.code]));
        texts.extend([dossiers, tasks]);
        texts.extend(boundaries());
        let roles = [Role::Receiving, Role::Processing, Role::Signing];
        let tokens = vec![citizen, house.people.officer(AGENCY, &roles), house.people.service()];
        Self { tokens, named, texts }
    }

    /// A message of this kind as bytes: mostly well formed, sometimes spoilt.
    fn bytes(&self, kind: &MessageDescriptor, random: &mut StdRng) -> Vec<u8> {
        let mut bytes = self.message(kind, 0, random).encode_to_vec();
        match random.random_range(0..20) {
            0 => bytes.truncate(random.random_range(0..=bytes.len())),
            1 => {
                for _ in 0..random.random_range(1..8) {
                    let place = random.random_range(0..=bytes.len());
                    bytes.insert(place, random.random());
                }
            }
            2 => {
                bytes = vec![0; random.random_range(0..4096)];
                random.fill_bytes(&mut bytes);
            }
            3 => bytes.extend(deep_struct(random.random_range(1..400))),
            _ => {}
        }
        bytes
    }

    fn message(
        &self,
        kind: &MessageDescriptor,
        depth: usize,
        random: &mut StdRng,
    ) -> DynamicMessage {
        let mut message = DynamicMessage::new(kind.clone());
        for field in kind.fields() {
            // Most fields are set, so that a message gets past the first check; deep ones seldom.
            if random.random_range(0..10) < 9 && depth < random.random_range(2..90) {
                message.set_field(&field, self.field(&field, depth, random));
            }
        }
        message
    }

    fn field(&self, field: &FieldDescriptor, depth: usize, random: &mut StdRng) -> Value {
        if field.is_map() {
            let entry = field.kind();
            let value = entry.as_message().expect("an entry").map_entry_value_field();
            let entries = (0..random.random_range(0..3))
                .map(|_| (self.text(random), self.one(&value, depth, random)));
            return Value::Map(
                entries.map(|(key, value)| (prost_reflect::MapKey::String(key), value)).collect(),
            );
        }
        if field.is_list() {
            let items = random.random_range(0..3);
            return Value::List((0..items).map(|_| self.one(field, depth, random)).collect());
        }
        self.one(field, depth, random)
    }

    fn one(&self, field: &FieldDescriptor, depth: usize, random: &mut StdRng) -> Value {
        let number =
            *[0, 1, -1, 2, 5, 99, i64::MAX, i64::MIN, i64::from(i32::MAX), i64::from(i32::MIN)]
                .choose(random)
                .expect("some");
        let small = i32::try_from(number).unwrap_or(i32::MIN);
        match field.kind() {
            Kind::String => Value::String(self.text_for(field.name(), random)),
            Kind::Bytes => Value::Bytes(Bytes::from(self.text(random))),
            Kind::Bool => Value::Bool(random.random()),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(small),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(small.cast_unsigned()),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(number.cast_unsigned()),
            Kind::Float => Value::F32(f32::NAN),
            Kind::Double => {
                let odd =
                    [f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE, -0.0, 1e15, 2025.0];
                Value::F64(*odd.choose(random).expect("some"))
            }
            Kind::Enum(_) => Value::EnumNumber(small),
            Kind::Message(kind) => Value::Message(self.message(&kind, depth + 1, random)),
        }
    }

    /// Text where a field of this name stands: what it should be more often than not.
    fn text_for(&self, field: &str, random: &mut StdRng) -> String {
        if random.random_range(0..10) < 3 {
            return self.text(random);
        }
        match field {
            "request_id" | "dossier_id" => Uuid::from_u128(random.random()).to_string(),
            "name" => self.named.choose(random).cloned().unwrap_or_default(),
            "parent" => (*["procedures/-", "cases/-"].choose(random).expect("some")).into(),
            "procedure" => "procedures/1.012575/versions/-".into(),
            "agency" => AGENCY.into(),
            "phone_number" => "+84901234567".into(),
            "code" if random.random() => "123456".into(),
            "etag" if random.random() => String::new(),
            _ => self.text(random),
        }
    }

    fn text(&self, random: &mut StdRng) -> String {
        match random.random_range(0..40) {
            0 => "ạ".repeat(random.random_range(1..60_000)),
            1 => (0..random.random_range(0..64)).map(|_| random.random::<char>()).collect(),
            2 => Uuid::from_u128(random.random()).to_string(),
            _ => self.texts.choose(random).cloned().unwrap_or_default(),
        }
    }
}

/// Texts at the edges of what is understood.
fn boundaries() -> Vec<String> {
    let texts = [
        "",
        " ",
        "\0",
        "a\0b",
        "-",
        "/",
        "dossiers/",
        "dossiers/-",
        "dossiers/\0",
        "cases/-",
        "cases/00000000-0000-0000-0000-000000000000/tasks/receive",
        "tasks/receive",
        "dossiers/00000000-0000-0000-0000-000000000000",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "procedures/-",
        "procedures/1.012575/versions/0",
        "procedures/1.012575/versions/-1",
        "procedures/1.012575/versions/4294967296",
        "procedures/1.012575/versions/99999999999999999999",
        "agencies/26860",
        "agencies/٢٦٨٦٠",
        "agencies/00000",
        "H29.26.860-20261125-9999999",
        "h29.26.860-20261125-0000001",
        "'; drop table dossier.dossiers; --",
        "\u{202e}gnp.exe",
        "💥",
        "ﷺ",
        "İ",
        "ß",
        "%s%n",
        "text = \"",
        "text = \"\0\"",
        "text = \"ạ\" AND online = true",
        "online = true AND ",
        "dossier = \"dossiers/00000000-0000-0000-0000-000000000001\"",
        "dossier = \"",
    ];
    texts.into_iter().map(String::from).collect()
}

/// One token of a page of each list of rows.
async fn tokens_of_pages(house: &House, citizen: &str) -> (String, String) {
    let asked = ListDossiersRequest { page_size: 1, ..Default::default() };
    let dossiers = house.dossiers().list_dossiers(in_name_of(citizen, asked)).await;
    let officer = house.people.officer(AGENCY, &[Role::Receiving]);
    let asked = ListTasksRequest { parent: "cases/-".into(), page_size: 1, ..Default::default() };
    let tasks = house.tasks().list_tasks(in_name_of(&officer, asked)).await;
    let dossiers = dossiers.expect("a page").into_inner().next_page_token;
    (dossiers, tasks.expect("a page").into_inner().next_page_token)
}

/// Tokens for the same list with keys that no row has: nobody signs them, so anyone can make them.
fn forged(token: &str) -> Vec<String> {
    let json = URL_SAFE_NO_PAD.decode(token).expect("a token");
    let (binding, mut key): (String, serde_json::Value) =
        serde_json::from_slice(&json).expect("a token's insides");
    let mut made = Vec::new();
    for instant in
        ["-009999-01-02T01:59:59Z", "9999-12-30T22:00:00.999999999Z", "0000-01-01T00:00:00Z"]
    {
        key[0] = instant.into();
        for step in ["\0", "a\0b", "ạ"] {
            if let Some(last) = key.get_mut(2) {
                *last = step.into();
            }
            made.push(URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(&binding, &key)).expect("JSON")));
        }
    }
    made
}

/// The bytes of a field 2 that nests structs so deep.
fn deep_struct(depth: usize) -> Vec<u8> {
    let mut value = prost_types::Value::default();
    for _ in 0..depth {
        let fields = [(String::from("x"), value)].into();
        let kind = prost_types::value::Kind::StructValue(prost_types::Struct { fields });
        value = prost_types::Value { kind: Some(kind) };
    }
    let inner = value.encode_to_vec();
    let mut bytes = vec![0x12];
    prost::encoding::encode_varint(u64::try_from(inner.len()).expect("a length"), &mut bytes);
    bytes.extend(inner);
    bytes
}
