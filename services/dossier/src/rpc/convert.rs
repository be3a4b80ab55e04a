//! Domain types as messages.

use chassis::clock::timestamp;
use chassis::refusal::{Refusal, Violation};
use jiff::Timestamp;
use prost_types::value::Kind;
use prost_types::{Struct, Value as Wire};
use proto::motcua::dossier::v1 as pb;
use proto::motcua::r#type::v1 as types;
use serde_json::{Map, Number, Value};
use uuid::Uuid;

use crate::dossier::{Dossier, HandedIn, Visitor};
use crate::events::{name, procedure};
use crate::form::{self, Address};
use crate::procedure::{AgencyLevel, Limit, LimitUnit, Procedure};
use crate::timeline::{Action, ActionKind, Entry};

/// A dossier without its answers, as it stands at `now`.
pub fn dossier(dossier: &Dossier, now: Timestamp) -> pb::Dossier {
    let actions = dossier.next_actions(now);
    #[expect(deprecated, reason = "what was published is still filled in")]
    pb::Dossier {
        name: name(dossier),
        code: dossier.code.as_ref().map(ToString::to_string).unwrap_or_default(),
        procedure: procedure(dossier),
        agency: dossier.agency.clone(),
        channel: dossier.channel.into(),
        status: dossier.status.into(),
        create_time: Some(timestamp(dossier.created_at)),
        submit_time: dossier.submitted_at.map(timestamp),
        etag: dossier.etag(),
        steps: Vec::new(),
        next_actions: actions
            .iter()
            .filter_map(|action| action.kind.rpc())
            .map(Into::into)
            .collect(),
        owner: dossier.owner.clone(),
        return_way: dossier.return_way.into(),
        delivery_address: None,
        accept_time: dossier.accepted_at.map(timestamp),
        due_time: dossier.due_at.map(timestamp),
        actions: actions.into_iter().map(next_action).collect(),
        expire_time: dossier.expire_at.map(timestamp),
        late_time: dossier.late_since.map(timestamp),
        new_due_time: dossier.new_due_at.map(timestamp),
        withdrawal_request_time: dossier.withdrawal_asked_at.map(timestamp),
        handed_in: dossier.handed_in.clone().map(handed_in),
    }
}

fn handed_in(HandedIn { visitor: came, compared, officer }: HandedIn) -> pb::HandedIn {
    pb::HandedIn { visitor: visitor(came).into(), compared, officer }
}

/// Who came to a counter.
pub fn visitor(visitor: Visitor) -> types::Visitor {
    match visitor {
        Visitor::Owner => types::Visitor::Owner,
        Visitor::Representative => types::Visitor::Representative,
    }
}

fn next_action(action: Action) -> pb::NextAction {
    let kind = match action.kind {
        ActionKind::SaveStep => pb::NextActionKind::SaveStep,
        ActionKind::CreateFile => pb::NextActionKind::CreateFile,
        ActionKind::SubmitDossier => pb::NextActionKind::SubmitDossier,
        ActionKind::SupplementDossier => pb::NextActionKind::SupplementDossier,
        ActionKind::DrawNumber => pb::NextActionKind::DrawNumber,
        ActionKind::Pay => pb::NextActionKind::Pay,
        ActionKind::FollowShipment => pb::NextActionKind::FollowShipment,
        ActionKind::RateDossier => pb::NextActionKind::RateDossier,
    };
    pb::NextAction {
        kind: kind.into(),
        resource: action.resource,
        number: action.number,
        expire_time: action.until.map(timestamp),
    }
}

/// Where a result is sent.
pub fn address(address: Address) -> pb::DeliveryAddress {
    let Address { recipient, street, ward_code, phone } = address;
    pb::DeliveryAddress { recipient, street, ward_code, phone }
}

/// An entry of a dossier's timeline.
pub fn entry(dossier: Uuid, entry: Entry) -> pb::TimelineEntry {
    let Entry { sequence, status, happening } = entry;
    pb::TimelineEntry {
        name: format!("dossiers/{dossier}/timeline/{sequence}"),
        kind: happening.kind.into(),
        happen_time: Some(timestamp(happening.at)),
        status: status.into(),
        actor: happening.actor.into(),
        reference: happening.reference,
        number: happening.number,
    }
}

