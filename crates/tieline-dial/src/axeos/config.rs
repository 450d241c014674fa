//! What the clients are made with.

use std::time::Duration;

use tieline_axeos::Poll;
use tieline_axeos::http::Auth;
use tieline_axeos::poller::{PollerConfig, Resume};
use tieline_core::http::BaseUrl;

use crate::{HttpConfig, Options};

/// What a server is taken to wait when a poll does not say how long: no document says.
const UNSAID_WAIT: Duration = Duration::from_secs(60);

/// All that a client of single calls is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ApiConfig {
    /// Where the API is, who asks, and the way there. `call_timeout` is how long a list may take, and a poll beyond the
    /// time that the server may hold it.
    pub http: HttpConfig,
    /// How long the answer to a call may take: the PBX rings somebody first. Default 120 s.
    pub ring_timeout: Duration,
}

impl ApiConfig {
    /// The usual configuration for an API ([`base`](super::base)).
    #[must_use]
    pub fn new(base: BaseUrl, auth: &Auth) -> Self {
        let http = HttpConfig::new(base, auth.to_authorization());
        Self { http, ring_timeout: Duration::from_secs(120) }
    }

    route_setters!(http.route);

    /// How long the answer to a poll may take. One that does not say how long to wait is given a minute for it.
    #[must_use]
    pub fn poll_time(&self, poll: &Poll) -> Duration {
        let wait = poll.timeout.map_or(UNSAID_WAIT, Duration::from_secs);
        wait.saturating_add(self.http.call_timeout)
    }
}

/// All that a client which follows the events is made with.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Where the API is, who asks, and the way there. Its deadlines of calls mean nothing here: the poller has its own.
    pub http: HttpConfig,
    /// The waits of the poller. Its policy is that of the options, whatever stands here.
    pub poller: PollerConfig,
    /// Where to go on, as an earlier client noted it. Default `None`: at the present.
    pub resume: Option<Resume>,
    /// How the line is kept alive, and its events queued. What it says of WebSockets means nothing here.
    pub options: Options,
}

impl Config {
    /// The usual configuration for an API ([`base`](super::base)).
    #[must_use]
    pub fn new(base: BaseUrl, auth: &Auth) -> Self {
        Self {
            http: HttpConfig::new(base, auth.to_authorization()),
            poller: PollerConfig::new(),
            resume: None,
            options: Options::default(),
        }
    }

    route_setters!(http.route);
    policy_setter!();

    /// Goes on at this place.
    #[must_use]
    pub fn resume(mut self, resume: Resume) -> Self {
        self.resume = Some(resume);
        self
    }

    /// What the poller is started with.
    pub(super) const fn poller(&self) -> PollerConfig {
        let mut poller = self.poller;
        poller.policy = self.options.policy;
        poller
    }
}
