//! stub
use tieline_core::open_enum;
open_enum! {
    /// stub
    pub enum SmsState {
        /// s
        Queue = "QUEUE",
        /// s
        Sent = "SENT",
        /// s
        Delivered = "DELIVERED",
        /// s
        Failed = "FAILED",
    }
}
impl<S> SmsState<S> {
    /// stub
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Delivered | Self::Failed)
    }
}
