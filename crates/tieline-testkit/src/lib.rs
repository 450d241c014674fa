#![doc = include_str!("../README.md")]

#[cfg(feature = "adapter")]
pub mod adapter;
mod axeos;
pub mod bad_input;
#[cfg(feature = "certificates")]
pub mod certificates;
mod cloudpbx;
mod fixture;
#[cfg(feature = "fuzz")]
pub mod fuzz;
mod im;
#[cfg(feature = "im-request")]
mod im_request;
pub mod leaks;
#[cfg(feature = "log")]
mod log;
mod page;
mod recording;
#[cfg(feature = "schedule")]
pub mod schedule;
mod transcript;
mod wsi;

pub use axeos::{AXEOS, AxeosFixture, AxeosKind};
pub use cloudpbx::{CLOUDPBX_REST, CLOUDPBX_STREAM, RestFixture, RestKind, StreamFixture, StreamKind};
pub use fixture::{Dialect, Fixture, Invalid, Kind};
pub use im::{IM, IM_RECORDINGS, IM_TRANSCRIPTS, ImFixture, ImSource};
#[cfg(feature = "im-request")]
pub use im_request::im_request_of;
#[cfg(feature = "log")]
pub use log::Log;
pub use page::assert_page_holds;
pub use recording::{RecordedFrame, RecordingFile};
pub use transcript::{Line, Side, Transcript, TranscriptError};
pub use wsi::WSI;
