//! `motcua.admin.v1`: what whoever operates the mesh may see and do. Every service serves it for itself, on its own port.

mod dead_letters;
mod facts;
mod filter;
mod jobs;
mod readers;

use std::sync::Arc;

use jiff::Timestamp;
use proto::motcua::admin::v1::dead_letter_service_server::DeadLetterServiceServer;
use proto::motcua::admin::v1::fact_service_server::FactServiceServer;
use proto::motcua::admin::v1::job_service_server::JobServiceServer;
use proto::motcua::admin::v1::reader_service_server::ReaderServiceServer;
use proto::motcua::admin::v1::server_service_server::ServerServiceServer;
use sqlx::PgPool;
use tonic::service::Routes;
use tonic::{Request, Status};

use crate::access::{Caller, Role, caller};
use crate::clock::Clock;
use crate::events::{DeadLetters, Followed, Log, Sink};
use crate::refusal::Refusal;
use crate::server::LARGEST_REQUEST;

/// What there is to operate in one service.
pub(crate) struct Admin {
    /// The service's own log.
    pub(crate) log: Log,
    /// Its database.
    pub(crate) pool: PgPool,
    /// Its clock.
    pub(crate) clock: Clock,
    /// What it could not take.
    pub(crate) letters: DeadLetters,
    /// What takes letters again, one for each source.
    pub(crate) sinks: Vec<Sink>,
    /// The logs it follows.
    pub(crate) followed: Vec<Followed>,
    /// When it was raised.
    pub(crate) started: Timestamp,
    /// The last migrations: of the chassis, of the service.
    pub(crate) schema: (i64, i64),
}

/// Handlers of the whole package.
#[derive(Clone)]
struct Operations(Arc<Admin>);

impl Admin {
    /// Serves the package beside a service's own routes.
    pub(crate) fn beside(self, routes: Routes) -> Routes {
        let operations = Operations(Arc::new(self));
        let letters = DeadLetterServiceServer::new(operations.clone());
        let readers = ReaderServiceServer::new(operations.clone());
        let jobs = JobServiceServer::new(operations.clone());
        let facts = FactServiceServer::new(operations.clone());
        let server = ServerServiceServer::new(operations);
        routes
            .add_service(letters.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(readers.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(jobs.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(facts.max_decoding_message_size(LARGEST_REQUEST))
            .add_service(server.max_decoding_message_size(LARGEST_REQUEST))
    }
}

/// Who operates: an officer with that role, or whoever holds the installation's own key. Services and registered clients are turned away.
fn operator<T>(request: &Request<T>) -> Result<String, Refusal> {
    let caller = caller(request);
    match &caller {
        Caller::Known { name, .. }
            if caller.is_the_installation() || caller.has(Role::Operator) =>
        {
            Ok(name.clone())
        }
        _ => Err(Refusal::denied()),
    }
}

/// A database that did not answer, as a status.
fn failed(error: sqlx::Error) -> Status {
    crate::database::failed(error).into()
}

/// The trace that a W3C `traceparent` names; empty if there is none.
fn trace(traceparent: Option<&str>) -> String {
    traceparent.and_then(|parent| parent.split('-').nth(1)).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Person;

    fn by(name: &str, person: Person) -> Result<String, Refusal> {
        let mut request = Request::new(());
        request.extensions_mut().insert(Caller::Known { name: name.into(), person });
        operator(&request)
    }

    fn officer(role: Role) -> Person {
        Person::Officer { agency: "agencies/26860".into(), roles: vec![role.into()] }
    }

    #[test]
    fn operators_and_the_installation_operate_and_nobody_else() {
        assert_eq!(by("services/ctl", Person::Service), Ok("services/ctl".into()));
        assert!(by("agencies/26860/officers/x", officer(Role::Operator)).is_ok());
        assert!(by("agencies/26860/officers/x", officer(Role::Signing)).is_err());
        assert!(by("clients/partner", Person::Service).is_err());
        assert!(by("accounts/x", Person::Citizen { assurance: 2 }).is_err());
        assert!(operator(&Request::new(())).is_err());
    }

    #[test]
    fn a_trace_is_the_second_part_of_its_header() {
        let whole = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert_eq!(trace(Some(whole)), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((trace(Some("garbage")), trace(None)), (String::new(), String::new()));
    }
}
