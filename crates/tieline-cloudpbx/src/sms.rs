//! The states of a text message.

use tieline_core::open_enum;

open_enum! {
    /// The state of a text message on its way: in the answer to `sendSMS` and in `smsSendResponse` events.
    pub enum SmsState {
        /// No such message: a wrong id, or its report has expired.
        NotFound = "NOT_FOUND",
        /// Not delivered: the number could not be reached for too long.
        Expired = "EXPIRED",
        /// Sent; the operator has not reported the delivery yet.
        Sent = "SENT",
        /// Delivered.
        Delivered = "DELIVERED",
        /// Not delivered, for example a wrong number.
        Undelivered = "UNDELIVERED",
        /// Sending failed; the vendor asks to be told.
        Failed = "FAILED",
        /// Rejected, for example a wrong number.
        Rejected = "REJECTED",
        /// The operator never reported: delivered or not, nobody will know.
        Unknown = "UNKNOWN",
        /// Waits to be sent.
        Queue = "QUEUE",
        /// Taken over by the operator.
        Accepted = "ACCEPTED",
        /// An attempt failed; another will be made.
        Renewal = "RENEWAL",
        /// Stopped.
        Stop = "STOP",
    }
}

impl<S> SmsState<S> {
    /// Whether no other state follows: all but `QUEUE`, `ACCEPTED`, `SENT` and `RENEWAL`, and but words that this crate
    /// does not know. The document does not say it in these terms; it follows from its descriptions.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::NotFound
            | Self::Expired
            | Self::Delivered
            | Self::Undelivered
            | Self::Failed
            | Self::Rejected
            | Self::Unknown
            | Self::Stop => true,
            Self::Sent | Self::Queue | Self::Accepted | Self::Renewal | Self::Other(_) => false,
        }
    }
}
