//! The access rules of the contract, read from its descriptors.

use std::collections::{HashMap, HashSet};

use prost::Message;
use prost_reflect::{DescriptorPool, MethodDescriptor};
use proto::motcua::access::v1::{Rule, Who};
use thiserror::Error;

use super::caller::{Caller, Person};
use crate::refusal::{Kind, Refusal};

/// The options' extensions, by full name.
const RULE: &str = "motcua.access.v1.rule";

/// A contract that does not say who may call.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum RuleError {
    /// The descriptors do not decode or lack the option itself.
    #[error("the descriptors do not hold the option {RULE}")]
    Descriptors,
    /// A method without a rule: it would be open or dead; so nothing starts.
    #[error("method {0} has no access rule; add `option (motcua.access.v1.rule)` in its .proto")]
    Missing(String),
    /// A rule that admits nobody.
    #[error("the access rule of method {0} admits nobody")]
    Nobody(String),
}

/// Which callers each method admits, by path `/package.Service/Method`.
#[derive(Clone, Debug)]
pub struct Rules {
    by_path: HashMap<String, Rule>,
    streaming: HashSet<String>,
}

impl Rules {
    /// Reads the rules of every method in packages that begin with `motcua.`.
    ///
    /// # Errors
    /// Any method without a rule.
    pub fn of_contract(descriptors: &[u8]) -> Result<Self, RuleError> {
        let pool = DescriptorPool::decode(descriptors).map_err(|_| RuleError::Descriptors)?;
        let option = pool.get_extension_by_name(RULE).ok_or(RuleError::Descriptors)?;
        let (mut by_path, mut streaming) = (HashMap::new(), HashSet::new());
        for service in pool.services().filter(|s| s.package_name().starts_with("motcua.")) {
            for method in service.methods() {
                let path = path(&method);
                let options = method.options();
                if !options.has_extension(&option) {
                    return Err(RuleError::Missing(path));
                }
                let value = options.get_extension(&option);
                let message = value.as_message().ok_or(RuleError::Descriptors)?;
                let rule = Rule::decode(message.encode_to_vec().as_slice())
                    .map_err(|_| RuleError::Descriptors)?;
                if rule.who.is_empty() || rule.who().any(|who| who == Who::Unspecified) {
                    return Err(RuleError::Nobody(path));
                }
                if method.is_server_streaming() {
                    streaming.insert(path.clone());
                }
                by_path.insert(path, rule);
            }
        }
        Ok(Self { by_path, streaming })
    }

    /// Whether the method at `path` has a rule here, that is, whether it is a method of the contract.
    pub fn knows(&self, path: &str) -> bool {
        self.by_path.contains_key(path)
    }

    /// Whether the method at `path` answers with a stream.
    pub fn streams(&self, path: &str) -> bool {
        self.streaming.contains(path)
    }

    /// The paths of all methods.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// The rule of a method.
    pub fn rule(&self, path: &str) -> Option<&Rule> {
        self.by_path.get(path)
    }

    /// Whether a caller may call.
    ///
    /// # Errors
    /// UNAUTHENTICATED (TOKEN_MISSING) for an unknown caller, else PERMISSION_DENIED; also for a path without a rule.
    pub fn admit(&self, path: &str, caller: &Caller) -> Result<(), Refusal> {
        let rule = self.by_path.get(path).ok_or_else(Refusal::denied)?;
        if rule.who().any(|who| who == Who::Anyone) {
            return Ok(());
        }
        let Caller::Known { person, .. } = caller else { return Err(token_missing()) };
        if admits(rule, person) { Ok(()) } else { Err(Refusal::denied()) }
    }
}

fn admits(rule: &Rule, person: &Person) -> bool {
    let who = |wanted| rule.who().any(|who| who == wanted);
    match person {
        Person::Citizen { assurance } => who(Who::Citizen) && *assurance >= rule.assurance,
        Person::Officer { roles, .. } => {
            who(Who::Officer)
                && (rule.roles.is_empty() || roles.iter().any(|role| rule.roles.contains(role)))
        }
        Person::Service => who(Who::Service),
    }
}

fn path(method: &MethodDescriptor) -> String {
    format!("/{}/{}", method.parent_service().full_name(), method.name())
}

fn token_missing() -> Refusal {
    Refusal::new(
        Kind::Unauthenticated,
        "TOKEN_MISSING",
        "Hãy đăng nhập và gửi mã truy cập trong tiêu đề `authorization: Bearer …`.",
        "Sign in and send an access token in the header `authorization: Bearer …`.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Assurance, Role};

    fn officer(roles: &[Role]) -> Caller {
        Caller::Known {
            name: "agencies/27484/officers/x".into(),
            person: Person::Officer {
                agency: "agencies/27484".into(),
                roles: roles.iter().map(|role| i32::from(*role)).collect(),
            },
        }
    }

    fn citizen() -> Caller {
        let person = Person::Citizen { assurance: Assurance::Low.into() };
        Caller::Known { name: "accounts/x".into(), person }
    }

    #[test]
    fn every_method_of_the_contract_has_a_rule() {
        let rules = Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract");
        assert!(rules.knows("/motcua.dossier.v1.DossierService/SubmitDossier"));
        assert!(!rules.streams("/motcua.dossier.v1.DossierService/SubmitDossier"));
        assert!(rules.streams("/motcua.dossier.v1.TimelineService/WatchTimeline"));
    }

    #[test]
    fn callers_are_admitted_by_kind_and_role() {
        let rules = Rules::of_contract(proto::DESCRIPTORS).expect("a whole contract");
        let submit = "/motcua.dossier.v1.DossierService/SubmitDossier";
        let claim = "/motcua.workflow.v1.TaskService/ClaimTask";
        let look_up = "/motcua.dossier.v1.DossierService/LookUpDossier";
        let kind =
            |path: &str, caller: &Caller| rules.admit(path, caller).map_err(|refusal| refusal.kind);
        assert_eq!(kind(submit, &citizen()), Ok(()));
        assert_eq!(kind(submit, &Caller::Anyone), Err(Kind::Unauthenticated));
        assert_eq!(kind(submit, &officer(&[Role::Receiving])), Err(Kind::Denied));
        assert_eq!(kind(claim, &officer(&[Role::Receiving])), Ok(()));
        assert_eq!(kind(claim, &officer(&[Role::Operator])), Err(Kind::Denied));
        assert_eq!(kind(claim, &citizen()), Err(Kind::Denied));
        assert_eq!(kind(look_up, &Caller::Anyone), Ok(()));
        assert_eq!(
            kind("/motcua.dossier.v1.DossierService/Unheard", &citizen()),
            Err(Kind::Denied)
        );
    }
}
