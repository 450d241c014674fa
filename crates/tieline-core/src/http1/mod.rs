//! HTTP/1.1 without I/O, in the client's role (RFC 9112): for adapters that carry calls over a stream of their own.
//!
//! A request is [`write_head`] and then its body as it is. An answer is read by a [`HeadReader`] and then, as its
//! [`Framing`] says, by a [`BodyReader`]. Both take bytes in any pieces, keep no more than their limits, and say nothing of
//! what they read: neither in errors nor in logs.

mod body;
mod chunk;
mod error;
mod framing;
mod head;

pub use body::BodyReader;
pub use error::Http1Error;
pub use framing::{Framing, keeps_open};
pub use head::{HeadReader, MAX_HEAD_BYTES, MAX_HEADERS, write_head};
