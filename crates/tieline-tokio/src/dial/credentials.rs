//! Credentials, asked for anew for each dial.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use futures::future::BoxFuture;
use tieline_dial::CredentialsError;

type Ask<C> = dyn Fn() -> BoxFuture<'static, Result<C, CredentialsError>> + Send + Sync;

/// Where the credentials of each dial come from. `Debug` prints none of them.
pub struct Credentials<C>(Arc<Ask<C>>);

impl<C: Send + 'static> Credentials<C> {
    /// The same credentials for every dial.
    pub fn fixed(credentials: C) -> Self
    where
        C: Clone + Sync,
    {
        Self::asked(move || {
            let credentials = credentials.clone();
            async move { Ok(credentials) }
        })
    }

    /// Asks `ask` for the credentials of each dial: a vault, a token service. It counts towards
    /// [`Policy::dial_timeout`](tieline_core::supervisor::Policy::dial_timeout), and is dropped when that is over.
    pub fn asked<F, Asking>(ask: F) -> Self
    where
        F: Fn() -> Asking + Send + Sync + 'static,
        Asking: Future<Output = Result<C, CredentialsError>> + Send + 'static,
    {
        Self(Arc::new(move || Box::pin(ask())))
    }

    pub(crate) async fn get(&self) -> Result<C, CredentialsError> {
        (self.0)().await
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
