//! The table of the samples of CloudPBX's event stream.

use crate::fixture::Invalid;

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StreamKind {
    /// Events as they stand as `text` in an envelope.
    Events,
    /// A whole message.
    Envelope,
}

/// One JSON sample of the event stream, byte for byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StreamFixture {
    /// The file below `fixtures/cloudpbx/stream/`, without `.json`. Unique.
    pub name: &'static str,
    /// What it is.
    pub kind: StreamKind,
    /// The sample as printed, with its white space.
    pub text: &'static str,
    /// Where it stops being JSON, if it does.
    pub invalid: Option<Invalid>,
}

impl StreamFixture {
    /// Whether the vendor's document shows it, be it corrected. Otherwise the names are documented and the values are
    /// ours, or the form is one that the software behind the stream is known for.
    #[must_use]
    pub fn is_documented(&self) -> bool {
        self.name.starts_with("document/")
    }
}

macro_rules! fixture {
    ($kind:ident, $name:literal) => {
        fixture!(@ $kind, $name, None)
    };
    ($kind:ident, $name:literal, $line:literal:$column:literal, $corrected:literal) => {
        fixture!(@ $kind, $name, Some(Invalid { line: $line, column: $column, corrected: $corrected }))
    };
    (@ $kind:ident, $name:literal, $invalid:expr) => {
        StreamFixture {
            name: $name,
            kind: StreamKind::$kind,
            text: include_str!(concat!("../../fixtures/cloudpbx/stream/", $name, ".json")),
            invalid: $invalid,
        }
    };
}

/// Every JSON sample of the WebSocket part of the CloudPBX document, in its order, the three that are not JSON corrected: a
/// slash, escaped as the vendor's wiki shows it, for the stray backslash, and an event for the placeholder; then the assumed
/// ones; then the invalid ones as printed.
pub const CLOUDPBX_STREAM: &[StreamFixture] = &[
    fixture!(Events, "document/01-subscriber"),
    fixture!(Events, "document/02-extstatus"),
    fixture!(Events, "document/03-queue"),
    fixture!(Events, "document/04-qmember"),
    fixture!(Events, "document/05-cmember"),
    fixture!(Events, "document/06-smsSendResponse"),
    fixture!(Envelope, "document/07-envelope"),
    fixture!(Events, "assumed/08-subscriber-call"),
    fixture!(Events, "assumed/09-extstatus-statusValue"),
    fixture!(Events, "assumed/10-qmember-paused"),
    fixture!(Events, "assumed/11-cmember-remove"),
    fixture!(Envelope, "assumed/12-envelope-several"),
    fixture!(Envelope, "assumed/13-envelope-array"),
    fixture!(Envelope, "assumed/14-envelope-string"),
    fixture!(Events, "invalid/04-qmember", 11:24, "document/04-qmember"),
    fixture!(Events, "invalid/05-cmember", 3:21, "document/05-cmember"),
    fixture!(Envelope, "invalid/07-envelope", 2:0, "document/07-envelope"),
];
