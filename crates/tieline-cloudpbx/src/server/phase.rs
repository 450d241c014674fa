//! Where a server session is, and from where it can get there.

tieline_core::phases! {
    /// The state of a server session.
    pub enum Phase {
        /// The client waits for its owner's answer.
        Asking = "asking",
        /// The client is accepted: it is sent what is pushed.
        Open = "open",
        /// The owner closed; waiting for the client to do so.
        Closing = "closing",
        /// Over.
        Closed = "closed",
    }

    Asking => Open: "accepted";
    Asking => Closed: "rejected, no answer in time, line lost";
    Asking => Closing: "closed by owner";
    Open => Closed: "line lost, closed by the client, too slow";
    Open => Closing: "closed by owner, channel deleted";
    Closing => Closed: "client closed, or the deadline passed";
}
