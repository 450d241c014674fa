//! Names on the wire: topics, users, files.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, Scanner, write_str};

/// What kind of topic a name names, told by its first letters alone: no document promises a length or an alphabet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TopicKind {
    /// `me`: one's own account; lists the topics one is subscribed to.
    Me,
    /// `fnd`: search. Tinode's, not documented by PortSIP.
    Find,
    /// `sys`: messages to the administrator. Tinode's, not documented by PortSIP.
    System,
    /// `slf`: notes to oneself. Tinode's, not documented by PortSIP.
    SelfNotes,
    /// `usr…`: a conversation of two, named by the other one's user id.
    User,
    /// `grp…`: a group.
    Group,
    /// `chn…`: a group as its mere readers see it. Tinode's, not documented by PortSIP.
    Channel,
    /// `new…`: a group to be created; what follows `new` does not matter.
    New,
    /// `nch…`: a group with readers to be created. Tinode's, not documented by PortSIP.
    NewChannel,
    /// `p2p…`: a conversation of two by its name inside of a server. Never seen by clients.
    P2p,
    /// `emc…`: the external messages (SMS, MMS, `WhatsApp`) of a user, ring group or queue. PortSIP's own.
    External,
    /// Anything else.
    Other,
}

impl TopicKind {
    /// What a name names.
    #[must_use]
    pub fn of(name: &str) -> Self {
        match name {
            "me" => return Self::Me,
            "fnd" => return Self::Find,
            "sys" => return Self::System,
            "slf" => return Self::SelfNotes,
            _ => {}
        }
        match name.get(..3) {
            Some("usr") => Self::User,
            Some("grp") => Self::Group,
            Some("chn") => Self::Channel,
            Some("new") => Self::New,
            Some("nch") => Self::NewChannel,
            Some("p2p") => Self::P2p,
            Some("emc") => Self::External,
            _ => Self::Other,
        }
    }

    /// Whether a subscribe to it creates a topic that gets its name from the server.
    #[must_use]
    pub const fn is_new(self) -> bool {
        matches!(self, Self::New | Self::NewChannel)
    }

    /// Whether messages are published in it and numbered.
    #[must_use]
    pub const fn has_messages(self) -> bool {
        !matches!(self, Self::Me | Self::Find | Self::System | Self::New | Self::NewChannel)
    }
}

macro_rules! name {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        pub struct $name<S>(S);

        impl<S> $name<S> {
            /// The name of its text.
            pub const fn new(name: S) -> Self {
                Self(name)
            }

            /// The text, taken out.
            pub fn into_inner(self) -> S {
                self.0
            }
        }

        impl<S: AsRef<str>> $name<S> {
            /// The text of the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_ref()
            }

            /// A copy that owns its text.
            #[must_use]
            pub fn to_owned_name(&self) -> $name<String> {
                $name(String::from(self.as_str()))
            }
        }

        impl<S: AsRef<str>> AsRef<str> for $name<S> {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $name<String> {
            fn from(name: &str) -> Self {
                Self(String::from(name))
            }
        }

        impl From<String> for $name<String> {
            fn from(name: String) -> Self {
                Self(name)
            }
        }

        impl<S: AsRef<str>> PartialEq<str> for $name<S> {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl<S: AsRef<str>> PartialEq<&str> for $name<S> {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl<S: AsRef<str>> fmt::Display for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl<S: AsRef<str>> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.as_str())
            }
        }

        impl<'a, C: ?Sized, S: Decode<'a, C>> Decode<'a, C> for $name<S> {
            fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
                S::decode(scanner, context).map(Self)
            }
        }

        impl<S: AsRef<str>> Encode for $name<S> {
            fn encode(&self, out: &mut String) {
                write_str(self.as_str(), out);
            }
        }

        impl<S: AsRef<str>> serde::Serialize for $name<S> {
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

name! {
    /// The name of a topic, as the wire wrote it.
    Topic
}

name! {
    /// The id of a user, as the wire wrote it: `usr` and, at PortSIP, a decimal number of up to 64 bits, which no
    /// floating-point number holds.
    UserId
}

name! {
    /// What an upload returned and `photo.ref` refers to: at PortSIP the bare id of a file, `NDW4_NYseeH20iuC3rih_w…`;
    /// at Tinode a path.
    FileRef
}

impl<S: AsRef<str>> Topic<S> {
    /// What kind of topic it is.
    #[must_use]
    pub fn kind(&self) -> TopicKind {
        TopicKind::of(self.as_str())
    }
}

impl<S: AsRef<str>> UserId<S> {
    /// The number of a PortSIP user id; `None` when it is no `usr` with a decimal number of up to 64 bits.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        let digits = self.as_str().strip_prefix("usr")?;
        if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
    }
}

impl UserId<String> {
    /// The id of a PortSIP user by number.
    #[must_use]
    pub fn from_number(number: u64) -> Self {
        Self(alloc::format!("usr{number}"))
    }
}

impl<S> UserId<S> {
    /// The topic of the conversation with this user.
    pub fn into_topic(self) -> Topic<S> {
        Topic(self.0)
    }
}

impl<S: AsRef<str>> FileRef<S> {
    /// The id of a file, to be asked for at `/im/file/ID`; `None` when it is a path or an address.
    #[must_use]
    pub fn bare_id(&self) -> Option<&str> {
        let id = self.as_str();
        let bare = !id.is_empty() && !id.contains(['/', '\\', ':', '?', '#', '%']) && id != "." && id != "..";
        bare.then_some(id)
    }
}
