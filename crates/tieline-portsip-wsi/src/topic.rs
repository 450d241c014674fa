//! Topics: what one subscribes to.

use alloc::string::String;
use core::fmt;

use crate::Dialect;
use crate::event::table::{EVENT_TYPES, EventInfo, rows};

macro_rules! topics {
    ($( $(#[$meta:meta])* $variant:ident = $word:literal, )*) => {
        /// A topic. Topics of later servers are [`Topic::Other`].
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Topic {
            $( $(#[$meta])* $variant, )*
            /// A topic that this crate does not know.
            Other(String),
        }

        impl Topic {
            /// Every known topic.
            pub const ALL: &'static [Self] = &[$( Self::$variant ),*];

            /// The name on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(name) => name,
                }
            }
        }

        /// The known topics by number.
        #[allow(clippy::enum_variant_names)] // the names are the topics'
        enum Number {
            $( $variant, )*
        }

        impl Topic {
            /// The bit that stands for a known topic in a set; none for others.
            pub(crate) const fn bit(&self) -> u32 {
                match self {
                    $( Self::$variant => 1 << Number::$variant as u32, )*
                    Self::Other(_) => 0,
                }
            }
        }

        impl From<&str> for Topic {
            fn from(name: &str) -> Self {
                match name {
                    $( $word => Self::$variant, )*
                    _ => Self::Other(name.into()),
                }
            }
        }
    };
}

topics! {
    /// Registrations, presence, status and (until v16) calls of extensions.
    ExtensionEvents = "extension_events",
    /// Extensions created, changed and removed; v22.3.
    ExtensionManagementEvents = "extension_management_events",
    /// Call detail records; in v22 also the course of calls.
    CdrEvents = "cdr_events",
    /// Callers and agents of queues.
    QueueEvents = "queue_events",
    /// Queues created, changed and removed; v22.
    QueueManagementEvents = "queue_management_events",
    /// Trunks connected and lost; v12, for tenants only.
    TrunkEvents = "trunk_events",
    /// [`ExtensionEvents`](Self::ExtensionEvents) of named tenants; v22, system administrator only, as all `global_` topics.
    GlobalExtensionEvents = "global_extension_events",
    /// [`ExtensionManagementEvents`](Self::ExtensionManagementEvents) of named tenants.
    GlobalExtensionManagementEvents = "global_extension_management_events",
    /// [`CdrEvents`](Self::CdrEvents) of named tenants.
    GlobalCdrEvents = "global_cdr_events",
    /// [`QueueEvents`](Self::QueueEvents) of named tenants.
    GlobalQueueEvents = "global_queue_events",
    /// [`QueueManagementEvents`](Self::QueueManagementEvents) of named tenants.
    GlobalQueueManagementEvents = "global_queue_management_events",
}

impl Topic {
    /// Whether this is a `global_` topic: for the system administrator, over named tenants.
    #[must_use]
    pub fn is_global(&self) -> bool {
        self.as_str().starts_with("global_")
    }

    /// Whether the topic tells of objects being created, changed and removed.
    #[must_use]
    pub fn is_management(&self) -> bool {
        self.as_str().ends_with("_management_events")
    }

    /// The topic whose events this one delivers: a `global_` topic without its prefix, any other itself.
    #[must_use]
    pub fn plain(&self) -> Self {
        match self.as_str().strip_prefix("global_") {
            Some(plain) => Self::from(plain),
            None => self.clone(),
        }
    }

    /// The `global_` topic that delivers this one's events; `None` for a topic that has none or is one.
    #[must_use]
    pub const fn global(&self) -> Option<Self> {
        match self {
            Self::ExtensionEvents => Some(Self::GlobalExtensionEvents),
            Self::ExtensionManagementEvents => Some(Self::GlobalExtensionManagementEvents),
            Self::CdrEvents => Some(Self::GlobalCdrEvents),
            Self::QueueEvents => Some(Self::GlobalQueueEvents),
            Self::QueueManagementEvents => Some(Self::GlobalQueueManagementEvents),
            _ => None,
        }
    }

    /// Whether the topic delivers events of this type, in any dialect.
    #[must_use]
    pub fn delivers(&self, event_type: &str) -> bool {
        rows(event_type).iter().any(|info| info.topic == *self || info.topic.global().as_ref() == Some(self))
    }

    /// What the topic delivers in a dialect, in the order of the documents.
    pub fn events(&self, dialect: Dialect) -> impl Iterator<Item = &'static EventInfo> + use<> {
        let plain = self.plain();
        // There are no global topics before v22.
        let exists = !self.is_global() || dialect >= Dialect::V22;
        EVENT_TYPES.iter().filter(move |info| exists && info.topic == plain && info.dialects.contains(&dialect))
    }

    /// The keys of the topic: the event types it delivers in a dialect, in the order of the documents. Only v12
    /// writes them.
    pub fn keys(&self, dialect: Dialect) -> impl Iterator<Item = &'static str> + use<> {
        self.events(dialect).map(|info| info.event_type)
    }

    /// Whether a dialect has the topic.
    #[must_use]
    pub fn is_known_to(&self, dialect: Dialect) -> bool {
        self.events(dialect).next().is_some()
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Topic {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.as_str())
    }
}
