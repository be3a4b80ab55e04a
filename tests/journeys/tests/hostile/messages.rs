//! Messages made from the descriptors: mostly what a client might mean, spoilt in one place or another.

use std::collections::HashMap;

use bytes::Bytes;
use journeys::{AGENCY, FORM, sample};
use prost::Message;
use prost_reflect::{
    DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, MethodDescriptor,
    ReflectMessage, Value,
};
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom, IteratorRandom};
use rand::{Rng, RngExt, SeedableRng};
use uuid::Uuid;

use crate::scene::Scene;
use crate::texts;

/// Levels to which messages usually go, and to which some do: prost itself stops at 100.
const USUAL_DEPTH: usize = 5;
const DEEPEST: usize = 120;

/// Bounds of types, of time in seconds and milliseconds, of nanoseconds, and of a part of a file.
const NUMBERS: [i64; 17] = [
    0,
    1,
    -1,
    2,
    5,
    99,
    262_143,
    262_144,
    1_000_000_000,
    -62_135_596_801,
    253_402_300_800,
    1_795_651_200,
    1_795_651_200_000,
    i32::MAX as i64,
    i32::MIN as i64,
    i64::MAX,
    i64::MIN,
];

/// Makes messages, the same from the same seed.
pub struct Messages<'a> {
    scene: &'a Scene,
    random: StdRng,
    /// The form of each field of the request that is a name, as the paths of the method show it: `cases/*`.
    forms: HashMap<String, String>,
    /// Answers to the form that pass.
    sample: serde_json::Value,
    deepest: usize,
    /// One field in so many is not what a client might mean.
    tame: u32,
}

impl<'a> Messages<'a> {
    pub fn of(scene: &'a Scene, seed: u64) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self {
            scene,
            random,
            forms: HashMap::new(),
            sample: sample(),
            deepest: USUAL_DEPTH,
            tame: 1,
        }
    }

    /// The bytes of a request of this method.
    pub fn asking(&mut self, method: &MethodDescriptor) -> Vec<u8> {
        self.forms = forms(method);
        self.deepest =
            if self.one_in(10) { self.random.random_range(1..DEEPEST) } else { USUAL_DEPTH };
        self.tame = self.chosen(&[3, 10, 50]);
        let mut bytes = self.message(&method.input(), 0).encode_to_vec();
        self.spoil(&mut bytes);
        bytes
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.random.random_ratio(1, many)
    }

    fn is_odd(&mut self) -> bool {
        self.one_in(self.tame)
    }

    /// Cuts it off, strews bytes into it, puts others in its place, nests it deep or says all of it twice; most messages are left as they are.
    fn spoil(&mut self, bytes: &mut Vec<u8>) {
        match self.random.random_range(0..25) {
            0 => bytes.truncate(self.random.random_range(0..=bytes.len())),
            1 => {
                for _ in 0..self.random.random_range(1..8) {
                    let place = self.random.random_range(0..=bytes.len());
                    bytes.insert(place, self.random.random());
                }
            }
            2 => {
                *bytes = vec![0; self.random.random_range(0..4096)];
                self.random.fill_bytes(bytes);
            }
            3 => bytes.extend(deep_struct(self.random.random_range(1..400))),
            4 => bytes.extend_from_within(..),
            _ => {}
        }
    }

    fn message(&mut self, kind: &MessageDescriptor, depth: usize) -> DynamicMessage {
        let mut message = DynamicMessage::new(kind.clone());
        if depth >= self.deepest {
            return message;
        }
        for field in self.fields(kind) {
            // Most fields are set, so that a message gets past the first check.
            if !self.is_odd() {
                let value = self.field(&field, depth);
                message.set_field(&field, value);
            }
        }
        message
    }

    /// Of those that exclude each other, one.
    fn fields(&mut self, kind: &MessageDescriptor) -> Vec<FieldDescriptor> {
        let mut fields: Vec<_> =
            kind.fields().filter(|field| field.containing_oneof().is_none()).collect();
        let random = &mut self.random;
        fields.extend(kind.oneofs().filter_map(|oneof| oneof.fields().choose(random)));
        fields
    }

    fn field(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let items = if depth > USUAL_DEPTH { 1 } else { self.random.random_range(0..3) };
        if field.is_map() {
            let value = field.kind().as_message().expect("an entry").map_entry_value_field();
            let entry = |_| (MapKey::String(self.text()), self.one(&value, depth));
            return Value::Map((0..items).map(entry).collect());
        }
        if field.is_list() {
            return Value::List((0..items).map(|_| self.one(field, depth)).collect());
        }
        self.one(field, depth)
    }

    fn one(&mut self, field: &FieldDescriptor, depth: usize) -> Value {
        let number = self.number(field.name());
        let small = i32::try_from(number).unwrap_or(i32::MIN);
        match field.kind() {
            Kind::String => Value::String(self.text_for(field.name(), depth)),
            Kind::Bytes => Value::Bytes(Bytes::from(self.text())),
            Kind::Bool => Value::Bool(self.random.random()),
            Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Value::I32(small),
            Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Value::I64(number),
            Kind::Uint32 | Kind::Fixed32 => Value::U32(small.cast_unsigned()),
            Kind::Uint64 | Kind::Fixed64 => Value::U64(number.cast_unsigned()),
            Kind::Float => Value::F32(f32::NAN),
            Kind::Double => Value::F64(self.chosen(&[
                f64::NAN,
                f64::INFINITY,
                f64::MAX,
                f64::MIN_POSITIVE,
                -0.0,
                1e15,
                2025.0,
            ])),
            Kind::Enum(_) if self.is_odd() => Value::EnumNumber(small),
            Kind::Enum(kind) => {
                let value = kind.values().choose(&mut self.random);
                Value::EnumNumber(value.map_or(0, |value| value.number()))
            }
            Kind::Message(kind) if field.name() == "answers" && !self.is_odd() => {
                Value::Message(self.answers(&kind))
            }
            Kind::Message(kind) => Value::Message(self.message(&kind, depth + 1)),
        }
    }

    /// Answers to a step of the form, one of them another than it should be.
    fn answers(&mut self, kind: &MessageDescriptor) -> DynamicMessage {
        let step = self.chosen(&FORM);
        let mut message =
            DynamicMessage::deserialize(kind.clone(), &self.sample[step]).expect("answers");
        if let Some(Value::Map(answers)) = message.get_field_by_name_mut("fields")
            && let Some(Value::Message(answer)) = answers.values_mut().choose(&mut self.random)
        {
            *answer = self.message(&answer.descriptor(), 1);
        }
        message
    }

    fn number(&mut self, field: &str) -> i64 {
        let meant = texts::NUMBERS_MEANT.iter().find(|(name, _)| *name == field);
        match meant {
            Some((_, number)) if !self.is_odd() => *number,
            _ => self.chosen(&NUMBERS),
        }
    }

    /// Text where a field of this name stands: what it should be more often than not.
    fn text_for(&mut self, field: &str, depth: usize) -> String {
        if self.is_odd() {
            return self.text();
        }
        if let Some(form) = self.forms.get(field).filter(|_| depth == 0) {
            let named = self.scene.names.iter().filter(|name| has_form(name, form));
            let named = named.choose(&mut self.random);
            return named.unwrap_or(form).clone();
        }
        match field {
            "request_id" | "dossier_id" | "file_id" => self.uuid(),
            "procedure" => "procedures/1.012575/versions/-".into(),
            "agency" => AGENCY.into(),
            "etag" | "page_token" | "after" | "order_by" if self.one_in(2) => String::new(),
            "filter" => self.filter(),
            _ => self.text_of(field),
        }
    }

    fn text_of(&mut self, field: &str) -> String {
        match texts::MEANT.iter().find(|(name, _)| *name == field) {
            Some((_, text)) => (*text).into(),
            None => self.text(),
        }
    }

    /// Up to three terms that some list knows, each saying something.
    fn filter(&mut self) -> String {
        let terms = (0..self.random.random_range(0..4)).map(|_| {
            let term = self.chosen(&texts::TERMS);
            let value =
                if self.one_in(3) { self.text() } else { self.chosen(&texts::VALUES).into() };
            if self.one_in(2) {
                format!("{term} = {value}")
            } else {
                format!("{term} = \"{value}\"")
            }
        });
        terms.collect::<Vec<_>>().join(" AND ")
    }

    /// Any text: one that is told or named somewhere, one at the edge of what is understood, or nothing anyone ever wrote.
    fn text(&mut self) -> String {
        let scene = self.scene;
        match self.random.random_range(0..40) {
            0 => "ạ".repeat(self.random.random_range(1..60_000)),
            1 => {
                let length = self.random.random_range(0..64);
                (0..length).map(|_| self.random.random::<char>()).collect()
            }
            2 => self.uuid(),
            3..10 => self.chosen(&scene.told),
            10..20 => self.chosen(&scene.names),
            _ => self.chosen(&texts::BOUNDARIES).into(),
        }
    }

    fn uuid(&mut self) -> String {
        Uuid::from_u128(self.random.random()).to_string()
    }

    fn chosen<T: Clone>(&mut self, among: &[T]) -> T {
        among.choose(&mut self.random).expect("some").clone()
    }
}

