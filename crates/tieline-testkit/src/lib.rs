#![doc = include_str!("../README.md")]

#[cfg(feature = "adapter")]
pub mod adapter;
mod axeos;
pub mod bad_input;
mod cloudpbx;
mod fixture;
mod transcript;
mod wsi;

pub use cloudpbx::{CLOUDPBX_REST, CLOUDPBX_STREAM, RestFixture, RestKind, StreamFixture, StreamKind};
pub use axeos::{AXEOS, AxeosFixture, AxeosKind};
pub use fixture::{Dialect, Fixture, Invalid, Kind};
pub use transcript::{Line, Side, Transcript, TranscriptError};
pub use wsi::WSI;
