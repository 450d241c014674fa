//! Where the logins of dials come from.

use std::fmt;
use std::sync::Arc;

use tieline_dial::CredentialsError;

/// What is asked for the login, or the key, of each dial.
#[derive(Clone)]
pub struct Ask<C>(Arc<dyn Fn() -> Result<C, CredentialsError> + Send + Sync>);

impl<C> Ask<C> {
    /// Asks this.
    pub fn new(ask: impl Fn() -> Result<C, CredentialsError> + Send + Sync + 'static) -> Self {
        Self(Arc::new(ask))
    }

    /// That of one dial.
    ///
    /// # Errors
    /// When there is none.
    pub fn ask(&self) -> Result<C, CredentialsError> {
        (self.0)()
    }
}

impl<C> fmt::Debug for Ask<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ask")
    }
}
