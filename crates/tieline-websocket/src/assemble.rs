//! Bytes in, messages and control frames out.

use std::borrow::Cow;
use std::io::Cursor;
use std::mem;

use bytes::Bytes;
use tieline_core::Text;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::config::Config;
use crate::endpoint::Role;
use crate::error::{EndpointError, Violation};
use crate::mask;

/// The longest frame header: two bytes, eight of length, four of mask.
const HEADER_BYTES: usize = 14;
/// The first byte of a text message in one frame.
const FINAL_TEXT: u8 = 0x81;
/// The longest payload of a control frame.
pub(crate) const CONTROL_BYTES: usize = 125;
/// The first allocation for a payload that comes in pieces.
const FIRST_BUFFER: usize = 32;

/// One whole thing that came in.
pub(crate) enum Incoming {
    Text(Text),
    /// A text message that is not UTF-8.
    BadText(Bytes),
    Binary(Bytes),
    Ping(Bytes),
    Pong(Bytes),
    Close(Bytes),
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Binary,
}

/// The frame whose payload is being read.
struct Current {
    /// `None` for a data frame.
    control: Option<Control>,
    last: bool,
    left: usize,
    mask: Option<[u8; 4]>,
}

/// The message whose fragments are being read.
struct Message {
    kind: Kind,
    fragments: usize,
}

/// Takes frames apart and puts messages together. Holds only what was received and not yet handed out.
pub(crate) struct Reader {
    role: Role,
    message_bytes: usize,
    frame_bytes: usize,
    fragments: usize,
    /// The bytes of a header that is not complete.
    header: [u8; HEADER_BYTES],
    header_len: usize,
    frame: Option<Current>,
    message: Option<Message>,
    payload: Vec<u8>,
    /// Apart from `payload`, since control frames come between fragments.
    control: Vec<u8>,
}

impl Reader {
    pub(crate) fn new(role: Role, config: &Config) -> Self {
        Self {
            role,
            message_bytes: config.message_bytes,
            frame_bytes: config.frame_bytes,
            fragments: config.fragments,
            header: [0; HEADER_BYTES],
            header_len: 0,
            frame: None,
            message: None,
            payload: Vec::new(),
            control: Vec::new(),
        }
    }

    pub(crate) fn set_message_limit(&mut self, bytes: usize) {
        self.message_bytes = bytes;
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.payload.capacity() + self.control.capacity()
    }

    /// Gives back what is held of unfinished frames.
    pub(crate) fn clear(&mut self) {
        self.header_len = 0;
        self.frame = None;
        self.message = None;
        self.payload = Vec::new();
        self.control = Vec::new();
    }

