//! Where a client session is, and from where it can get there.

tieline_core::phases! {
    /// The state of a client session.
    pub enum Phase {
        /// Events may come: from the beginning, as there is no login.
        Live = "live",
        /// The owner closed; waiting for the end of the line.
        Closing = "closing",
        /// Over.
        Closed = "closed",
    }

    Live => Closed: "refused, channel deleted, line lost";
    Live => Closing: "closed by owner";
    Closing => Closed: "line ended, or the deadline passed";
}
