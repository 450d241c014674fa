//! What the name of a topic in a request names.

use super::record::{TopicKey, UserNumber};
use crate::{Status, Topic, TopicKind, UserId};

/// What a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The own account.
    Me,
    /// A topic that may exist.
    Topic(TopicKey),
    /// A group to be created.
    New,
    /// A name of no kind that there is here.
    Unknown,
}

impl Target {
    /// Reads a name as a user writes it.
    ///
    /// # Errors
    /// 400 when there is none, or it names no user; 403 when it names the user.
    pub(super) fn of<S: AsRef<str>>(name: Option<&Topic<S>>, own: UserNumber) -> Result<Self, Status> {
        let name = name.map(Topic::as_str).filter(|name| !name.is_empty()).ok_or(Status::MALFORMED)?;
        Ok(match TopicKind::of(name) {
            TopicKind::Me => Self::Me,
            TopicKind::New => Self::New,
            TopicKind::User => match user_number(name) {
                None => return Err(Status::MALFORMED),
                Some(user) if user == own => return Err(Status::PERMISSION_DENIED),
                Some(user) => Self::Topic(TopicKey::p2p(own, user)),
            },
            TopicKind::Group => Self::Topic(TopicKey::Group(name.into())),
            TopicKind::External if name.len() > 3 => Self::Topic(TopicKey::External(name.into())),
            _ => Self::Unknown,
        })
    }
}

/// The user that a name names; `None` when it names none.
pub(super) fn user_number(name: &str) -> Option<UserNumber> {
    UserId::new(name).number().filter(|number| *number != 0)
}