/// The forms of names that the paths of a method show (`google.api.http`).
fn forms(method: &MethodDescriptor) -> HashMap<String, String> {
    let pool = method.parent_pool();
    let http = pool.get_extension_by_name("google.api.http").expect("the option");
    let rule = method.options().get_extension(&http).into_owned();
    let fields = rule.as_message().expect("a rule").fields();
    let paths = fields.filter_map(|(_, value)| value.as_str().map(str::to_owned));
    let paths: Vec<_> = paths.collect();
    let holes = paths.iter().flat_map(|path| path.split('{').skip(1));
    let holes = holes.filter_map(|hole| hole.split('}').next()?.split_once('='));
    holes.map(|(field, form)| (field.to_owned(), form.to_owned())).collect()
}

/// Whether a name is of a form, whose stars stand for one segment each.
fn has_form(name: &str, form: &str) -> bool {
    let (name, form): (Vec<_>, Vec<_>) = (name.split('/').collect(), form.split('/').collect());
    let fits = |(said, asked): (&&str, &&str)| *asked == "*" || said == asked;
    name.len() == form.len() && name.iter().zip(&form).all(fits)
}

/// The bytes of a field 2 that nests structs so deep.
fn deep_struct(depth: usize) -> Vec<u8> {
    let mut value = Vec::new();
    for _ in 0..depth {
        let entry = [b"\x0a\x01x".to_vec(), framed(2, &value)].concat();
        value = framed(5, &framed(1, &entry));
    }
    framed(2, &value)
}

/// A field of bytes as it goes over the wire.
fn framed(field: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![field << 3 | 2];
    prost::encoding::encode_varint(u64::try_from(content.len()).expect("a length"), &mut bytes);
    bytes.extend(content);
    bytes
}
