//! The beginning of a refusal's body: some servers say there why.

use httparse::Status;

/// The most bytes of a body that are kept.
const BODY_BYTES: usize = 1024;
/// The longest line that announces a chunk.
const CHUNK_LINE_BYTES: usize = 256;

/// Where the body ends.
enum Framing {
    /// After so many more bytes.
    Length(u64),
    /// After the last chunk; inside is what remains of the chunk at hand, 0 while a chunk line is read.
    Chunked { left: u64, line: Vec<u8> },
    /// With the stream.
    Stream,
}

/// Collects a body until it ends or enough is there.
pub(crate) struct Body {
    framing: Framing,
    kept: Vec<u8>,
}

impl Body {
    /// A body whose end the response header tells. `chunked` overrules `length`, as HTTP wants it.
    pub(crate) fn new(length: Option<u64>, chunked: bool) -> Self {
        let framing = match (chunked, length) {
            (true, _) => Framing::Chunked { left: 0, line: Vec::new() },
            (false, Some(length)) => Framing::Length(length),
            (false, None) => Framing::Stream,
        };
        Self { framing, kept: Vec::new() }
    }

    pub(crate) fn into_kept(self) -> Vec<u8> {
        self.kept
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.kept.capacity()
    }

    /// Takes more bytes; whether the body is complete, or long enough.
    pub(crate) fn read(&mut self, mut input: &[u8]) -> bool {
        loop {
            let room = BODY_BYTES - self.kept.len();
            let wanted = match &mut self.framing {
                Framing::Length(left) => *left,
                Framing::Stream => u64::MAX,
                Framing::Chunked { left: 0, line } => match read_line(line, &mut input) {
                    Line::Partial => return false,
                    Line::Blank => continue,
                    Line::Size(0) | Line::Bad => return true,
                    Line::Size(size) => {
                        self.framing = Framing::Chunked { left: size, line: Vec::new() };
                        continue;
                    }
                },
                Framing::Chunked { left, .. } => *left,
            };
            let take = usize::try_from(wanted).unwrap_or(usize::MAX).min(input.len()).min(room);
            let (part, rest) = input.split_at(take);
            self.kept.extend_from_slice(part);
            input = rest;
            match &mut self.framing {
                Framing::Length(left) | Framing::Chunked { left, .. } => *left -= take as u64,
                Framing::Stream => {}
            }
            if take == room || matches!(self.framing, Framing::Length(0)) {
                return true;
            }
            if input.is_empty() {
                return false;
            }
        }
    }
}

enum Line {
    Partial,
    /// The end of the chunk before.
    Blank,
    Size(u64),
    Bad,
}

fn read_line(line: &mut Vec<u8>, input: &mut &[u8]) -> Line {
    while let Some((byte, rest)) = input.split_first() {
        line.push(*byte);
        *input = rest;
        if *byte == b'\n' {
            let whole = std::mem::take(line);
            return match whole.trim_ascii() {
                [] => Line::Blank,
                _ => match httparse::parse_chunk_size(&whole) {
                    Ok(Status::Complete((_, size))) => Line::Size(size),
                    _ => Line::Bad,
                },
            };
        }
        if line.len() > CHUNK_LINE_BYTES {
            return Line::Bad;
        }
    }
    Line::Partial
}
