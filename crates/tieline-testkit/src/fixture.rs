//! What is known of one sample, beside its text.

/// Which generation of the vendor's documents a sample stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PortSIP PBX 12: topics are objects with keys, events carry `tenant_name`.
    V12,
    /// PortSIP PBX 16.0 and 16.1: topics are strings.
    V16,
    /// PortSIP PBX 22 and the pages that lead to it (from 16.2): replies carry `command` and `id`.
    V22,
    /// Described field by field in the vendor's pages but never shown: the names are documented, the values are ours.
    Assumed,
    /// Printed in a document, but not JSON; [`Fixture::invalid`] says where it breaks and what was meant.
    Invalid,
}

/// What a sample is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Pushed by the PBX: has `event_type`.
    Event,
    /// Sent by the client: has `command` and no `status`.
    Command,
    /// The PBX's answer to a command: has a numeric `status`.
    Reply,
    /// A part of a message that a document shows on its own: one call target of a CDR.
    Record,
}

/// Where a sample that is not JSON stops a parser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Invalid {
    /// Line of the error, 1-based, as `serde_json` reports it; other parsers may stop a token earlier or later.
    pub line: usize,
    /// Column of the error in bytes, 1-based, as `serde_json` reports it; 0 when it stops at the newline before the line.
    pub column: usize,
    /// [`Fixture::name`] of the form that the document evidently meant.
    pub corrected: &'static str,
}

/// One JSON sample of a vendor's document, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fixture {
    /// The file below `fixtures/wsi/`, without `.json`: `v16/03-event-extension_presence`. Unique.
    pub name: &'static str,
    /// The generation of the documents.
    pub dialect: Dialect,
    /// Event, command, reply or record; of an invalid sample, what it was meant to be.
    pub kind: Kind,
    /// The sample as printed, with its white space; ends with or without a newline, as the document had it.
    pub text: &'static str,
    /// Where it stops being JSON: present exactly when [`dialect`](Self::dialect) is [`Dialect::Invalid`].
    pub invalid: Option<Invalid>,
}
