//! What the lines of the tests are opened with.

use std::time::Duration;

use tieline_core::BackoffPolicy;
use tieline_dial::Proxy;
use tieline_dial::wsi::LineConfig;
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};

use super::{Ask, millis};

/// A configuration that each adapter turns into its own.
pub type Setup = LineConfig<Ask<Auth>>;

/// A configuration with waits short enough for tests.
#[must_use]
pub fn setup() -> Setup {
    let auth = Auth::username("supervisor", "pbx.example", "hunter2");
    let mut setup = Setup::new(Dialect::V16, auth).proxy(Proxy::direct());
    setup.options.policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    setup.session.grace = Duration::from_secs(3600);
    setup
}

/// A subscription.
#[must_use]
pub fn calls() -> Subscription {
    Subscription::to(Topic::ExtensionEvents).extensions(["102"])
}
