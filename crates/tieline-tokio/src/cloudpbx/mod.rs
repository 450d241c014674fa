//! CloudPBX (Poziom7): the REST calls and the event stream.
//!
//! [`Rest`] makes the calls. [`connect`] opens the event stream and keeps it alive, [`send_and_wait`] sends a text message
//! and waits on the stream for what becomes of it.

mod rest;
mod sms;
mod stream;

pub use rest::{Collected, Rest};
pub use sms::send_and_wait;
pub use stream::{Client, Driver, Events, Item, StreamConfig, StreamDialer, connect, connect_with};
pub use tieline_cloudpbx::rest::Bases;
pub use tieline_cloudpbx::stream::StreamTarget;
pub use tieline_dial::cloudpbx::{DownloadError, NewFile, Progress, RestConfig, SmsError, SmsStep, StreamAddress};
