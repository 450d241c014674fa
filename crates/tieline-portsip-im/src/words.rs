//! Words of the wire that later servers may add to.

use tieline_core::open_enum;

open_enum! {
    /// What a `del` deletes. An absent `what` is messages.
    pub enum DelWhat {
        /// Messages, by `delseq`.
        Messages = "msg",
        /// The topic.
        Topic = "topic",
        /// The subscription of `user`.
        Subscription = "sub",
        /// An account.
        User = "user",
        /// A credential.
        Credential = "cred",
    }

    /// What a `note` or an `info` tells.
    pub enum NoteWhat {
        /// Somebody is typing.
        Typing = "kp",
        /// Somebody records audio.
        RecordingAudio = "kpa",
        /// Somebody records video.
        RecordingVideo = "kpv",
        /// Messages up to `seq` were read.
        Read = "read",
        /// Messages up to `seq` were received.
        Received = "recv",
        /// A step of a call, named by `event`.
        Call = "call",
        /// Form data.
        Data = "data",
    }

    /// What a `pres` tells.
    pub enum PresWhat {
        /// A user or topic came online.
        On = "on",
        /// A user or topic went offline.
        Off = "off",
        /// A user's program changed.
        UserAgent = "ua",
        /// A description changed.
        Updated = "upd",
        /// Tags changed.
        Tags = "tags",
        /// Auxiliary data changed.
        Aux = "aux",
        /// Access changed, by `dacs`.
        Access = "acs",
        /// A topic or subscription is gone.
        Gone = "gone",
        /// A subscription ended by no act of the user.
        Terminated = "term",
        /// A message was published in a topic that is not attached.
        Message = "msg",
        /// The user read messages elsewhere.
        Read = "read",
        /// The user received messages elsewhere.
        Received = "recv",
        /// Messages were deleted.
        Deleted = "del",
    }
}

/// A part of a topic's state that a `get` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Section {
    /// The description.
    Desc,
    /// The subscribers, of `me` the subscriptions.
    Sub,
    /// The tags.
    Tags,
    /// The credentials.
    Cred,
    /// Auxiliary data.
    Aux,
    /// The messages.
    Data,
    /// The deleted messages.
    Del,
}

impl Section {
    /// All sections in the order in which a `sub` is answered; a `get` is answered in the order desc, sub, data, del,
    /// tags, cred, aux.
    pub const ALL: &'static [Self] = &[Self::Desc, Self::Sub, Self::Tags, Self::Cred, Self::Aux, Self::Data, Self::Del];

    /// The word of the wire.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Desc => "desc",
            Self::Sub => "sub",
            Self::Tags => "tags",
            Self::Cred => "cred",
            Self::Aux => "aux",
            Self::Data => "data",
            Self::Del => "del",
        }
    }

    /// The sections that `what` names, separated by spaces, in its order. Unknown words are left out; words beyond the
    /// eighth are not looked at.
    pub fn list(what: &str) -> impl Iterator<Item = Self> {
        what.split_ascii_whitespace()
            .take(8)
            .filter_map(|word| Self::ALL.iter().copied().find(|section| section.word() == word))
    }
}