    /// Takes bytes off `input` until one thing is whole (`Some`) or the input is used up (`None`).
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Result<Option<Incoming>, EndpointError> {
        if let Some(incoming) = self.next_whole(input) {
            return Ok(Some(incoming));
        }
        loop {
            let frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.read_header(input)? {
                    Some((header, length)) => self.begin(&header, length)?,
                    None => return Ok(None),
                },
            };
            if let Some(incoming) = self.read_payload(frame, input) {
                return Ok(Some(incoming));
            }
            if self.frame.is_some() {
                return Ok(None);
            }
        }
    }

    /// The usual thing, without a look at what may be wrong with others: a text message for a client, in one frame of up to
    /// 64 KiB that is wholly at hand and within the limits.
    fn next_whole(&mut self, input: &mut &[u8]) -> Option<Incoming> {
        let between_messages = self.header_len == 0 && self.frame.is_none() && self.message.is_none();
        if self.role == Role::Server || !between_messages {
            return None;
        }
        let (length, rest) = match **input {
            [FINAL_TEXT, length @ ..=125, ref rest @ ..] => (usize::from(length), rest),
            [FINAL_TEXT, 126, high, low, ref rest @ ..] => (usize::from(u16::from_be_bytes([high, low])), rest),
            _ => return None,
        };
        if length > self.frame_bytes.min(self.message_bytes) {
            return None;
        }
        let (payload, rest) = rest.split_at_checked(length)?;
        *input = rest;
        Some(text(Cow::Borrowed(payload)))
    }

    fn read_header(&mut self, input: &mut &[u8]) -> Result<Option<(FrameHeader, u64)>, EndpointError> {
        if self.header_len == 0 {
            let mut cursor = Cursor::new(*input);
            if let Some(parsed) = parse(&mut cursor)? {
                let used = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
                *input = input.get(used..).unwrap_or_default();
                return Ok(Some(parsed));
            }
        }
        while let Some((byte, rest)) = input.split_first() {
            let Some(slot) = self.header.get_mut(self.header_len) else { break };
            *slot = *byte;
            self.header_len += 1;
            *input = rest;
            let held = self.header.get(..self.header_len).unwrap_or_default();
            if let Some(parsed) = parse(&mut Cursor::new(held))? {
                self.header_len = 0;
                return Ok(Some(parsed));
            }
        }
        Ok(None)
    }

    /// Checks a header against every rule and limit, before a byte of its payload is kept.
    fn begin(&mut self, header: &FrameHeader, length: u64) -> Result<Current, EndpointError> {
        let refuse = |violation| Err(EndpointError::Protocol(violation));
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return refuse(Violation::ReservedBits);
        }
        match (self.role, header.mask) {
            (Role::Server, None) => return refuse(Violation::Unmasked),
            (Role::Client, Some(_)) => return refuse(Violation::Masked),
            _ => {}
        }
        if length >> 63 != 0 {
            return refuse(Violation::NegativeLength);
        }
        let left = usize::try_from(length).unwrap_or(usize::MAX);
        let mut frame = Current { control: None, last: header.is_final, left, mask: header.mask };
        match header.opcode {
            OpCode::Control(Control::Reserved(code)) | OpCode::Data(Data::Reserved(code)) => {
                return refuse(Violation::ReservedOpcode(code));
            }
            OpCode::Control(_) if !header.is_final => return refuse(Violation::FragmentedControl),
            OpCode::Control(_) if left > CONTROL_BYTES => return refuse(Violation::LongControl),
            OpCode::Control(control) => frame.control = Some(control),
            OpCode::Data(Data::Continue) => match &mut self.message {
                Some(message) => message.fragments += 1,
                None => return refuse(Violation::UnexpectedContinuation),
            },
            OpCode::Data(_) if self.message.is_some() => return refuse(Violation::Interleaved),
            OpCode::Data(Data::Text) => self.message = Some(Message { kind: Kind::Text, fragments: 1 }),
            OpCode::Data(Data::Binary) => self.message = Some(Message { kind: Kind::Binary, fragments: 1 }),
        }
        if frame.control.is_none() {
            if left > self.frame_bytes {
                return Err(EndpointError::FrameTooBig { limit: self.frame_bytes });
            }
            if left > self.message_bytes.saturating_sub(self.payload.len()) {
                return Err(EndpointError::MessageTooBig { limit: self.message_bytes });
            }
            if self.message.as_ref().is_some_and(|message| message.fragments > self.fragments) {
                return Err(EndpointError::TooManyFragments { limit: self.fragments });
            }
        }
        Ok(frame)
    }

    /// Reads on in `frame`. `None`: it is not complete and kept as current, or it was a fragment and is done with.
    fn read_payload(&mut self, mut frame: Current, input: &mut &[u8]) -> Option<Incoming> {
        let take = frame.left.min(input.len());
        let (part, rest) = input.split_at(take);
        *input = rest;
        let buffer = if frame.control.is_some() { &mut self.control } else { &mut self.payload };

        // The usual case: all of it is at hand, and is copied once, to its exact size.
        if take == frame.left && frame.last && buffer.is_empty() {
            let payload = match frame.mask {
                Some(mask) => {
                    let mut payload = part.to_vec();
                    mask::apply(mask, &mut payload);
                    Cow::Owned(payload)
                }
                None => Cow::Borrowed(part),
            };
            return self.finish(&frame, payload);
        }

        frame.left -= take;
        reserve(buffer, take, frame.last.then_some(frame.left));
        let start = buffer.len();
        buffer.extend_from_slice(part);
        if let Some(mask) = &mut frame.mask {
            mask::apply(*mask, buffer.get_mut(start..).unwrap_or_default());
            *mask = mask::advanced(*mask, take);
        }
        if frame.left > 0 {
            self.frame = Some(frame);
            None
        } else if frame.last {
            let mut payload = mem::take(buffer);
            payload.shrink_to_fit();
            self.finish(&frame, Cow::Owned(payload))
        } else {
            None
        }
    }

    fn finish(&mut self, frame: &Current, payload: Cow<'_, [u8]>) -> Option<Incoming> {
        Some(match frame.control {
            Some(Control::Ping) => Incoming::Ping(bytes(payload)),
            Some(Control::Pong) => Incoming::Pong(bytes(payload)),
            Some(_) => Incoming::Close(bytes(payload)),
            None => match self.message.take()?.kind {
                Kind::Text => text(payload),
                Kind::Binary => Incoming::Binary(bytes(payload)),
            },
        })
    }
}

fn bytes(payload: Cow<'_, [u8]>) -> Bytes {
    match payload {
        Cow::Borrowed(payload) => Bytes::copy_from_slice(payload),
        Cow::Owned(payload) => payload.into(),
    }
}

/// Checked once, and copied at most once.
fn text(payload: Cow<'_, [u8]>) -> Incoming {
    match payload {
        Cow::Borrowed(payload) => match std::str::from_utf8(payload) {
            Ok(text) => Incoming::Text(text.into()),
            Err(_) => Incoming::BadText(Bytes::copy_from_slice(payload)),
        },
        Cow::Owned(payload) => match String::from_utf8(payload) {
            Ok(text) => Incoming::Text(text.into()),
            Err(error) => Incoming::BadText(error.into_bytes().into()),
        },
    }
}

fn parse(cursor: &mut Cursor<&[u8]>) -> Result<Option<(FrameHeader, u64)>, EndpointError> {
    let opcode = cursor.get_ref().first().map_or(0, |byte| byte & 0x0f);
    // The only thing that the header parser refuses by itself is the opcode.
    FrameHeader::parse(cursor).map_err(|_| EndpointError::Protocol(Violation::ReservedOpcode(opcode)))
}

/// Makes room for `take` bytes: twice as much as before, so that copying stays linear, but no more than is to come
/// (`left` after these; unknown when more fragments follow). So never more than twice what was received.
fn reserve(buffer: &mut Vec<u8>, take: usize, left: Option<usize>) {
    let need = buffer.len().saturating_add(take);
    if need > buffer.capacity() {
        let roomy = need.max(buffer.capacity().saturating_mul(2)).max(FIRST_BUFFER);
        let target = left.map_or(roomy, |left| roomy.min(need.saturating_add(left)));
        buffer.reserve_exact(target - buffer.len());
    }
}
