//! One entry of the list of recordings.

use tieline_core::wire_struct;

use super::{CivilTime, InZone, Listed, LocalTime, Moment, UniqueId};

wire_struct! {
    /// One record of `record`: a call that was recorded. Every field may be absent.
    pub struct RecordingRecord<S> {
        /// The id of the call, by which the recording is asked for.
        pub uniqueid: UniqueId<S>,
        /// The number that called.
        pub src: S,
        /// The number that was called.
        pub dst: S,
        /// The format of the recording: `wav` in the document.
        pub format: S,
        /// When the call was, by the PBX's wall clock.
        pub date: LocalTime<S>,
    }
}

impl<S: AsRef<str>> RecordingRecord<S> {
    /// When the call was, and by which rule that is known, as [`CdrRecord::moment`](crate::CdrRecord::moment) says. In
    /// the document's sample `date` is one second after the id.
    #[must_use]
    pub fn moment(&self, zone: impl FnOnce(CivilTime) -> InZone) -> Moment {
        Moment::of(self.uniqueid.as_ref(), self.date.as_ref(), zone)
    }
}

impl<S> Listed for RecordingRecord<S> {
    const CALL: &'static str = "record";
    const CAP: usize = 5_000;
}
