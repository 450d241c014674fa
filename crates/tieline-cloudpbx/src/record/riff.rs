//! The header of a WAV file, piece by piece.

use core::fmt;

/// The walk over the chunks of a WAV file up to its data.
#[derive(Clone)]
pub(super) struct Riff {
    pub(super) state: State,
    /// Bytes walked over.
    at: u64,
    /// RF64, whose sizes are in `ds64`.
    long: bool,
    /// What follows the first eight bytes; `None` when it is open or not read yet.
    pub(super) size: Option<u64>,
    /// The data's size by `ds64`.
    long_data: Option<u64>,
}

#[derive(Clone)]
pub(super) enum State {
    /// Within `RIFF size WAVE`.
    Start(Buffer<12>),
    /// Within the identifier and size of a chunk.
    Chunk(Buffer<8>),
    /// Within the sizes of `ds64`, `left` bytes of the chunk behind them.
    Long { sizes: Buffer<16>, left: u64 },
    /// Within a chunk of no concern.
    Skip { left: u64 },
    /// At the data, which begins at byte `start`; `None` is an open size.
    Data { start: u64, size: Option<u64> },
    /// No WAV file.
    Other,
}

/// The first bytes of something, collected.
#[derive(Clone)]
pub(super) struct Buffer<const N: usize> {
    bytes: [u8; N],
    len: usize,
}

impl<const N: usize> Buffer<N> {
    const EMPTY: Self = Self { bytes: [0; N], len: 0 };

    /// Takes what is missing, gives the rest back.
    fn take<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let (taken, rest) = piece.split_at(piece.len().min(N - self.len));
        for (to, from) in self.bytes.iter_mut().skip(self.len).zip(taken) {
            *to = *from;
        }
        self.len += taken.len();
        rest
    }

    const fn is_full(&self) -> bool {
        self.len == N
    }

    /// The bytes from `at` on as a little-endian number.
    fn number(&self, at: usize, len: usize) -> u64 {
        self.bytes.iter().skip(at).take(len).rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

/// A size of 32 bits, unless it says nothing. Encoders that stream leave 0, 0xFFFFFFFF, or sox's 0x7FFFF000 rounded down
/// to whole blocks.
const fn known(size: u64) -> Option<u64> {
    if size == 0 || size >= 0x7FFF_0000 { None } else { Some(size) }
}

/// A size of 64 bits, unless it says nothing.
const fn known_long(size: u64) -> Option<u64> {
    if size == 0 || size == u64::MAX { None } else { Some(size) }
}

impl Riff {
    pub(super) const fn new() -> Self {
        Self { state: State::Start(Buffer::EMPTY), at: 0, long: false, size: None, long_data: None }
    }

    pub(super) const fn is_settled(&self) -> bool {
        matches!(self.state, State::Data { .. } | State::Other)
    }

    pub(super) const fn is_other(&self) -> bool {
        matches!(self.state, State::Other)
    }

    pub(super) fn began_as_wav(&self) -> bool {
        matches!(&self.state, State::Start(start) if start.len >= 4)
    }

    /// Walks on, gives back what was not walked over.
    pub(super) fn take<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        let rest = match &mut self.state {
            State::Start(buffer) => buffer.take(piece),
            State::Chunk(buffer) => buffer.take(piece),
            State::Long { sizes, .. } => sizes.take(piece),
            State::Skip { left } => {
                let len = usize::try_from(*left).unwrap_or(usize::MAX).min(piece.len());
                *left -= len as u64;
                piece.split_at(len).1
            }
            State::Data { .. } | State::Other => &[],
        };
        self.at = self.at.saturating_add((piece.len() - rest.len()) as u64);
        if let Some(next) = self.turn() {
            self.state = next;
        }
        rest
    }

    /// What follows, when what is read of the state is enough.
    fn turn(&mut self) -> Option<State> {
        match &self.state {
            State::Start(start) => {
                let begins = |magic: &[u8; 4]| start.bytes.iter().take(start.len).zip(magic).all(|(a, b)| a == b);
                if !(begins(b"RIFF") || begins(b"RF64") || begins(b"BW64")) {
                    return Some(State::Other);
                }
                if !start.is_full() {
                    return None;
                }
                if !start.bytes.ends_with(b"WAVE") {
                    return Some(State::Other);
                }
                self.long = !begins(b"RIFF");
                self.size = known(start.number(4, 4));
                Some(State::Chunk(Buffer::EMPTY))
            }
            State::Chunk(head) if head.is_full() => {
                let size = head.number(4, 4);
                let padded = size + size % 2;
                Some(match head.bytes.first_chunk::<4>() {
                    Some(b"data") => {
                        let size = known(size).or(self.long_data.filter(|_| size != 0));
                        State::Data { start: self.at, size }
                    }
                    Some(b"ds64") if self.long && padded >= 16 => {
                        State::Long { sizes: Buffer::EMPTY, left: padded - 16 }
                    }
                    _ if padded == 0 => State::Chunk(Buffer::EMPTY),
                    _ => State::Skip { left: padded },
                })
            }
            State::Long { sizes, left } if sizes.is_full() => {
                self.size = known_long(sizes.number(0, 8));
                self.long_data = known_long(sizes.number(8, 8));
                Some(if *left == 0 { State::Chunk(Buffer::EMPTY) } else { State::Skip { left: *left } })
            }
            State::Skip { left: 0 } => Some(State::Chunk(Buffer::EMPTY)),
            _ => None,
        }
    }
}

impl fmt::Debug for Riff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.state {
            State::Start(_) => "start",
            State::Chunk(_) | State::Long { .. } | State::Skip { .. } => "header",
            State::Data { .. } => "data",
            State::Other => "other",
        })
    }
}
