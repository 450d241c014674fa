//! What captures put around a message: lines of transcripts, and what `tieline listen` printed.

use std::ops::Range;

use tieline_core::json::lint::Sender;
use tieline_core::json::{Raw, decode};
use tieline_core::{Str, wire_struct};

wire_struct! {
    /// The keys that tell an envelope from a message.
    pub(crate) struct Line<S> {
        /// Who sent it; transcripts.
        pub from: S,
        /// The message; transcripts.
        pub text: S,
        /// The version of the format; `listen`.
        pub v: u64,
        /// What the line holds; `listen`.
        pub kind: S,
        /// Which protocol; `listen`.
        pub stream: S,
        /// The message; `listen`.
        pub data: Raw<S>,
        /// Of messages only.
        pub event_type: Raw<S>,
        /// Of messages only.
        pub command: Raw<S>,
    }
}

/// Where the message is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Envelope {
    /// There is no envelope.
    None,
    /// A string within the line.
    Text {
        /// The message.
        text: String,
        /// Who sent it.
        sender: Sender,
    },
    /// A part of the line, as it stands.
    Part(Range<usize>),
    /// An envelope without a message.
    Empty,
}

impl Envelope {
    /// The envelope that a captured text is, if it is one.
    pub(super) fn of(captured: &str) -> Self {
        let Ok(line) = decode::<Line<Str<'_>>>(captured) else { return Self::None };
        if line.event_type.is_some() || line.command.is_some() {
            return Self::None;
        }
        let sender = match line.from.as_deref() {
            Some("client") => Some(Sender::Client),
            Some("server") => Some(Sender::Server),
            _ => None,
        };
        if let (Some(sender), Some(text)) = (sender, line.text) {
            return Self::Text { text: text.into_cow().into_owned(), sender };
        }
        let (Some(1), Some(kind), Some(_)) = (line.v, line.kind.as_deref(), line.stream) else { return Self::None };
        match (kind, line.data) {
            ("event" | "snapshot", Some(data)) => {
                // The data is a slice of the line.
                let start = (data.as_json().as_ptr() as usize).saturating_sub(captured.as_ptr() as usize);
                Self::Part(start..start + data.as_json().len())
            }
            ("error", Some(data)) => match data.field::<String>("bytes") {
                Ok(Some(text)) => Self::Text { text, sender: Sender::Server },
                _ => Self::Empty,
            },
            _ => Self::Empty,
        }
    }
}

#[cfg(test)]
mod tests {
    use tieline_core::json::lint::Sender;

    use super::Envelope;

    #[test]
    fn a_line_of_a_transcript_holds_a_text_and_its_sender() {
        let line = r#"{"t":3,"from":"client","text":"{\"command\":\"auth\"}"}"#;
        let text = r#"{"command":"auth"}"#.into();
        assert_eq!(Envelope::of(line), Envelope::Text { text, sender: Sender::Client });
    }

    #[test]
    fn a_line_of_listen_holds_the_message_as_it_stands() {
        let line = r#"{"v":1,"kind":"event","stream":"wsi","data":{"event_type":"call_hold"}}"#;
        let Envelope::Part(part) = Envelope::of(line) else { panic!("{line}") };
        assert_eq!(&line[part], r#"{"event_type":"call_hold"}"#);
        assert_eq!(Envelope::of(r#"{"v":1,"kind":"state","stream":"wsi","data":{"state":"live"}}"#), Envelope::Empty);
    }

    #[test]
    fn a_message_is_no_envelope() {
        for text in [r#"{"event_type":"x","from":"client","text":"y"}"#, r#"{"status":0}"#, "[]", "{"] {
            assert_eq!(Envelope::of(text), Envelope::None, "{text}");
        }
    }
}
