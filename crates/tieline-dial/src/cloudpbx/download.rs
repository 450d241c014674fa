//! Why a download failed.

use std::io;

use tieline_cloudpbx::RecordingError;
use tieline_core::Class;
use tieline_core::http::CallError;

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
