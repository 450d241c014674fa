//! Keeps one logical line alive across connections, and says what may have been missed.
//!
//! The [`Supervisor`] dials, starts a session on each line that opens, resumes what the application subscribed to,
//! and after a loss waits and dials again: one connection in flight ever. It does no I/O itself: it asks its driver
//! to [`Dial`](LineOutput::Dial) and is told how that went.
//!
//! The application sees one stream of [`LineEvent`]s: `Live`, then events; after a loss `Down`, and once the line is
//! live again `Live`, `Gap` (the interval in which something may have been missed), `Resynced` before the first
//! snapshot, and events again. Where a session fetches what was missed, `Gap` comes once that is done. The last event is
//! `Closed`; a gap that no line follows is told before it.

mod backlog;
mod event;
mod machine;
mod phase;
mod policy;

pub use event::{ConnectFailure, DownCause, Gap, LineEvent, LineId, LineInput, LineOutput};
pub use machine::Supervisor;
pub use phase::Phase;
pub use policy::Policy;

use crate::{ClientSession, CloseReason, Frame, MessageLimit};

/// A client session that can be started anew where an earlier one ended.
///
/// Its [`Resume`](ClientSession::Resume) is the desired state: a set, not a log. The supervisor edits it while there
/// is no line; the session restores it after its login, before it calls itself live.
pub trait Supervised: ClientSession<Input = Frame, Transmit = Frame> {
    /// What each dial brings anew.
    type Credentials;

    /// The configuration of one line.
    fn configure(base: &Self::Config, credentials: Self::Credentials) -> Self::Config;

    /// Whether the login succeeded and everything desired was restored.
    fn is_live(&self) -> bool;

    /// The longest message that the session takes now; changes with what it is handed. `None`, the default, leaves the
    /// WebSocket as it was configured.
    fn message_limit(&self) -> Option<MessageLimit> {
        None
    }

    /// Why the session ended; known at once, before its closing event is taken.
    fn close_reason(&self) -> Option<&CloseReason>;

    /// What an edit of the desired state is answered with when it can only be noted; `None` when `command` is a
    /// one-shot request, which needs a line.
    fn deferred_reply(command: &Self::Command) -> Option<Self::Reply>;

    /// Notes an edit in the desired state.
    fn edit(resume: &mut Self::Resume, command: &Self::Command);

    /// What becomes of what was missed before this line: asked while a gap is to be told, once the session is live and
    /// then after every input and timeout until it is no longer [`Recovery::Pending`]. The default is for wires that have
    /// no way to ask for it.
    fn recovery(&self) -> Recovery {
        Recovery::Incomplete
    }

    /// What the supervisor needs to know of an event.
    fn kind_of(event: &Self::Event) -> EventKind;
}

/// What becomes of what was missed before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// Some of it is lost, or may be.
    Incomplete,
    /// It is being asked for.
    Pending,
    /// All of it is delivered, or queued to be.
    Complete,
}

/// What the supervisor needs to know of a session's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventKind {
    /// The closing event: the supervisor tells of it in its own words.
    Closed,
    /// The state of something, whole: what was missed of it before no longer matters.
    Snapshot,
    /// Anything else.
    Other,
}
