//! Where a supervisor is, and from where it can get there.

crate::phases! {
    /// The state of a supervised line.
    pub enum Phase {
        /// The driver is asked to open a line.
        Dialing = "dialing",
        /// A line is open; the session logs in and restores what is desired.
        Resuming = "resuming",
        /// Events flow.
        Live = "live",
        /// There is no line; the next dial has its time.
        Waiting = "waiting",
        /// The owner closed; the session says goodbye.
        Closing = "closing",
        /// Over.
        Closed = "closed",
    }

    Dialing => Resuming: "line opened";
    Dialing => Waiting: "dial failed";
    Dialing => Closed: "gave up, or closed by owner";
    Resuming => Live: "logged in and restored";
    Resuming => Waiting: "line lost";
    Resuming => Closing: "closed by owner";
    Resuming => Closed: "login refused, gave up";
    Live => Waiting: "line lost";
    Live => Closing: "closed by owner";
    Live => Closed: "gave up";
    Waiting => Dialing: "time to dial";
    Waiting => Closed: "closed by owner";
    Closing => Closed: "session ended";
}
