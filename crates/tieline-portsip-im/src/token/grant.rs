//! What a login over REST brings.

use core::time::Duration;

use tieline_core::Secret;

/// A token and what goes with it. `Debug` prints no secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Grant {
    /// The access token: of the login on the WebSocket, and `Bearer` of the REST API.
    pub access_token: Secret,
    /// How long it is good from the answer on; `None` when the answer did not say.
    pub expires_in: Option<Duration>,
    /// What a new token is got with; `None` when the answer had none.
    pub refresh_token: Option<Secret>,
}

impl Grant {
    /// A token.
    pub fn new(access_token: impl Into<Secret>) -> Self {
        Self { access_token: access_token.into(), expires_in: None, refresh_token: None }
    }

    /// The same, good for so long. The wire has whole seconds.
    #[must_use]
    pub const fn expiring_in(mut self, lifetime: Duration) -> Self {
        self.expires_in = Some(lifetime);
        self
    }

    /// The same, with what a new one is got with.
    #[must_use]
    pub fn refreshed_by(mut self, refresh_token: impl Into<Secret>) -> Self {
        self.refresh_token = Some(refresh_token.into());
        self
    }
}

/// What a login brings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SignedIn {
    /// A token.
    Granted(Grant),
    /// A second factor is wanted first. How it is given, no document says; `token` names the login that waits for it.
    TwoFactor {
        /// The name of the login.
        token: Secret,
    },
}
