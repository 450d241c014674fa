//! How a download goes, and why it failed.

use std::io;

use tieline_cloudpbx::RecordingError;
use tieline_core::Class;
use tieline_core::http::CallError;

/// How far a download is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that came.
    pub received: u64,
    /// Bytes in all, if the server said it.
    pub length: Option<u64>,
}

impl Progress {
    /// So far of so much.
    #[must_use]
    pub const fn new(received: u64, length: Option<u64>) -> Self {
        Self { received, length }
    }
}

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The call failed, or its connection broke on the way.
    #[error(transparent)]
    Call(#[from] CallError),
    /// What came is no recording, or not all of it.
    #[error(transparent)]
    Recording(#[from] RecordingError),
    /// It could not be written down.
    #[error("the recording cannot be written: {0}")]
    Write(#[source] io::Error),
}

impl DownloadError {
    /// What to do about it.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Call(error) => error.class(),
            Self::Recording(error) => error.class(),
            Self::Write(_) => Class::Terminal,
        }
    }
}
