//! The protocols that a message can be held against.

use tieline_cloudpbx::stream::{self, EVENT_TYPES};
use tieline_core::json::Scanner;
use tieline_core::json::lint::{Anomaly, Sender};
use tieline_portsip_wsi::Dialect;
use tieline_portsip_wsi::lint::{LintOptions, lint_bytes};

use crate::args::Linted;
use crate::output::Source;

/// A protocol, if one was told, and what is known of how it is spoken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech {
    protocol: Option<Linted>,
    dialect: Option<Dialect>,
}

impl Speech {
    /// The protocol that was told; else each message tells.
    pub(super) const fn new(protocol: Option<Linted>, dialect: Option<Dialect>) -> Self {
        Self { protocol, dialect }
    }

    /// What is odd about a message.
    pub(super) fn lint(self, message: &[u8], sender: Option<Sender>) -> Vec<Anomaly> {
        match self.protocol_of(message) {
            Linted::Wsi => {
                let mut options = LintOptions::new();
                (options.dialect, options.sender) = (self.dialect, sender);
                lint_bytes(message, &options)
            }
            Linted::Cloudpbx => stream::lint_bytes(message),
        }
    }

    /// The names by which the output has the protocol of a message.
    pub(super) fn source(self, message: &[u8]) -> Source {
        match self.protocol_of(message) {
            Linted::Wsi => Source::WSI,
            Linted::Cloudpbx => Source::CLOUDPBX_STREAM,
        }
    }

    fn protocol_of(self, message: &[u8]) -> Linted {
        let told = || std::str::from_utf8(message).is_ok_and(is_of_cloudpbx);
        self.protocol.unwrap_or_else(|| if told() { Linted::Cloudpbx } else { Linted::Wsi })
    }
}

/// Whether the keys of a message, up to where it stops being JSON, are those of CloudPBX's stream.
fn is_of_cloudpbx(text: &str) -> bool {
    let mut scanner = Scanner::new(text, 1);
    let Ok(mut members) = scanner.object() else { return false };
    let mut found = false;
    while let Ok(Some(key)) = scanner.key(&mut members) {
        match &*key {
            "event_type" | "command" | "status" => return false,
            "channel" | "text" => found = true,
            name => found |= EVENT_TYPES.iter().any(|(event_type, _)| *event_type == name),
        }
        if scanner.skip_value().is_err() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::is_of_cloudpbx;

    #[test]
    fn the_keys_tell_the_protocol_also_where_the_message_is_broken() {
        for text in [
            r#"{"id":1,"channel":"pbx_A","text":{"q":"\M"}}"#,
            r#"{"qmember":{"m_location":"SIP\M"}}"#,
            r#"{"text":{}"#,
        ] {
            assert!(is_of_cloudpbx(text), "{text}");
        }
        for text in [r#"{"text":"a","event_type":"x"}"#, r#"{"id":"1","status":0}"#, "[]", "{", ""] {
            assert!(!is_of_cloudpbx(text), "{text}");
        }
    }
}
