//! What captures put around a message: lines of transcripts, and what `tieline listen` printed.

use std::ops::Range;

use data_encoding::BASE64;
use tieline_core::json::lint::Sender;
use tieline_core::json::{Raw, decode};
use tieline_core::{Str, wire_struct};

wire_struct! {
    /// The keys that tell an envelope from a message.
    pub(crate) struct Line<S> {
        /// `capture` in the first line of a capture.
        pub tieline: S,
        /// What was captured; the first line of a capture.
        pub protocol: S,
        /// The number of the connection; captures and transcripts of the simulator.
        pub connection: u64,
        /// What was asked for over HTTP; captures.
        pub target: S,
        /// The bytes of a message that is no UTF-8; captures.
        pub base64: S,
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
        /// On which connection of a capture.
        connection: Option<u64>,
    },
    /// Bytes within the line, as base64.
    Bytes {
        /// The message.
        bytes: Vec<u8>,
        /// Who sent it.
        sender: Sender,
        /// On which connection of a capture.
        connection: Option<u64>,
    },
    /// A request to IM, which a connection of a capture is about from now on.
    Im {
        /// The number of the connection.
        connection: u64,
    },
    /// The first line of a capture, and the protocol that it tells.
    Capture(Option<String>),
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
        if line.tieline.as_deref() == Some("capture") {
            return Self::Capture(line.protocol.map(|protocol| protocol.into_cow().into_owned()));
        }
        let sender = match line.from.as_deref() {
            Some("client") => Some(Sender::Client),
            Some("server") => Some(Sender::Server),
            _ => None,
        };
        if let (Some(sender), Some(text)) = (sender, line.text) {
            return Self::Text { text: text.into_cow().into_owned(), sender, connection: line.connection };
        }
        if let (Some(connection), Some("request")) = (line.connection, line.kind.as_deref())
            && line.target.as_deref().is_some_and(is_of_im)
        {
            return Self::Im { connection };
        }
        if line.connection.is_some() && line.kind.is_some() {
            let bytes = line.base64.filter(|_| line.kind.as_deref() == Some("text"));
            let bytes = bytes.and_then(|base64| BASE64.decode(base64.as_bytes()).ok());
            let connection = line.connection;
            return bytes.zip(sender).map_or(Self::Empty, |(bytes, sender)| Self::Bytes { bytes, sender, connection });
        }
        let (Some(1), Some(kind), Some(_)) = (line.v, line.kind.as_deref(), line.stream) else { return Self::None };
        match (kind, line.data) {
            ("event" | "snapshot", Some(data)) => {
                // The data is a slice of the line.
                let start = (data.as_json().as_ptr() as usize).saturating_sub(captured.as_ptr() as usize);
                Self::Part(start..start + data.as_json().len())
            }
            ("error", Some(data)) => match data.field::<String>("bytes") {
                Ok(Some(text)) => Self::Text { text, sender: Sender::Server, connection: None },
                _ => Self::Empty,
            },
            _ => Self::Empty,
        }
    }
}

/// Whether the target of a request is where PortSIP IM has its lines.
fn is_of_im(target: &str) -> bool {
    let path = target.split(['?', '#']).next().unwrap_or_default();
    matches!(path.trim_end_matches('/'), "/im" | "/v0/channels")
}

#[cfg(test)]
mod tests {
    use tieline_core::json::lint::Sender;

    use super::Envelope;

    #[test]
    fn a_line_of_a_transcript_holds_a_text_and_its_sender() {
        let line = r#"{"t":3,"from":"client","text":"{\"command\":\"auth\"}"}"#;
        let text = r#"{"command":"auth"}"#.into();
        assert_eq!(Envelope::of(line), Envelope::Text { text, sender: Sender::Client, connection: None });
    }

    #[test]
    fn a_line_of_listen_holds_the_message_as_it_stands() {
        let line = r#"{"v":1,"kind":"event","stream":"wsi","data":{"event_type":"call_hold"}}"#;
        let Envelope::Part(part) = Envelope::of(line) else { panic!("{line}") };
        assert_eq!(&line[part], r#"{"event_type":"call_hold"}"#);
        assert_eq!(Envelope::of(r#"{"v":1,"kind":"state","stream":"wsi","data":{"state":"live"}}"#), Envelope::Empty);
    }

    #[test]
    fn of_a_capture_only_messages_count() {
        let text = r#"{"connection":1,"from":"server","kind":"text","t":1.5,"text":"{}"}"#;
        assert_eq!(Envelope::of(text), {
            let (text, sender, connection) = ("{}".into(), Sender::Server, Some(1));
            Envelope::Text { text, sender, connection }
        });
        let bytes = r#"{"base64":"/w==","connection":1,"from":"server","kind":"text","t":1.5}"#;
        assert_eq!(Envelope::of(bytes), {
            let (bytes, sender, connection) = (vec![0xff], Sender::Server, Some(1));
            Envelope::Bytes { bytes, sender, connection }
        });
        let request = r#"{"connection":3,"kind":"request","method":"GET","t":1,"target":"/im?x=1"}"#;
        assert_eq!(Envelope::of(request), Envelope::Im { connection: 3 });
        for other in [
            r#"{"connection":1,"kind":"opened","t":0.0}"#,
            r#"{"bytes":4,"connection":1,"from":"client","kind":"ping","t":1}"#,
            r#"{"connection":3,"kind":"request","method":"GET","t":1,"target":"/wsi"}"#,
        ] {
            assert_eq!(Envelope::of(other), Envelope::Empty);
        }
        let first = r#"{"tieline":"capture","v":1,"protocol":"wsi","url":"wss://x"}"#;
        assert_eq!(Envelope::of(first), Envelope::Capture(Some("wsi".into())));
    }

    #[test]
    fn a_message_is_no_envelope() {
        for text in [r#"{"event_type":"x","from":"client","text":"y"}"#, r#"{"status":0}"#, "[]", "{"] {
            assert_eq!(Envelope::of(text), Envelope::None, "{text}");
        }
    }
}
