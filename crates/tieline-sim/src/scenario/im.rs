//! What people do in IM.

use super::place::Word;
use super::step::{Act, Step};

/// A group that there is at the beginning.
#[derive(Clone, Debug, PartialEq)]
#[must_use]
pub struct Group {
    pub(crate) id: Word,
    pub(crate) name: String,
    pub(crate) owner: Word,
    pub(crate) members: Vec<Word>,
}

impl Group {
    /// A group that belongs to the owner of an extension. Steps and expectations speak of it by its `id`; its topic on the
    /// wire is `grp…`, drawn from the seed.
    pub fn new(id: impl Into<String>, name: impl Into<String>, owner: impl Into<String>) -> Self {
        let (id, owner) = (Word::from(id.into()), Word::from(owner.into()));
        Self { id, name: name.into(), owner, members: Vec::new() }
    }

    /// Another extension whose owner is a member.
    pub fn member(mut self, extension: impl Into<String>) -> Self {
        self.members.push(Word::from(extension.into()));
        self
    }
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Receipt {
    /// The newest message came.
    Received,
    /// The newest message was read.
    Read,
}

impl Receipt {
    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Read => "read",
        }
    }
}

/// What somebody does in IM: an extension's owner, or somebody outside. Topics are extensions, that is, their owners, or
/// groups, by their `id`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ImAct {
    /// Comes in.
    Login { who: Word },
    /// Goes.
    Logout { who: Word },
    /// Publishes; from a number outside, into the channel of an extension or queue.
    Message { from: Word, to: Word, text: String },
    /// Says how far the messages came or were read.
    Receipt { by: Word, of: Word, what: Receipt },
    /// Types.
    Typing { by: Word, to: Word },
}

impl ImAct {
    /// Whoever does it.
    pub(crate) fn who(&self) -> &str {
        match self {
            Self::Login { who }
            | Self::Logout { who }
            | Self::Message { from: who, .. }
            | Self::Receipt { by: who, .. }
            | Self::Typing { by: who, .. } => &who.text,
        }
    }
}

impl Step {
    /// An owner comes into IM.
    pub fn im_login(extension: impl Into<String>) -> Self {
        Self(Act::Im(ImAct::Login { who: Word::from(extension.into()) }))
    }

    /// An owner leaves IM.
    pub fn im_logout(extension: impl Into<String>) -> Self {
        Self(Act::Im(ImAct::Logout { who: Word::from(extension.into()) }))
    }

    /// An owner writes to another or to a group; or somebody outside, by his number, to an extension or a queue.
    pub fn message(from: impl Into<String>, to: impl Into<String>, text: impl Into<String>) -> Self {
        let (from, to) = (Word::from(from.into()), Word::from(to.into()));
        Self(Act::Im(ImAct::Message { from, to, text: text.into() }))
    }

    /// An owner received or read what another wrote, or what is in a group.
    pub fn receipt(by: impl Into<String>, of: impl Into<String>, what: Receipt) -> Self {
        Self(Act::Im(ImAct::Receipt { by: Word::from(by.into()), of: Word::from(of.into()), what }))
    }

    /// An owner types something for another, or for a group.
    pub fn typing(by: impl Into<String>, to: impl Into<String>) -> Self {
        Self(Act::Im(ImAct::Typing { by: Word::from(by.into()), to: Word::from(to.into()) }))
    }
}
