//! What the contract promises about itself, proved from its descriptors: every word explained, no personal data in a fact, one grammar.

use std::collections::BTreeSet;

use journeys::{Contract, path};
use prost_reflect::{FieldDescriptor, FileDescriptor, Kind, MessageDescriptor, MethodDescriptor};

/// Methods that only read begin with one of these verbs; every other changes something.
const READING: [&str; 10] =
    ["Get", "List", "LookUp", "Explain", "Batch", "Resolve", "Check", "Verify", "Read", "Watch"];

fn reads(method: &MethodDescriptor) -> bool {
    READING.iter().any(|verb| method.name().starts_with(verb))
}

/// Collects what is wrong and tells all of it at once.
fn none(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The comment that stands before the thing at `path` in its file.
fn comment(file: &FileDescriptor, path: &[i32]) -> String {
    let info = file.file_descriptor_proto().source_code_info.as_ref().expect("comments are kept");
    let place = info.location.iter().find(|location| location.path == path);
    place.and_then(|location| location.leading_comments.clone()).unwrap_or_default()
}

#[test]
fn everything_has_a_comment() {
    let contract = Contract::read();
    let mut things: Vec<(String, FileDescriptor, Vec<i32>)> = Vec::new();
    for method in contract.methods() {
        let service = method.parent_service();
        things.push((service.full_name().into(), service.parent_file(), service.path().into()));
        things.push((method.full_name().into(), method.parent_file(), method.path().into()));
    }
    for message in contract.messages().filter(|message| !message.is_map_entry()) {
        things.push((message.full_name().into(), message.parent_file(), message.path().into()));
        for field in message.fields() {
            things.push((field.full_name().into(), field.parent_file(), field.path().into()));
        }
    }
    for found in contract.enums() {
        things.push((found.full_name().into(), found.parent_file(), found.path().into()));
        for value in found.values() {
            let name = format!("{}.{}", found.full_name(), value.name());
            things.push((name, value.parent_file(), value.path().into()));
        }
    }
    assert!(things.len() > 150, "the contract is read: {} things", things.len());
    let bare = things.into_iter().filter(|(_, file, path)| comment(file, path).trim().is_empty());
    none(bare.map(|(name, ..)| format!("{name} has no comment")).collect());
}

#[test]
fn no_fact_holds_personal_data() {
    let contract = Contract::read();
    let mut facts = Vec::new();
    for file in contract.files().filter(|file| file.name().ends_with("/events.proto")) {
        facts.extend(file.messages());
    }
    assert!(facts.len() >= 6, "the facts are found: {}", facts.len());
    let personal = facts.iter().flat_map(|fact| personal_fields(&contract, fact));
    none(personal.map(|field| format!("{field} is personal data in a fact")).collect());
}

/// The search above would be worth nothing if it could not find what is there.
#[test]
fn personal_data_is_found_where_it_is() {
    let contract = Contract::read();
    let dossier = contract.pool.get_message_by_name("motcua.dossier.v1.Dossier").expect("Dossier");
    let mut found = personal_fields(&contract, &dossier);
    found.sort();
    let there = ["DeliveryAddress.phone", "DeliveryAddress.recipient", "DeliveryAddress.street"]
        .into_iter()
        .chain(["DeliveryAddress.ward_code", "StepAnswers.answers"]);
    assert_eq!(found, there.map(|field| format!("motcua.dossier.v1.{field}")).collect::<Vec<_>>());
}

/// Fields with the option, however deep.
fn personal_fields(contract: &Contract, root: &MessageDescriptor) -> Vec<String> {
    let option = contract.pool.get_extension_by_name("motcua.access.v1.personal_data");
    let option = option.expect("the option");
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    let mut left = vec![root.clone()];
    while let Some(message) = left.pop() {
        if !seen.insert(message.full_name().to_owned()) {
            continue;
        }
        for field in message.fields() {
            if field.options().get_extension(&option).as_bool() == Some(true) {
                found.push(field.full_name().to_owned());
            }
            left.extend(field.kind().as_message().cloned());
        }
    }
    found
}

/// A fact whose message is free of form would let personal data in by the back door.
#[test]
fn no_fact_is_free_of_form() {
    let contract = Contract::read();
    let free = ["google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.Any"];
    let mut wrong = Vec::new();
    for file in contract.files().filter(|file| file.name().ends_with("/events.proto")) {
        for field in file.messages().flat_map(|fact| fact.fields().collect::<Vec<_>>()) {
            let named = field.kind().as_message().map(|m| m.full_name().to_owned());
            let loose = named.is_some_and(|name| free.contains(&name.as_str()));
            if loose || matches!(field.kind(), Kind::Bytes) {
                wrong.push(format!("{} can hold anything", field.full_name()));
            }
        }
    }
    none(wrong);
}

fn field(message: &MessageDescriptor, name: &str) -> Option<FieldDescriptor> {
    message.get_field_by_name(name)
}

#[test]
fn every_wish_to_change_something_has_a_request_id() {
    let contract = Contract::read();
    let changing: Vec<_> = contract.methods().filter(|method| !reads(method)).collect();
    assert!(changing.len() >= 6, "{}", changing.len());
    let without = changing.iter().filter(|method| {
        let id = field(&method.input(), "request_id");
        !id.is_some_and(|id| id.kind() == Kind::String && !id.is_list())
    });
    none(without.map(|method| format!("{} has no request_id", path(method))).collect());
}

#[test]
fn every_list_comes_in_pages() {
    let contract = Contract::read();
    let lists = contract.methods().filter(|method| method.name().starts_with("List"));
    let mut wrong = Vec::new();
    for list in lists {
        let (input, output) = (list.input(), list.output());
        let kind = |message, name| field(message, name).map(|field| field.kind());
        let whole = kind(&input, "page_size") == Some(Kind::Int32)
            && kind(&input, "page_token") == Some(Kind::String)
            && kind(&output, "next_page_token") == Some(Kind::String)
            && output.fields().filter(FieldDescriptor::is_list).count() == 1;
        if !whole {
            wrong.push(format!("{} does not page as AIP-158 says", path(&list)));
        }
    }
    none(wrong);
}

#[test]
fn every_rpc_has_its_place_on_the_web() {
    let contract = Contract::read();
    let http = contract.pool.get_extension_by_name("google.api.http").expect("the option");
    let without = contract.methods().filter(|method| !method.options().has_extension(&http));
    none(without.map(|method| format!("{} has no google.api.http", path(&method))).collect());
}

#[test]
fn every_value_of_an_enum_bears_its_name() {
    let contract = Contract::read();
    let mut wrong = Vec::new();
    for found in contract.enums() {
        let prefix = format!("{}_", upper_snake(found.name()));
        for value in found.values() {
            if !value.name().starts_with(&prefix) {
                wrong.push(format!("{} should begin with {prefix}", value.name()));
            }
        }
        let zero = found.get_value(0).map(|value| value.name().to_owned());
        if zero != Some(format!("{prefix}UNSPECIFIED")) {
            wrong.push(format!("0 of {} should be unspecified", found.full_name()));
        }
    }
    none(wrong);
}

fn upper_snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_uppercase());
    }
    snake
}

/// A phone on a bad network can repeat a call, not a stream: only what is watched streams, and it has a twin that lists.
#[test]
fn nothing_but_a_watch_streams_and_none_shares_messages() {
    let contract = Contract::read();
    let mut inputs = BTreeSet::new();
    let mut wrong = Vec::new();
    for method in contract.methods() {
        let watches = method.name().strip_prefix("Watch");
        if method.is_client_streaming() || method.is_server_streaming() != watches.is_some() {
            wrong.push(format!("{} streams, or watches without", path(&method)));
        }
        let twin = watches.map(|noun| format!("List{noun}"));
        let is_twin = |other: &MethodDescriptor| Some(other.name()) == twin.as_deref();
        if twin.is_some() && !method.parent_service().methods().any(|other| is_twin(&other)) {
            wrong.push(format!("{} has no twin that lists", path(&method)));
        }
        let input = method.input().full_name().to_owned();
        if !input.ends_with(&format!(".{}Request", method.name())) || !inputs.insert(input) {
            wrong.push(format!("{} should take its own {}Request", path(&method), method.name()));
        }
    }
    none(wrong);
}
