//! What the REST calls bring: CDRs, the list of recordings and the ranges of days they are asked for by, whether a
//! recording is whole, and what became of a message.

mod cdr;
mod check;
mod clid;
mod cost;
mod local_time;
mod moment;
mod number;
mod range;
mod recording;
mod riff;
mod rows;
mod sms_response;
mod sms_tracker;
mod split;
mod unique_id;

pub use cdr::{CdrRecord, Disposition};
pub use check::{RecordingCheck, RecordingError, Verified, WavSizes};
pub use clid::Clid;
pub use cost::{Cost, Grosze, Rating};
pub use local_time::{CLOCK_ZONE, CivilTime, LocalTime};
pub use moment::{InZone, Moment};
pub use number::Number;
pub use range::DateRange;
pub use recording::RecordingRecord;
pub use rows::{BadRow, Listed, Listing, ListingError, Row, Rows, Truncated};
pub use sms_response::SmsResponse;
pub use sms_tracker::{SmsEnd, SmsOutcome, SmsTracker, TrackerFull, TrackerLimits};
pub use split::{Part, RangeSplit};
pub use unique_id::{UniqueId, UniqueIdKind};

/// Declares a string of the wire that is kept as it came and read by methods.
macro_rules! wire_text {
    ($(#[$meta:meta])* pub struct $name:ident<S>;) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        pub struct $name<S>(S);

        impl<S> $name<S> {
            /// One of its text.
            pub const fn new(raw: S) -> Self {
                Self(raw)
            }
        }

        impl<S: AsRef<str>> $name<S> {
            /// The text of the wire.
            #[must_use]
            pub fn raw(&self) -> &str {
                self.0.as_ref()
            }
        }

        impl<S: AsRef<str>> core::fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.raw())
            }
        }

        impl<S: AsRef<str>> core::fmt::Display for $name<S> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.raw())
            }
        }

        impl<'a, C: ?Sized, S: tieline_core::json::Decode<'a, C>> tieline_core::json::Decode<'a, C> for $name<S> {
            fn decode(
                scanner: &mut tieline_core::json::Scanner<'a>,
                context: &C,
            ) -> Result<Self, tieline_core::json::DecodeError> {
                S::decode(scanner, context).map(Self)
            }
        }

        impl<S: AsRef<str>> tieline_core::json::Encode for $name<S> {
            fn encode(&self, out: &mut alloc::string::String) {
                tieline_core::json::write_str(self.raw(), out);
            }
        }

        impl<S: AsRef<str>> serde::Serialize for $name<S> {
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.serialize_str(self.raw())
            }
        }
    };
}
use wire_text;
