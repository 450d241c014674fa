#![doc = include_str!("../README.md")]

mod cloudpbx;
mod fixture;
mod transcript;
mod wsi;

pub use cloudpbx::{CLOUDPBX_STREAM, StreamFixture, StreamKind};
pub use fixture::{Dialect, Fixture, Invalid, Kind};
pub use transcript::{Line, Side, Transcript, TranscriptError};
pub use wsi::WSI;
