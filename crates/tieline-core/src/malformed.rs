//! What a session was handed and could not read.

use core::fmt;

use bytes::Bytes;

use crate::Instant;
use crate::json::DecodeError;

/// A message that could not be read, and why.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed {
    /// When it was handed in.
    pub at: Instant,
    /// The payload as it came: also what is not UTF-8, or was sent as binary.
    pub bytes: Bytes,
    /// What is wrong, and where. For a binary message where a protocol has none, that is the whole complaint.
    pub error: DecodeError,
}

impl Malformed {
    /// What was handed in at this time.
    #[must_use]
    pub const fn new(at: Instant, bytes: Bytes, error: DecodeError) -> Self {
        Self { at, bytes, error }
    }
}

// What could not be read may hold a secret.
impl fmt::Debug for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Malformed({}, {} bytes)", self.error, self.bytes.len())
    }
}
