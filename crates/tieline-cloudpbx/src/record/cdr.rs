//! The call detail record.

use tieline_core::{open_enum, wire_struct};

use super::{CivilTime, Clid, Cost, InZone, Listed, LocalTime, Moment, Number, UniqueId};
use crate::Channel;

open_enum! {
    /// How a call ended.
    pub enum Disposition {
        /// It was answered.
        Answered = "ANSWERED",
        /// Nobody answered; the wire's word has a space.
        NoAnswer = "NO ANSWER",
        /// The other side was busy.
        Busy = "BUSY",
        /// It could not be put through.
        Failed = "FAILED",
    }
}

wire_struct! {
    /// One record of `cdr`: a call, or an SMS that was sent. Every field may be absent.
    pub struct CdrRecord<S> {
        /// When the call began, by the PBX's wall clock.
        pub calldate: LocalTime<S>,
        /// How the caller was shown to the callee.
        pub clid: Clid<S>,
        /// The number that called.
        pub src: S,
        /// The number that was called. (The document says "calling", the vendor's wiki "called".)
        pub dst: S,
        /// The channel of the device that began the call.
        pub channel: Channel<S>,
        /// The channel in which the call ended at the PBX; empty where there was none.
        pub dstchannel: Channel<S>,
        /// The application that put the call through: `Queue`, `Dial`.
        pub lastapp: S,
        /// How long the call took, ringing included, in seconds.
        pub duration: Number<S>,
        /// How long the call took from the answer on, in seconds.
        pub billsec: Number<S>,
        /// How the call ended.
        pub disposition: Disposition<S>,
        /// The id of the call; of a sent SMS the `responseId` that `sendSMS` answered.
        pub uniqueid: UniqueId<S>,
        /// The cost in grosze; empty when the call is not rated.
        pub cost: Cost<S>,
        /// The billing zone; empty when the call is not rated.
        pub zone: S,
    }
}

impl<S: AsRef<str>> CdrRecord<S> {
    /// When the call was, and by which rule that is known: by [`uniqueid`](Self::uniqueid) where that has the time of
    /// the call in it, else by [`calldate`](Self::calldate) and `zone`, which is asked only then. Without a time zone
    /// database give `|_| InZone::Unknown`.
    ///
    /// ```
    /// use tieline_cloudpbx::{CdrRecord, InZone, Moment};
    /// use tieline_core::json::decode;
    ///
    /// let call: CdrRecord<String> = decode(r#"{"calldate":"2021-12-15 11:25:02","uniqueid":"1639563902.75"}"#)?;
    /// let moment = call.moment(|_| InZone::Unknown);
    /// assert_eq!(moment, Moment::ByUniqueId { unix_seconds: 1_639_563_902, utc_offset: Some(3600) });
    /// # Ok::<(), tieline_core::json::DecodeError>(())
    /// ```
    #[must_use]
    pub fn moment(&self, zone: impl FnOnce(CivilTime) -> InZone) -> Moment {
        Moment::of(self.uniqueid.as_ref(), self.calldate.as_ref(), zone)
    }
}

impl<S> Listed for CdrRecord<S> {
    const CALL: &'static str = "cdr";
    const CAP: usize = 10_000;
}
