//! How chats are opened, and their replies read.

use tieline_core::{RequestError, Text};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::client::{ClientConfig, Edited, Mark, Reply, Resume};

use crate::{ClientError, ConnectError, Options, RouteConfig, UrlDialer};

/// All that a chat is opened with. `K` is the adapter's `Credentials<tieline_portsip_im::Credentials>`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChatConfig<K> {
    /// The session: login, deadlines, limits.
    pub session: ClientConfig,
    /// The topics to be attached to from the first line on, each with what was received of it before. They are attached
    /// when the line is live.
    pub topics: Resume,
    /// Where the login of each dial comes from: an access token lives for half an hour. Default `None`: the session's,
    /// every time.
    pub credentials: Option<K>,
    /// How to get there.
    pub route: RouteConfig,
    /// How the line is kept alive, and its events queued. The longest message of the WebSocket is set from the
    /// session's limits, whatever stands here.
    pub options: Options,
}

impl<K> ChatConfig<K> {
    /// The usual configuration for a login.
    #[must_use]
    pub fn new(credentials: Credentials) -> Self {
        Self {
            session: ClientConfig::new(credentials),
            topics: Resume::default(),
            credentials: None,
            route: RouteConfig::default(),
            options: Options::default(),
        }
    }

    /// Asks for the login of each dial here.
    #[must_use]
    pub fn credentials(mut self, credentials: K) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Attaches to this topic from the first line on. Messages are events from the first that is published then.
    #[must_use]
    pub fn attach(mut self, topic: impl Into<Text>) -> Self {
        self.topics.topics.insert(topic.into(), None);
        self
    }

    /// As [`attach`](Self::attach), and first fetches what was published since `mark`.
    #[must_use]
    pub fn attach_since(mut self, topic: impl Into<Text>, mark: Mark) -> Self {
        self.topics.topics.insert(topic.into(), Some(mark));
        self
    }

    route_setters!(route);
    policy_setter!();

    /// The options that a line needs, whatever stands in [`options`](Self::options).
    #[must_use]
    pub fn line_options(&self) -> Options {
        self.options.within(&self.session.limits)
    }

    /// The dialer for an address, with this configuration's credentials, trust, proxy and TCP options.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn dialer(&self, url: &str) -> Result<UrlDialer<K>, ConnectError>
    where
        K: Clone + From<Credentials>,
    {
        let credentials = self.credentials.clone().unwrap_or_else(|| self.session.credentials.clone().into());
        UrlDialer::over(url.parse()?, credentials, &self.route)
    }
}

/// The reply of the kind that a request has.
///
/// # Errors
/// Why there is none.
pub fn typed<T>(reply: Result<Reply, ClientError>, take: impl FnOnce(Reply) -> Option<T>) -> Result<T, ClientError> {
    let other = || RequestError::Unreadable { reason: Text::from_static("it answers another kind of request") };
    take(reply?).ok_or_else(|| ClientError::Failed(other()))
}

/// The reply to a request that can wait for a line.
///
/// # Errors
/// Why there is none.
pub fn edited<T>(
    reply: Result<Reply, ClientError>,
    take: impl FnOnce(Reply) -> Option<T>,
) -> Result<Edited<T>, ClientError> {
    typed(reply, |reply| reply.into_edited(take))
}
