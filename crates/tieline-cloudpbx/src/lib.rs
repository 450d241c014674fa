#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(any(feature = "arbitrary", feature = "http"))]
extern crate std;

mod channel;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "arbitrary")]
mod from_bytes;
mod record;
#[cfg(feature = "http")]
pub mod rest;
#[cfg(feature = "server")]
pub mod server;
mod sms;
pub mod stream;

pub use channel::{Channel, Location, subscriber_number};
pub use record::{
    BadRow, CLOCK_ZONE, CdrRecord, CivilTime, Clid, Cost, DateRange, Disposition, Grosze, InZone, Listed, Listing,
    ListingError, LocalTime, Moment, Number, Part, RangeSplit, Rating, RecordingCheck, RecordingError, RecordingRecord,
    Row, Rows, SmsEnd, SmsOutcome, SmsResponse, SmsTracker, TrackerFull, TrackerLimits, Truncated, UniqueId,
    UniqueIdKind, Verified, WavSizes,
};
pub use sms::SmsState;
