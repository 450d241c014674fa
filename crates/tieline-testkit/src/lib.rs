#![doc = include_str!("../README.md")]

mod axeos;
mod fixture;
mod transcript;
mod wsi;

pub use axeos::{AXEOS, AxeosFixture, AxeosKind};
pub use fixture::{Dialect, Fixture, Invalid, Kind};
pub use transcript::{Line, Side, Transcript, TranscriptError};
pub use wsi::WSI;
