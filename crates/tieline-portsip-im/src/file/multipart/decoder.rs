//! Reading a form as its bytes come.

use std::format;
use std::string::{String, ToString as _};
use std::vec::Vec;

use bytes::{Buf as _, Bytes, BytesMut};
use memchr::memmem;

use super::disposition::{file_name, parameter};

/// How much of a form is taken. The bytes of parts have no limit here: whoever takes them counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MultipartLimits {
    /// Parts at most. Default 16.
    pub parts: usize,
    /// Bytes of the header fields of one part at most, and of what may stand before the first. Default 8 KiB.
    pub head: usize,
}

impl Default for MultipartLimits {
    fn default() -> Self {
        Self { parts: 16, head: 8 << 10 }
    }
}

/// Why a form cannot be read. Nothing of it is in here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultipartError {
    /// Too much stands before the first part.
    #[error("the form does not begin with its boundary")]
    NoBoundary,
    /// A boundary is followed by neither the end of the line nor `--`.
    #[error("a boundary of the form is broken")]
    Boundary,
    /// The header fields of a part are too long.
    #[error("the header fields of a part are longer than the limit")]
    LongHead,
    /// A header field without a colon, or one that goes on in a second line.
    #[error("a header field of a part is broken")]
    Head,
    /// A part without `Content-Disposition: form-data` and a name.
    #[error("a part of the form has no name")]
    Name,
    /// More parts than the limit.
    #[error("the form has more parts than the limit")]
    Parts,
    /// The form broke off.
    #[error("the form ends before its last boundary")]
    Cut,
}

/// What the header fields of a part say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The name of the field.
    pub name: String,
    /// The name of a file as the sender wrote it: see [`safe_name`](crate::file::safe_name).
    pub file_name: Option<String>,
    /// The type of a file as the sender wrote it.
    pub content_type: Option<String>,
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PartEvent {
    /// A part begins.
    Begin(Part),
    /// Some of its bytes; how many at once depends on how they came.
    Data(Bytes),
    /// It is over.
    End,
}

/// The boundary of a `Content-Type`; `None` when it is not `multipart/form-data`, or the boundary is missing or not one.
#[must_use]
pub fn boundary_of(content_type: &str) -> Option<String> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let boundary = kind.eq_ignore_ascii_case("multipart/form-data").then(|| parameter(content_type, "boundary"))??;
    let printable = |byte: u8| (0x20..0x7f).contains(&byte);
    ((1..=70).contains(&boundary.len()) && boundary.bytes().all(printable) && !boundary.ends_with(' '))
        .then_some(boundary)
}

/// Reads a form. Bytes go in by [`feed`](Self::feed), as they come; what was read comes out of [`poll`](Self::poll),
/// until there is no more. How the bytes are cut up changes nothing but the lengths of the [`PartEvent::Data`].
///
/// It holds no more than the piece it was fed last, the header fields at hand, and one boundary.
pub struct Decoder {
    /// Line end, dashes, boundary.
    delimiter: Vec<u8>,
    limits: MultipartLimits,
    buffer: BytesMut,
    state: State,
    parts: usize,
    failed: Option<MultipartError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first boundary.
    Preamble,
    /// Behind a boundary, in its line.
    Boundary,
    /// From the end of that line on.
    Head,
    Data,
    Over,
}

impl Decoder {
    /// A reader of a form with this boundary, as [`boundary_of`] gives it.
    #[must_use]
    pub fn new(boundary: &str, limits: MultipartLimits) -> Self {
        // The first boundary may stand at the very beginning, without the line end that belongs to all others.
        let buffer = BytesMut::from(&b"\r\n"[..]);
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        Self { delimiter, limits, buffer, state: State::Preamble, parts: 0, failed: None }
    }

