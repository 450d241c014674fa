//! Whether a downloaded recording is whole.

use core::fmt;

use tieline_core::Class;

/// Checks a recording while it is downloaded: feed it the pieces as they come, then [`finish`](Self::finish). It holds a
/// few bytes, whatever the recording's length.
///
/// A length that the server gave must be met to the byte. A WAV file must have the header and as many bytes as the
/// header says; sizes of 0 and from 0x7FFF0000 on, which encoders write that stream and cannot go back, say nothing: data
/// then reaches to the end of the bytes. RF64, the WAV beyond 4 GiB, is read by its 64-bit sizes. Bytes after the end that
/// the header tells are no error, since players pass over them; [`Verified::trailing`] counts them. Of other formats
/// only the length can be checked.
///
/// ```
/// use tieline_cloudpbx::{RecordingCheck, RecordingError};
///
/// let mut check = RecordingCheck::new("wav", Some(48));
/// check.feed(b"RIFF\x28\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0")?;
/// check.feed(b"data\x04\0\0\0\x01\x02")?;
/// assert_eq!(check.finish(), Err(RecordingError::Truncated { expected: 48, received: 46 }));
/// check.feed(b"\x03\x04")?;
/// assert_eq!(check.finish()?.length, 48);
/// # Ok::<(), RecordingError>(())
/// ```
#[derive(Clone, Debug)]
pub struct RecordingCheck {
    expected: Option<u64>,
    must_be_wav: bool,
    received: u64,
    riff: Riff,
}

/// A recording that is whole, as far as that can be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// Its length in bytes.
    pub length: u64,
    /// Whether the server gave that length before.
    pub length_was_given: bool,
    /// What the header of a WAV file says; `None` for other formats.
    pub wav: Option<WavSizes>,
    /// Bytes after the end that the header of a WAV file tells.
    pub trailing: u64,
}

impl Verified {
    /// Whether anything vouches for the end: a length that was given, or the sizes in the file.
    #[must_use]
    pub const fn end_is_known(&self) -> bool {
        self.length_was_given || matches!(self.wav, Some(WavSizes::Match))
    }
}

/// What the sizes in a WAV file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WavSizes {
    /// The file has the bytes that they promise.
    Match,
    /// They are open, as an encoder leaves them that streams: they say nothing.
    Open,
}

/// Why a download is no recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// No bytes, or no sound after the header.
    #[error("the recording is empty")]
    Empty,
    /// Fewer bytes than the server or the file itself promised.
    #[error("the recording is cut off after {received} of {expected} bytes")]
    Truncated {
        /// How many bytes were promised.
        expected: u64,
        /// How many came.
        received: u64,
    },
    /// It ends within the header.
    #[error("the recording ends within its header")]
    HeaderCutOff,
    /// More bytes than the server promised.
    #[error("the recording is longer than the {expected} bytes which the server promised")]
    TooLong {
        /// How many bytes were promised.
        expected: u64,
    },
    /// It should be a WAV file and is something else: an error page, perhaps.
    #[error("not a WAV file")]
    NotWav,
}

impl RecordingError {
    /// What to do about it: a recording that was cut off may come whole the next time, an empty one may not be finished
    /// yet.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Empty | Self::Truncated { .. } | Self::HeaderCutOff => Class::Retry,
            Self::TooLong { .. } | Self::NotWav => Class::Terminal,
        }
    }
}

impl RecordingCheck {
    /// For a recording of that `format`, as its record names it, and of that length in bytes, if the server gave one.
    /// `wav` (and `wav49`, in any case of letters) must be a WAV file; of any other format, an empty one included, a
    /// file that begins as WAV is checked as one.
    #[must_use]
    pub fn new(format: &str, expected: Option<u64>) -> Self {
        let must_be_wav = ["wav", "wav49"].iter().any(|wav| format.eq_ignore_ascii_case(wav));
        Self { expected, must_be_wav, received: 0, riff: Riff::new() }
    }

    /// How many bytes came.
    #[must_use]
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// How many are to come in all, if the server said so.
    #[must_use]
    pub const fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// As soon as it is certain that no recording will come of it: the download can be stopped.
    pub fn feed(&mut self, piece: &[u8]) -> Result<(), RecordingError> {
        self.received = self.received.saturating_add(piece.len() as u64);
        let mut rest = piece;
        while !rest.is_empty() && !self.riff.is_settled() {
            rest = self.riff.take(rest);
        }
        self.hopeless().map_or(Ok(()), Err)
    }

    fn hopeless(&self) -> Option<RecordingError> {
        match self.expected {
            _ if self.must_be_wav && self.riff.is_other() => Some(RecordingError::NotWav),
            Some(expected) if self.received > expected => Some(RecordingError::TooLong { expected }),
            _ => None,
        }
    }

    /// The verdict, once all bytes have come.
    ///
    /// # Errors
    /// When it is no whole recording.
    pub fn finish(&self) -> Result<Verified, RecordingError> {
        let received = self.received;
        if received == 0 {
            return Err(RecordingError::Empty);
        }
        if let Some(error) = self.hopeless() {
            return Err(error);
        }
        if let Some(expected) = self.expected.filter(|expected| *expected > received) {
            return Err(RecordingError::Truncated { expected, received });
        }
        let length_was_given = self.expected.is_some();
        let verified = |wav, trailing| Verified { length: received, length_was_given, wav, trailing };
        let (start, size) = match self.riff.state {
            State::Other => return Ok(verified(None, 0)),
            State::Data { start, size } => (start, size),
            // Too short to be told from other formats.
            State::Start(_) if !self.must_be_wav && !self.riff.began_as_wav() => return Ok(verified(None, 0)),
            _ => return Err(RecordingError::HeaderCutOff),
        };
        if received <= start {
            return Err(RecordingError::Empty);
        }
        let whole = self.riff.size.map_or(0, |size| size.saturating_add(8));
        let data_end = start.saturating_add(size.unwrap_or(0));
        // The byte that pads odd data is counted by some writers that leave it out.
        let padding = size.unwrap_or(0) % 2;
        if received < data_end || received.saturating_add(padding) < whole {
            return Err(RecordingError::Truncated { expected: data_end.max(whole), received });
        }
        Ok(match size {
            Some(_) => verified(Some(WavSizes::Match), received.saturating_sub(data_end.max(whole))),
            None => verified(Some(WavSizes::Open), 0),
        })
    }
}

/// The walk over the chunks of a WAV file up to its data.
#[derive(Clone)]
struct Riff {
    state: State,
    /// Bytes walked over.
    at: u64,
    /// RF64, whose sizes are in `ds64`.
    long: bool,
    /// What follows the first eight bytes; `None` when it is open or not read yet.
    size: Option<u64>,
    /// The data's size by `ds64`.
    long_data: Option<u64>,
}

#[derive(Clone)]
enum State {
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
struct Buffer<const N: usize> {
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
    const fn new() -> Self {
        Self { state: State::Start(Buffer::EMPTY), at: 0, long: false, size: None, long_data: None }
    }

    const fn is_settled(&self) -> bool {
        matches!(self.state, State::Data { .. } | State::Other)
    }

    const fn is_other(&self) -> bool {
        matches!(self.state, State::Other)
    }

    fn began_as_wav(&self) -> bool {
        matches!(&self.state, State::Start(start) if start.len >= 4)
    }

    /// Walks on, gives back what was not walked over.
    fn take<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
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
