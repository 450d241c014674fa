//! The lines between the chunks of a body.

use alloc::vec::Vec;

use super::Http1Error;

/// The longest line that announces a chunk, with its extensions.
const MAX_SIZE_LINE: usize = 256;
/// The trailers have at most so many bytes. Nobody here wants them.
const MAX_TRAILERS: usize = 8 << 10;

/// A line in pieces.
#[derive(Default)]
pub(super) struct Line(Vec<u8>);

impl Line {
    /// Takes bytes off `input` up to the end of the line; whether that is there.
    pub(super) fn take(&mut self, input: &mut &[u8], longest: usize) -> Result<bool, Http1Error> {
        let end = memchr::memchr(b'\n', input).map(|at| at + 1);
        let (part, rest) = input.split_at(end.unwrap_or(input.len()));
        if self.0.len() + part.len() > longest {
            return Err(Http1Error::Chunk);
        }
        self.0.extend_from_slice(part);
        *input = rest;
        Ok(end.is_some())
    }

    /// Reads the line as the size of the next chunk, and forgets it.
    pub(super) fn size(&mut self) -> Result<u64, Http1Error> {
        let parsed = httparse::parse_chunk_size(&self.0);
        // httparse takes no digits for 0.
        let begins = self.0.first().is_some_and(u8::is_ascii_hexdigit);
        self.0.clear();
        match parsed {
            Ok(httparse::Status::Complete((_, size))) if begins => Ok(size),
            _ => Err(Http1Error::Chunk),
        }
    }

    /// Whether the line is empty; forgets it.
    pub(super) fn blank(&mut self) -> bool {
        let blank = self.0 == b"\r\n";
        self.0.clear();
        blank
    }

    pub(super) const fn len(&self) -> usize {
        self.0.len()
    }
}

/// Where in the chunks it is.
#[derive(Clone, Copy)]
pub(super) enum Chunk {
    /// In the line with the size of the next.
    Size,
    /// In one, with so many bytes to come.
    Data(u64),
    /// In the end of its line.
    End,
    /// Behind the last, with room for so many more bytes.
    Trailers(usize),
    /// Behind it all.
    Over,
}

impl Chunk {
    /// Takes off `input` what is not data; `true` when there is more to do with the same input.
    pub(super) fn step(&mut self, line: &mut Line, input: &mut &[u8]) -> Result<bool, Http1Error> {
        let longest = match self {
            Self::Size => MAX_SIZE_LINE,
            Self::End => 2,
            Self::Trailers(room) => *room,
            Self::Data(_) | Self::Over => return Ok(false),
        };
        if !line.take(input, longest)? {
            return Ok(false);
        }
        *self = match *self {
            Self::Size => match line.size()? {
                0 => Self::Trailers(MAX_TRAILERS),
                size => Self::Data(size),
            },
            Self::End if line.blank() => Self::Size,
            Self::End => return Err(Http1Error::Chunk),
            Self::Trailers(room) => {
                let room = room.saturating_sub(line.len());
                if line.blank() { Self::Over } else { Self::Trailers(room) }
            }
            state => state,
        };
        Ok(true)
    }
}
