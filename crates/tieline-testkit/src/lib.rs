#![doc = include_str!("../README.md")]

pub mod bad_input;
mod fixture;
mod transcript;
mod wsi;

pub use fixture::{Dialect, Fixture, Invalid, Kind};
pub use transcript::{Line, Side, Transcript, TranscriptError};
pub use wsi::WSI;
