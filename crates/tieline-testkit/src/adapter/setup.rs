//! What the lines of the tests are opened with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tieline_core::BackoffPolicy;
use tieline_dial::{CredentialsError, Options, Proxy};
use tieline_portsip_wsi::client::ClientConfig;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Subscriptions, Topic};
use tieline_tls::Trust;

use super::millis;

type Ask = dyn Fn() -> Result<Auth, CredentialsError> + Send + Sync;

/// A configuration that each adapter turns into its own.
#[derive(Clone)]
#[non_exhaustive]
pub struct Setup {
    /// The session.
    pub session: ClientConfig,
    /// What is desired from the first line on.
    pub subscriptions: Subscriptions,
    /// What is asked for the login of each dial; `None`: the session's.
    pub credentials: Option<Arc<Ask>>,
    /// Whom to trust.
    pub trust: Trust,
    /// Which proxy to go through.
    pub proxy: Proxy,
    /// How the line is kept alive, and its events queued.
    pub options: Options,
}

impl Setup {
    /// Adds what is desired from the first line on.
    #[must_use]
    pub fn subscribe(mut self, subscription: &Subscription) -> Self {
        self.subscriptions.apply(subscription);
        self
    }

    /// Trusts in this way.
    #[must_use]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.trust = trust;
        self
    }

    /// Goes through this proxy.
    #[must_use]
    pub fn proxy(mut self, proxy: Proxy) -> Self {
        self.proxy = proxy;
        self
    }

    /// Asks for the login of each dial.
    #[must_use]
    pub fn ask(mut self, ask: impl Fn() -> Result<Auth, CredentialsError> + Send + Sync + 'static) -> Self {
        self.credentials = Some(Arc::new(ask));
        self
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("session", &self.session).finish_non_exhaustive()
    }
}

/// A configuration with waits short enough for tests.
#[must_use]
pub fn setup() -> Setup {
    let mut options = Options::default();
    options.policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    let mut session = ClientConfig::new(Dialect::V16, Auth::username("supervisor", "pbx.example", "hunter2"));
    session.grace = Duration::from_secs(3600);
    Setup {
        session,
        subscriptions: Subscriptions::default(),
        credentials: None,
        trust: Trust::default(),
        proxy: Proxy::direct(),
        options,
    }
}

/// A subscription.
#[must_use]
pub fn calls() -> Subscription {
    Subscription::to(Topic::ExtensionEvents).extensions(["102"])
}
