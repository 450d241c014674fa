//! The body of an answer.

use super::chunk::{Chunk, Line};
use super::{Framing, Http1Error};

/// Reads the body of an answer in pieces that are slices of what came.
pub struct BodyReader(State);

enum State {
    Length(u64),
    Chunked(Chunk, Line),
    Stream { ended: bool },
}

impl BodyReader {
    /// A reader at the beginning of a body.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self(match framing {
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked(Chunk::Size, Line::default()),
            Framing::Stream => State::Stream { ended: false },
        })
    }

    /// Takes bytes off `input`, and returns the next piece of the body, which is not empty. `None`: the body is over, or
    /// else all of `input` is taken and more is needed. What follows the body stays in `input`.
    ///
    /// # Errors
    /// [`Http1Error::Chunk`]. The stream is of no use after that.
    pub fn read<'i>(&mut self, input: &mut &'i [u8]) -> Result<Option<&'i [u8]>, Http1Error> {
        loop {
            let left = match &mut self.0 {
                State::Length(left) => left,
                State::Chunked(Chunk::Data(left), _) => left,
                State::Chunked(chunk, line) => {
                    if chunk.step(line, input)? {
                        continue;
                    }
                    return Ok(None);
                }
                State::Stream { ended: true } => return Ok(None),
                State::Stream { ended: false } => return Ok(piece(input, u64::MAX)),
            };
            let piece = piece(input, *left);
            *left -= piece.map_or(0, <[u8]>::len) as u64;
            if let State::Chunked(chunk @ Chunk::Data(0), _) = &mut self.0 {
                *chunk = Chunk::End;
            }
            return Ok(piece);
        }
    }

    /// Whether the body is over.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        matches!(self.0, State::Length(0) | State::Chunked(Chunk::Over, _) | State::Stream { ended: true })
    }

    /// The stream ended, and all that came was read.
    ///
    /// # Errors
    /// [`Http1Error::Cut`], when the body was not over.
    pub const fn end_of_stream(&mut self) -> Result<(), Http1Error> {
        if let State::Stream { ended } = &mut self.0 {
            *ended = true;
        }
        if self.is_over() { Ok(()) } else { Err(Http1Error::Cut) }
    }
}

/// Takes at most so many bytes off `input`.
fn piece<'i>(input: &mut &'i [u8], most: u64) -> Option<&'i [u8]> {
    let (piece, rest) = input.split_at(usize::try_from(most).unwrap_or(usize::MAX).min(input.len()));
    *input = rest;
    (!piece.is_empty()).then_some(piece)
}

impl core::fmt::Debug for BodyReader {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("BodyReader").field("over", &self.is_over()).finish_non_exhaustive()
    }
}
