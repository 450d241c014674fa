//! Where a server session is, and from where it can get there.

tieline_core::phases! {
    /// The state of a server session.
    pub enum Phase {
        /// The client has not logged in.
        Greeting = "greeting",
        /// The client is logged in.
        Open = "open",
        /// The owner closed; waiting for the client to do so.
        Closing = "closing",
        /// Over.
        Closed = "closed",
    }

    Greeting => Open: "login accepted";
    Greeting => Closed: "no login in time, refused too often, line lost";
    Greeting => Closing: "closed by owner";
    Open => Closed: "line lost, closed by the client";
    Open => Closing: "closed by owner";
    Closing => Closed: "client closed, or the deadline passed";
}
