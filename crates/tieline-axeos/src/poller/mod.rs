//! The client's role: a poller that follows the event log of a PBX without losing its place, without I/O.
//!
//! [`Poller`] is a [`ClientSession`](tieline_core::ClientSession) and its own supervisor: it asks for [`Exchange`]s, is
//! told their [`Outcome`]s, and tells [`LineEvent`](tieline_core::supervisor::LineEvent)s as core's supervisor does. At
//! most one exchange for events or lists is in flight, and beside it what the application itself asked for. Whoever
//! carries an exchange never repeats it: the poller asks again by itself where that is right.
//!
//! **Order.** The place in the log first (`limit=1&timeout=0`), then the lists of users and phones, then polls from that
//! place. What happens between comes twice, in the list and as an event, and is never lost.
//!
//! **Place.** It moves only once a whole answer was read and queued. An answer that fails, or that cannot be read, is
//! asked for again from the same place. An event that cannot be read is told as [`AxeosEvent::Malformed`], and its
//! siblings come as usual; if at least its number can be read it is passed, and if not it is told once.
//!
//! **Doubt.** After a failure, and when a number was skipped, the poller asks from one event before its place: if the last
//! event it had is still in the log, and is the same, nothing was dropped in between. If not, or if the newest event has a
//! lower number, the place is lost: the application is told a `Gap` that is not recovered, `Resynced`, and the lists.
//! [docs/axeos.md](https://github.com/tieline-rs/tieline/blob/main/docs/axeos.md) has every rule.

mod answer;
mod batch;
mod calls;
mod config;
mod cursor;
mod event;
mod exchange;
mod failure;
mod known;
mod outage;
mod phase;
mod session;

pub use config::PollerConfig;
pub use cursor::{Cursor, Resume};
pub use event::{AxeosEvent, Malformed, Received, Snapshot};
pub use exchange::{Answer, Ask, Command, Exchange, ExchangeId, Outcome, Output, Reply};
pub use phase::TRANSITIONS;
pub use session::Poller;
