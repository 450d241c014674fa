//! Where a client session is, and from where it can get there.

tieline_core::phases! {
    /// The state of a client session.
    pub enum Phase {
        /// The login is sent.
        LoggingIn = "logging in",
        /// The login is accepted; what an earlier line was attached to is attached again.
        Restoring = "restoring",
        /// Everything desired is attached.
        Live = "live",
        /// The owner closed; waiting for the peer to do so.
        Closing = "closing",
        /// Over.
        Closed = "closed",
    }

    LoggingIn => Restoring: "login accepted";
    LoggingIn => Closed: "login refused, line lost";
    LoggingIn => Closing: "closed by owner";
    Restoring => Live: "everything restored";
    Restoring => Closed: "line lost";
    Restoring => Closing: "closed by owner";
    Live => Closed: "line lost";
    Live => Closing: "closed by owner";
    Closing => Closed: "peer closed, or the deadline passed";
}
