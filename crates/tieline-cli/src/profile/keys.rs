//! The keys of a profile: what each may hold, and which protocols have it.

use tieline_core::Secret;
use tieline_portsip_wsi::Dialect;
use tieline_tls::Pin;

/// What a PBX speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Wsi,
    Im,
    Cloudpbx,
    Axeos,
}

/// The names of the protocols.
pub(crate) const PROTOCOLS: [&str; 4] = ["wsi", "im", "cloudpbx", "axeos"];

impl Protocol {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let all = [Self::Wsi, Self::Im, Self::Cloudpbx, Self::Axeos];
        all.into_iter().find(|protocol| protocol.as_str() == text)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Wsi => "wsi",
            Self::Im => "im",
            Self::Cloudpbx => "cloudpbx",
            Self::Axeos => "axeos",
        }
    }
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// An address, which must not hold a key.
    Address,
    /// A path; it begins at the folder of the file.
    Path,
    /// A password, a key, a token.
    Secret,
    /// One text or more.
    List,
    /// As `List`, of addresses.
    Addresses,
    Flag,
}

/// A key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// The protocols that have it; none: all.
    pub(super) of: &'static [Protocol],
}

const fn key(name: &'static str, kind: Kind, of: &'static [Protocol]) -> Key {
    Key { name, kind, of }
}

use Protocol::{Axeos, Cloudpbx, Im, Wsi};

/// All keys, in the order in which `profile add` writes them. `protocol` stands before them.
pub(super) const KEYS: &[Key] = &[
    key("url", Kind::Address, &[Wsi, Im, Axeos]),
    key("im", Kind::Address, &[Wsi]),
    key("api", Kind::Addresses, &[Cloudpbx]),
    key("stream", Kind::Address, &[Cloudpbx]),
    key("name", Kind::Text, &[Cloudpbx]),
    key("dialect", Kind::Text, &[Wsi]),
    key("user", Kind::Text, &[Wsi, Im, Axeos]),
    key("extension", Kind::Text, &[Wsi]),
    key("tenant", Kind::Text, &[Wsi]),
    key("domain", Kind::Text, &[Wsi, Im]),
    key("password_file", Kind::Path, &[Wsi, Axeos]),
    key("password_cmd", Kind::Text, &[Wsi, Axeos]),
    key("password", Kind::Secret, &[Wsi, Axeos]),
    key("key_file", Kind::Path, &[Cloudpbx, Axeos]),
    key("key_cmd", Kind::Text, &[Cloudpbx, Axeos]),
    key("key", Kind::Secret, &[Cloudpbx, Axeos]),
    key("token_file", Kind::Path, &[Wsi, Im]),
    key("token_cmd", Kind::Text, &[Wsi, Im]),
    key("token", Kind::Secret, &[Wsi, Im]),
    key("hello", Kind::Text, &[Wsi, Im]),
    key("tls_pin", Kind::List, &[]),
    key("tls_ca", Kind::Path, &[]),
    key("tls_insecure", Kind::Flag, &[]),
    key("topic", Kind::List, &[Wsi]),
    key("ext", Kind::List, &[Wsi]),
    key("queue", Kind::List, &[Wsi]),
    key("tenant_id", Kind::List, &[Wsi]),
];

impl Key {
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name)
    }

    pub(super) fn is_of(&self, protocol: Protocol) -> bool {
        self.of.is_empty() || self.of.contains(&protocol)
    }

    /// What is wrong with a text in its place. Holds nothing of an address.
    pub(super) fn check(&self, text: &str) -> Result<(), String> {
        match (self.kind, self.name) {
            (Kind::Address | Kind::Addresses, _) => check_address(text),
            (_, "dialect") => text.parse::<Dialect>().map(drop).map_err(|error| error.to_string()),
            (_, "tls_pin") => text.parse::<Pin>().map(drop).map_err(|error| error.to_string()),
            _ if text.is_empty() => Err("it is empty".into()),
            _ => Ok(()),
        }
    }
}

/// An address begins with a scheme, and holds no login: that belongs where its mode is looked at.
fn check_address(text: &str) -> Result<(), String> {
    let Some((_, rest)) = text.split_once("://") else {
        return Err("an address begins with wss://, https://, ws:// or http://".into());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let holds_key = rest.split_once('?').is_some_and(|(_, query)| query.to_ascii_lowercase().contains("key="));
    if authority.contains('@') || holds_key {
        return Err("a login stands in the address: put it into a file of its own, and name that by key_file, \
                    or a command by key_cmd"
            .into());
    }
    Ok(())
}

/// What a key was given.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    List(Vec<String>),
    Flag(bool),
    Secret(Secret),
}
