//! Whether a downloaded recording is whole.

use tieline_core::Class;

use super::riff::{Riff, State};

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