    /// More bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.state != State::Over && self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// What was read; `None` until more bytes come.
    ///
    /// # Errors
    /// Once it cannot go on, always the same.
    pub fn poll(&mut self) -> Result<Option<PartEvent>, MultipartError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let outcome = self.read();
        if let Err(error) = outcome {
            self.failed = Some(error);
            self.buffer = BytesMut::new();
        }
        outcome
    }

    /// No more bytes come.
    ///
    /// # Errors
    /// [`MultipartError::Cut`] when the last boundary was not read.
    pub const fn finish(&self) -> Result<(), MultipartError> {
        match (self.failed, self.state) {
            (Some(error), _) => Err(error),
            (None, State::Over) => Ok(()),
            (None, _) => Err(MultipartError::Cut),
        }
    }

    /// Whether the last boundary was read. What follows it says nothing.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.state == State::Over
    }

    fn read(&mut self) -> Result<Option<PartEvent>, MultipartError> {
        loop {
            match self.state {
                State::Preamble => match memmem::find(&self.buffer, &self.delimiter) {
                    Some(at) => {
                        self.buffer.advance(at + self.delimiter.len());
                        self.state = State::Boundary;
                    }
                    None if self.buffer.len() > self.limits.head + self.delimiter.len() => {
                        return Err(MultipartError::NoBoundary);
                    }
                    None => return Ok(None),
                },
                State::Boundary => {
                    if !self.end_boundary()? {
                        return Ok(None);
                    }
                }
                State::Head => return self.head(),
                State::Data => return Ok(self.data()),
                State::Over => return Ok(None),
            }
        }
    }

    /// Reads on to the end of the boundary's line, which is left: it is what an empty head ends with. False when it is
    /// not there yet.
    fn end_boundary(&mut self) -> Result<bool, MultipartError> {
        if self.buffer.starts_with(b"--") {
            self.state = State::Over;
            self.buffer = BytesMut::new();
            return Ok(true);
        }
        let blanks = self.buffer.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        if blanks > self.limits.head {
            return Err(MultipartError::Boundary);
        }
        match self.buffer.get(blanks..).unwrap_or_default() {
            [b'\r', b'\n', ..] => {
                self.parts += 1;
                if self.parts > self.limits.parts {
                    return Err(MultipartError::Parts);
                }
                self.buffer.advance(blanks);
                self.state = State::Head;
                Ok(true)
            }
            [] | [b'\r'] => Ok(false),
            [b'-'] if blanks == 0 => Ok(false),
            _ => Err(MultipartError::Boundary),
        }
    }

    fn head(&mut self) -> Result<Option<PartEvent>, MultipartError> {
        const END: &[u8] = b"\r\n\r\n";
        let end = memmem::find(&self.buffer, END);
        if end.unwrap_or(self.buffer.len().saturating_sub(END.len())) > self.limits.head {
            return Err(MultipartError::LongHead);
        }
        let Some(end) = end else { return Ok(None) };
        let head = self.buffer.split_to(end);
        self.buffer.advance(END.len());
        let part = read_head(&String::from_utf8_lossy(&head))?;
        self.state = State::Data;
        Ok(Some(PartEvent::Begin(part)))
    }

    fn data(&mut self) -> Option<PartEvent> {
        if let Some(at) = memmem::find(&self.buffer, &self.delimiter) {
            if at > 0 {
                return Some(PartEvent::Data(self.buffer.split_to(at).freeze()));
            }
            self.buffer.advance(self.delimiter.len());
            self.state = State::Boundary;
            return Some(PartEvent::End);
        }
        // The end of what is there may be the beginning of the delimiter.
        let certain = self.buffer.len().saturating_sub(self.delimiter.len() - 1);
        (certain > 0).then(|| PartEvent::Data(self.buffer.split_to(certain).freeze()))
    }
}

fn read_head(head: &str) -> Result<Part, MultipartError> {
    let mut part = Part::default();
    let mut named = false;
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':').ok_or(MultipartError::Head)?;
        // A line that goes on, or a blank before the colon: read differently by different readers.
        if name.is_empty() || name.contains([' ', '\t']) {
            return Err(MultipartError::Head);
        }
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-disposition") {
            let kind = value.split(';').next().unwrap_or_default().trim();
            let name = kind.eq_ignore_ascii_case("form-data").then(|| parameter(value, "name")).flatten();
            part.name = name.ok_or(MultipartError::Name)?;
            part.file_name = file_name(value);
            named = true;
        } else if name.eq_ignore_ascii_case("content-type") {
            part.content_type = Some(value.to_string());
        }
    }
    if named { Ok(part) } else { Err(MultipartError::Name) }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decoder").field("state", &self.state).field("parts", &self.parts).finish_non_exhaustive()
    }
}
