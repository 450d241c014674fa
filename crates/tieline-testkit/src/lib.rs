#![doc = include_str!("../README.md")]

mod fixture;
mod im;
mod recording;
mod transcript;
mod wsi;

pub use fixture::{Dialect, Fixture, Invalid, Kind};
pub use im::{IM, IM_RECORDINGS, IM_TRANSCRIPTS, ImFixture, ImSource};
pub use recording::{RecordedFrame, RecordingFile};
pub use transcript::{Line, Side, Transcript, TranscriptError};
pub use wsi::WSI;
