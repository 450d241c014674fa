//! What each protocol's session tells, as the printer takes it.

use std::io::{self, Write};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;
use tieline_core::Instant;
use tieline_core::json::DecodeError;

/// Whose events are printed.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Source {
    vendor: &'static str,
    stream: &'static str,
}

impl Source {
    /// PortSIP WSI.
    pub(crate) const WSI: Self = Self { vendor: "portsip", stream: "wsi" };
    /// The event stream of CloudPBX.
    pub(crate) const CLOUDPBX_STREAM: Self = Self { vendor: "cloudpbx", stream: "events" };
    /// The event log of Axeos.
    pub(crate) const AXEOS_EVENTS: Self = Self { vendor: "axeos", stream: "events" };
    /// Single calls of Axeos.
    pub(crate) const AXEOS_REST: Self = Self { vendor: "axeos", stream: "rest" };
}

/// What a session tells.
pub(crate) trait Tell {
    /// The type of an event of the PBX; `None` for everything else.
    fn event_type(&self) -> Option<&str>;
    /// Whether it says that events may have been missed.
    fn is_gap(&self) -> bool {
        false
    }
    /// Whether there is anything to print.
    fn is_printed(&self) -> bool {
        true
    }
    /// What standard error is told of it.
    fn complaint(&self) -> Option<String> {
        None
    }
    /// When it came; `None` for now.
    fn at(&self) -> Option<Instant>;
    /// The frame that it stood in, as it was received.
    fn frame(&self) -> Option<Bytes>;
    /// Its line for programs.
    fn json(&self) -> Told<'_>;
    /// Writes its line for people, without the time, with the line break.
    fn write(&self, out: &mut dyn Write) -> io::Result<()>;
}

/// A line for programs but for what all lines have. Keys that do not apply are left out.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Told<'a> {
    #[serde(skip)]
    pub(super) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) r#type: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) call: Option<&'a str>,
    /// The number of the message that holds the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<i64>,
    /// The place of the event in that message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<usize>,
    /// Whether backslashes of that message were repaired.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) repaired: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Box<RawValue>>,
    /// The PBX's own time.
    #[serde(skip)]
    pub(super) ts: Option<String>,
}

impl Told<'_> {
    /// A line of a kind with this as its data.
    pub(crate) fn new(kind: &'static str, data: &impl Serialize) -> Self {
        Self { kind, data: serde_json::value::to_raw_value(data).ok(), ..Self::default() }
    }

    /// What could not be read, and why.
    pub(super) fn error(error: &DecodeError, bytes: &[u8]) -> Self {
        #[derive(Serialize)]
        struct Fault<'a> {
            error: String,
            line: usize,
            column: usize,
            bytes: std::borrow::Cow<'a, str>,
        }
        let (line, column) = (error.line, error.column);
        let bytes = String::from_utf8_lossy(bytes);
        Self::new("error", &Fault { error: error.kind.to_string(), line, column, bytes })
    }
}
