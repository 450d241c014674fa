//! Foundations of [tieline](https://docs.rs/tieline): what every protocol crate and every adapter shares.
//!
//! Nothing here opens a socket, reads a clock, spawns, sleeps or draws randomness; `no_std` with `alloc`.
//!
//! - [`Instant`], [`Timestamp`], [`Date`], [`Random`]: time and randomness as arguments.
//! - [`Text`], [`Frame`], [`Secret`]: what sessions take and give.
//! - [`Session`], [`ClientSession`], [`Limits`], [`EventQueue`]: the shape of a session and its bounds; [`phases!`], [`Outbox`], [`Silence`]: what most
//!   have.
//! - [`supervisor`]: keeps one line alive across connections and says what may have been missed.
//! - [`ExchangeFailure`], and `http` behind the feature of that name: calls over HTTP without I/O; `http1` behind
//!   its own: HTTP/1.1 on a stream of the caller's own.
//! - [`json`]: the scanner, the traits and the macros that wire types are written with.

#![no_std]

extern crate alloc;
#[cfg(feature = "http")]
extern crate std;

#[cfg(feature = "arbitrary")]
pub mod arbitrary;
pub mod backoff;
mod date;
pub mod error;
mod exchange;
mod frame;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "http1")]
pub mod http1;
pub mod json;
mod limits;
mod malformed;
mod outbox;
mod phase;
mod queue;
pub mod random;
mod secret;
mod session;
mod silence;
mod str;
pub mod supervisor;
mod text;
mod time;
mod timestamp;

pub use backoff::{Backoff, BackoffPolicy};
pub use date::{Date, DateError};
pub use error::{Class, CloseReason, PeerMisbehaved, RequestError, SendError, SendErrorKind, Sent};
pub use exchange::{ExchangeFailure, ExchangeFailureKind};
pub use frame::{CloseFrame, Frame};
pub use limits::{Limits, MessageLimit};
pub use malformed::Malformed;
pub use outbox::Outbox;
pub use queue::{EventQueue, QueueOverflow};
pub use random::{Random, Seed};
pub use secret::Secret;
pub use session::{ClientSession, RequestId, Session};
pub use silence::{Silence, SilenceDue};
pub use str::Str;
pub use text::Text;
pub use time::{Instant, earliest};
pub use timestamp::Timestamp;

/// What the macros of this crate name; not for use by hand.
#[doc(hidden)]
pub mod __private {
    pub use alloc::string::String;
    pub use alloc::vec::Vec;
    #[cfg(feature = "arbitrary")]
    pub use arbitrary;
    pub use serde;
    pub use serde::Serialize;
}
