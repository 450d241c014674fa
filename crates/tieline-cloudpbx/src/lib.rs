#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(feature = "http")]
extern crate std;

mod channel;
mod record;
pub mod rest;
mod sms;

pub use channel::{Channel, Location, subscriber_number};
pub use record::{
    BadRow, CdrRecord, CivilTime, Clid, Cost, DateRange, Disposition, Grosze, InZone, Listed, Listing, ListingError,
    LocalTime, Moment, Number, Part, RangeSplit, Rating, RecordingRecord, Row, Rows, Truncated, UniqueId, UniqueIdKind,
};
pub use rest::{
    RecordingCheck, RecordingError, SmsEnd, SmsOutcome, SmsResponse, SmsTracker, TrackerFull, TrackerLimits, Verified,
    WavSizes,
};
pub use sms::SmsState;
