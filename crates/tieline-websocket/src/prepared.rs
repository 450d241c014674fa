//! A frame that is encoded once and sent to many.

use std::fmt;

use bytes::Bytes;
use tieline_core::Frame;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::outgoing::write_header;

/// A message with its frame header in front, encoded once, for a fan-out to many endpoints of the server role.
///
/// Cloning shares the bytes, and so does sending when the message is large; a small one is copied behind whatever else
/// an endpoint has to write, which is cheaper than a second slice. `Debug` prints the length only.
#[derive(Clone, PartialEq, Eq)]
pub struct PreparedFrame {
    bytes: Bytes,
    header: u8,
    opcode: OpCode,
}

impl PreparedFrame {
    /// Encodes a text message.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::encode(Data::Text, text.as_bytes())
    }

    /// Encodes a binary message.
    #[must_use]
    pub fn binary(bytes: &[u8]) -> Self {
        Self::encode(Data::Binary, bytes)
    }

    /// Encodes a text or binary frame; `None` for every other kind.
    #[must_use]
    pub fn new(frame: &Frame) -> Option<Self> {
        match frame {
            Frame::Text(text) => Some(Self::text(text)),
            Frame::Binary(bytes) => Some(Self::binary(bytes)),
            _ => None,
        }
    }

    /// Appends the frame of a text message to `buffer`: for a server that writes to its stream past the endpoint, which is
    /// fine while that is [open](crate::Endpoint::is_open) and [nothing is queued](crate::Endpoint::queued_bytes) there.
    pub fn append_text(text: &str, buffer: &mut Vec<u8>) {
        let header = FrameHeader { opcode: OpCode::Data(Data::Text), ..FrameHeader::default() };
        buffer.reserve(header.len(text.len() as u64) + text.len());
        write_header(&header, text.len(), buffer);
        buffer.extend_from_slice(text.as_bytes());
    }

    fn encode(data: Data, payload: &[u8]) -> Self {
        let opcode = OpCode::Data(data);
        let header = FrameHeader { opcode, ..FrameHeader::default() };
        let header_len = header.len(payload.len() as u64);
        let mut bytes = Vec::with_capacity(header_len + payload.len());
        write_header(&header, payload.len(), &mut bytes);
        bytes.extend_from_slice(payload);
        // A header has at most 14 bytes.
        Self { bytes: bytes.into(), header: header_len as u8, opcode }
    }

    /// The length of the frame in bytes, header included.
    #[must_use]
    pub fn frame_len(&self) -> usize {
        self.bytes.len()
    }

    /// The message without its header.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        self.bytes.get(usize::from(self.header)..).unwrap_or_default()
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) fn opcode(&self) -> OpCode {
        self.opcode
    }
}

impl fmt::Debug for PreparedFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PreparedFrame({} bytes)", self.bytes.len())
    }
}
