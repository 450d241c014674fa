//! Credentials, asked for anew for each dial.

use std::fmt;
use std::sync::Arc;

use tieline_dial::CredentialsError;

type Ask<C> = dyn Fn() -> Result<C, CredentialsError> + Send + Sync;

/// Where the credentials of each dial come from. `Debug` prints none of them.
pub struct Credentials<C>(Arc<Ask<C>>);

impl<C: Send + 'static> Credentials<C> {
    /// The same credentials for every dial.
    pub fn fixed(credentials: C) -> Self
    where
        C: Clone + Sync,
    {
        Self::asked(move || Ok(credentials.clone()))
    }

    /// Asks `ask` for the credentials of each dial: a vault, a token service. It may block, and counts towards
    /// [`Policy::dial_timeout`](tieline_core::supervisor::Policy::dial_timeout). After that its answer is not used any
    /// more, but the next dial waits for it to return.
    pub fn asked<F>(ask: F) -> Self
    where
        F: Fn() -> Result<C, CredentialsError> + Send + Sync + 'static,
    {
        Self(Arc::new(ask))
    }

    pub(crate) fn get(&self) -> Result<C, CredentialsError> {
        (self.0)()
    }
}

impl<C: Clone + Send + Sync + 'static> From<C> for Credentials<C> {
    /// The same credentials for every dial.
    fn from(credentials: C) -> Self {
        Self::fixed(credentials)
    }
}

impl<C> Clone for Credentials<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C> fmt::Debug for Credentials<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}
