#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(feature = "http")]
extern crate std;

mod channel;
pub mod client;
pub mod server;
mod sms;
pub mod stream;

pub use channel::{Channel, Location, subscriber_number};
pub use sms::SmsState;
