//! When there are no credentials. Where they come from is the adapters' own: one awaits them, the other blocks.

use tieline_core::Class;

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct CredentialsError {
    /// What to do about it: [`Class::Terminal`] ends the line, [`Class::Retry`] asks again after a wait.
    pub class: Class,
    /// Words for people. They are logged and told to the application: put no secret in them.
    pub message: String,
}

impl CredentialsError {
    /// An error of a class and words for people.
    pub fn new(class: Class, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }
}