/// A procedure version.
pub fn procedure_version(procedure: &Procedure) -> pb::ProcedureVersion {
    pb::ProcedureVersion {
        name: format!("procedures/{}/versions/{}", procedure.code, procedure.version),
        title_vi: procedure.name.vi.clone(),
        title_en: procedure.name.en.clone(),
        field: procedure.field.en.clone(),
        agency_level: agency_level(procedure.agency_level).into(),
        online: procedure.online,
        has_form: procedure.form.is_some(),
        legal_limit: Some(legal_limit(procedure.limit)),
    }
}

/// The word for a level in the contract.
pub fn agency_level(level: AgencyLevel) -> &'static str {
    match level {
        AgencyLevel::Police => "police",
        AgencyLevel::Ward => "ward",
        AgencyLevel::City => "city",
    }
}

/// A legal limit.
pub fn legal_limit(limit: Limit) -> types::LegalLimit {
    let unit = match limit.unit {
        LimitUnit::SameDay => types::LimitUnit::SameDay,
        LimitUnit::Hour => types::LimitUnit::Hour,
        LimitUnit::WorkingDay => types::LimitUnit::WorkingDay,
        LimitUnit::CalendarDay => types::LimitUnit::CalendarDay,
        LimitUnit::Month => types::LimitUnit::Month,
        LimitUnit::Period => types::LimitUnit::Period,
    };
    types::LegalLimit { unit: unit.into(), count: i32::try_from(limit.count).unwrap_or(i32::MAX) }
}

/// The form's violations, their paths led by `prefix`.
pub fn refusal(prefix: &str, violations: Vec<form::Violation>) -> Refusal {
    let violation = |found: form::Violation| {
        let field = match found.field.as_str() {
            "" => prefix.to_owned(),
            field => format!("{prefix}.{field}"),
        };
        Violation::new(field, found.reason.as_str(), found.text.vi, found.text.en)
    };
    Refusal::fields(violations.into_iter().map(violation).collect())
}

/// Answers as they come, as JSON. What JSON cannot say (not a number, infinity) becomes null, which no schema of ours admits.
pub fn to_json(answers: Struct) -> Value {
    let fields = answers.fields.into_iter().map(|(name, value)| (name, value_to_json(value)));
    Value::Object(fields.collect())
}

fn value_to_json(value: Wire) -> Value {
    match value.kind {
        None | Some(Kind::NullValue(_)) => Value::Null,
        Some(Kind::BoolValue(flag)) => Value::Bool(flag),
        Some(Kind::NumberValue(number)) => {
            Number::from_f64(number).map_or(Value::Null, Value::Number)
        }
        Some(Kind::StringValue(text)) => Value::String(text),
        Some(Kind::StructValue(fields)) => to_json(fields),
        Some(Kind::ListValue(list)) => {
            Value::Array(list.values.into_iter().map(value_to_json).collect())
        }
    }
}

/// Answers kept, as they go.
pub fn from_json(answers: Map<String, Value>) -> Struct {
    let fields = answers.into_iter().map(|(name, value)| (name, value_to_wire(value)));
    Struct { fields: fields.collect() }
}

/// One answer, as it goes.
pub fn value_to_wire(value: Value) -> Wire {
    let kind = match value {
        Value::Null => Kind::NullValue(0),
        Value::Bool(flag) => Kind::BoolValue(flag),
        Value::Number(number) => Kind::NumberValue(number.as_f64().unwrap_or_default()),
        Value::String(text) => Kind::StringValue(text),
        Value::Object(fields) => Kind::StructValue(from_json(fields)),
        Value::Array(values) => Kind::ListValue(prost_types::ListValue {
            values: values.into_iter().map(value_to_wire).collect(),
        }),
    };
    Wire { kind: Some(kind) }
}
