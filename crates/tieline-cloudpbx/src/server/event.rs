//! What the owner of a server session is told.

use tieline_core::CloseReason;

use crate::stream::StreamTarget;

/// What a server session tells its owner.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServerEvent {
    /// A client opened a stream: to be accepted or rejected. First of all events.
    Opened(StreamTarget),
    /// The client sent a message. The stream is read only: it was ignored.
    Ignored {
        /// `text`, `bad text` or `binary`.
        kind: &'static str,
        /// Its length.
        bytes: usize,
    },
    /// The end, and the last event.
    Closed(CloseReason),
}
