//! Bodies as they pass.

use super::super::Payload;
use super::head::Framing;

/// The longest line between chunks.
const LINE: usize = 4 << 10;

/// A body that passes. So much of it is kept as a limit allows.
pub(super) struct Body {
    state: State,
    kept: Vec<u8>,
    length: u64,
    limit: usize,
}

enum State {
    Length(u64),
    Eof,
    /// The line before a chunk, or after the last.
    Line {
        line: Vec<u8>,
        trailers: bool,
    },
    Chunk(u64),
    /// The end of the line behind a chunk.
    Gap,
    Done,
}

impl Body {
    pub(super) fn new(framing: Framing, limit: usize) -> Self {
        let state = match framing {
            Framing::Length(0) => State::Done,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Line { line: Vec::new(), trailers: false },
            Framing::Eof => State::Eof,
        };
        Self { state, kept: Vec::new(), length: 0, limit }
    }

    pub(super) const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether the end of the stream ends it.
    pub(super) const fn ends_with_stream(&self) -> bool {
        matches!(self.state, State::Eof)
    }

    /// How many bytes of it there were so far.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Takes what belongs to it; how many bytes that were.
    pub(super) fn take(&mut self, bytes: &[u8]) -> usize {
        let mut rest = bytes;
        while !rest.is_empty() && !self.is_done() {
            let taken = self.step(rest);
            rest = rest.get(taken..).unwrap_or_default();
        }
        bytes.len() - rest.len()
    }

    fn step(&mut self, rest: &[u8]) -> usize {
        let most = |left: u64| usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
        match &mut self.state {
            State::Done => 0,
            State::Eof => {
                self.keep(rest);
                rest.len()
            }
            State::Length(left) | State::Chunk(left) => {
                let taken = most(*left);
                *left -= taken as u64;
                let over = *left == 0;
                let chunked = matches!(self.state, State::Chunk(_));
                self.keep(rest.get(..taken).unwrap_or_default());
                if over {
                    self.state = if chunked { State::Gap } else { State::Done };
                }
                taken
            }
            State::Gap => {
                let (taken, over) = line_end(rest);
                if over {
                    self.state = State::Line { line: Vec::new(), trailers: false };
                }
                taken
            }
            State::Line { line, trailers } => {
                let (taken, over) = line_end(rest);
                line.extend(rest.iter().take(taken).take(LINE.saturating_sub(line.len())));
                if !over {
                    return taken;
                }
                let text = line.trim_ascii();
                let size = text.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
                let size = std::str::from_utf8(size).ok().and_then(|size| u64::from_str_radix(size, 16).ok());
                self.state = match size {
                    _ if *trailers && text.is_empty() => State::Done,
                    _ if *trailers => State::Line { line: Vec::new(), trailers: true },
                    Some(0) => State::Line { line: Vec::new(), trailers: true },
                    Some(size) => State::Chunk(size),
                    // Not to be understood: whatever comes belongs to it.
                    None => State::Eof,
                };
                taken
            }
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if self.length <= self.limit as u64 {
            self.kept.extend_from_slice(bytes);
        } else {
            self.kept = Vec::new();
        }
    }

    pub(super) fn into_payload(self) -> Payload {
        if self.length > self.limit as u64 { Payload::Size(self.length) } else { Payload::of(self.kept) }
    }
}

/// How far the line goes, and whether it ends there.
fn line_end(bytes: &[u8]) -> (usize, bool) {
    bytes.iter().position(|byte| *byte == b'\n').map_or((bytes.len(), false), |at| (at + 1, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_are_joined_however_they_are_cut() {
        let wire = b"5;x=1\r\nhello\r\n6\r\n world\r\n0\r\nA: b\r\n\r\nGET";
        for cut in 0..wire.len() {
            let mut body = Body::new(Framing::Chunked, 100);
            let (first, second) = wire.split_at(cut);
            let mut taken = body.take(first);
            taken += body.take(second);
            assert!(body.is_done(), "{cut}");
            assert_eq!(&wire[taken..], b"GET", "{cut}");
            assert_eq!(body.into_payload().text(), Some("hello world"), "{cut}");
        }
    }

    #[test]
    fn what_is_over_the_limit_is_counted_only() {
        let mut body = Body::new(Framing::Length(10), 9);
        assert_eq!(body.take(b"0123456789after"), 10);
        assert_eq!(body.into_payload(), Payload::Size(10));
    }
}
