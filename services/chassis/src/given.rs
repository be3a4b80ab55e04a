//! Settings of single services: what an operator gives one of them and the process itself need not understand.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

/// Settings by their type, each put in by who assembles the process and taken out once by its service. Clones share them.
#[derive(Clone, Default)]
pub struct Given(Arc<Mutex<HashMap<TypeId, Box<dyn Any + Send>>>>);

/// A service was not given its settings.
#[derive(Debug, Error)]
#[error("no {0} was given: put it into the process before its service is raised")]
pub struct NotGiven(&'static str);

impl Given {
    /// The same, with the settings of one more service.
    #[must_use]
    pub fn with<T: Send + 'static>(self, settings: T) -> Self {
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        given.insert(TypeId::of::<T>(), Box::new(settings));
        drop(given);
        self
    }

    /// The settings of a service, which are its own from now on.
    ///
    /// # Errors
    /// None were given, or they were taken before.
    pub fn take<T: 'static>(&self) -> Result<T, NotGiven> {
        let taken =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&TypeId::of::<T>());
        let settings = taken.and_then(|settings| settings.downcast().ok());
        settings.map(|settings| *settings).ok_or(NotGiven(type_name::<T>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_once_by_their_type() {
        let given = Given::default().with(7_u8).with("seven".to_owned());
        assert_eq!(given.take::<String>().ok().as_deref(), Some("seven"));
        assert_eq!(given.take::<u8>().ok(), Some(7));
        let error = given.take::<u8>().unwrap_err().to_string();
        assert!(error.contains("u8"), "{error}");
    }
}
