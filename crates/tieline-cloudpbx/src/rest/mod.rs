//! The REST calls.
//!
//! Without features: whether a downloaded recording is whole ([`RecordingCheck`](crate::RecordingCheck)), and what
//! became of a sent SMS ([`SmsTracker`](crate::SmsTracker)). With the feature `http` the five calls themselves, each an
//! [`Endpoint`](tieline_core::http::Endpoint) for clients and a [`Serve`](tieline_core::http::Serve) for servers, and
//! [`Bases`], the addresses to try them at.

mod check;
mod sms_response;
mod tracker;

#[cfg(feature = "http")]
mod bases;
#[cfg(feature = "http")]
mod dial;
#[cfg(feature = "http")]
mod list;
#[cfg(feature = "http")]
mod recording;
#[cfg(feature = "http")]
mod refusal;
#[cfg(feature = "http")]
mod request;
#[cfg(feature = "http")]
mod send_sms;

pub use check::{RecordingCheck, RecordingError, Verified, WavSizes};
pub use sms_response::SmsResponse;
pub use tracker::{SmsEnd, SmsOutcome, SmsTracker, TrackerFull, TrackerLimits};

#[cfg(feature = "http")]
pub use bases::{Attempt, Bases, Next};
#[cfg(feature = "http")]
pub use dial::Dial;
#[cfg(feature = "http")]
pub use list::{Cdr, List, ListLimits, RecordList};
#[cfg(feature = "http")]
pub use recording::{Recording, RecordingHead};
#[cfg(feature = "http")]
pub use refusal::{ACTION_ERROR, PARAMETER_IS_MISSING, RESPONSE, unauthorized};
#[cfg(feature = "http")]
pub use request::{REQUEST_LIMIT, Request, bearer_key};
#[cfg(feature = "http")]
pub use send_sms::{MAX_BODY_CHARS, SendSms};
