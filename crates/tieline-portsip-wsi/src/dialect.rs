//! The generations of the protocol.

use alloc::format;
use alloc::string::String;
use core::fmt;
use core::str::FromStr;

/// A generation of the protocol, by the PBX that speaks it. A value, not a feature: one program can speak all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Dialect {
    /// PBX 12.5 to 12.8: topics are objects with keys, there are trunk events, and events carry `tenant_name`.
    V12,
    /// PBX 16: topics are strings. From 16.2 on `extension_status` comes on subscribing and an extension can log in
    /// by its number.
    V16,
    /// PBX 22: management and `global_` topics, answers that carry `command` and `id`.
    V22,
}

impl Dialect {
    /// Every dialect, oldest first.
    pub const ALL: &'static [Self] = &[Self::V12, Self::V16, Self::V22];

    /// The short name: `v12`, `v16` or `v22`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V12 => "v12",
            Self::V16 => "v16",
            Self::V22 => "v22",
        }
    }

    /// Where a PBX of this generation listens unless it is set up otherwise: port 8885, from 22 on port 8887 and the
    /// path `/wsi`; always TLS. `host` is a name, an IPv4 address, or an IPv6 address in brackets.
    #[must_use]
    pub fn default_url(self, host: &str) -> String {
        match self {
            Self::V12 | Self::V16 => format!("wss://{host}:8885/"),
            Self::V22 => format!("wss://{host}:8887/wsi"),
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A word that names no [`Dialect`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown WSI dialect; known are v12, v16 and v22")]
pub struct UnknownDialect;

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(word: &str) -> Result<Self, UnknownDialect> {
        Self::ALL.iter().copied().find(|dialect| dialect.as_str() == word).ok_or(UnknownDialect)
    }
}
