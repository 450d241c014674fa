//! What the application asks and what it is answered.

use tieline_core::SendErrorKind;

use crate::{Command, Dialect, Subscription};

/// What an application can ask of a WSI server. The login is the session's own business.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Receive more.
    Subscribe(Subscription),
    /// Receive less. Without topics: receive nothing any more.
    Unsubscribe(Subscription),
}

impl Request {
    /// The subscription in it.
    #[must_use]
    pub const fn subscription(&self) -> &Subscription {
        match self {
            Self::Subscribe(subscription) | Self::Unsubscribe(subscription) => subscription,
        }
    }

    /// The command on the wire.
    pub(super) fn command(&self) -> Command {
        match self.clone() {
            Self::Subscribe(subscription) => Command::Subscribe(subscription),
            Self::Unsubscribe(subscription) => Command::Unsubscribe(subscription),
        }
    }

    /// Whether a dialect has words for it.
    pub(super) fn check(&self, dialect: Dialect) -> Result<(), SendErrorKind> {
        let subscription = self.subscription();
        if subscription.topics.is_empty() && matches!(self, Self::Subscribe(_)) {
            return Err(SendErrorKind::Invalid("a subscribe needs a topic"));
        }
        if dialect != Dialect::V12 && subscription.topics.iter().any(|selection| !selection.keys.is_empty()) {
            return Err(SendErrorKind::Invalid("keys exist in the v12 dialect only"));
        }
        if dialect != Dialect::V22
            && (!subscription.tenants.is_empty() || subscription.topics.iter().any(|s| s.topic.is_global()))
        {
            return Err(SendErrorKind::Invalid("tenants and global topics exist in the v22 dialect only"));
        }
        Ok(())
    }
}

/// The answer to a [`Request`] that was not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// How it is known that the request is in force.
    pub confirmation: Confirmation,
}

/// How it is known that a request is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Confirmation {
    /// The server said so.
    Answered,
    /// The first event of its topic came.
    ByEvent,
    /// Nothing came within the grace period; no document says that anything must.
    Unconfirmed,
    /// There is no line; it will be in force on the next one, or
    /// [`SubscriptionLost`](super::ClientEvent::SubscriptionLost) tells why not.
    Deferred,
}
