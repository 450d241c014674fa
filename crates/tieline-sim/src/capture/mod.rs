//! Captures: what a client and its PBX said to each other, in a file that holds nobody's secrets, and served again.
//!
//! It stands here, above the server and beside the simulator, because a capture that is replayed is a simulated PBX: it is
//! hosted like one, and the simulator's own transcripts leave out the same secrets. The command line adds sockets and files.
//!
//! | part | what it does | I/O |
//! |---|---|---|
//! | [`Capture`], [`Entry`], [`Header`] | the format: JSON lines | none |
//! | [`Redactor`] | maps numbers, names, texts and secrets | none |
//! | [`Observer`] | bytes of HTTP/1.1 and WebSockets to entries | none |
//! | [`Script`], [`ReplayLine`] | answers a client's requests with what a capture holds | none |
//! | [`Replay`] | hosts a script on a port | tokio |

mod entry;
mod format;
mod observe;
pub mod redact;
mod replay;

pub use entry::{Ended, Entry, Header, Payload, Request, Response, What};
pub use format::{Capture, CaptureError, LINE_BYTES, VERSION};
pub use observe::Observer;
pub use redact::{RedactionKey, Redactor};
pub use replay::{Replay, ReplayError, ReplayLine, ReplayOptions, Script, Speed, SpeedError, Summary};
/// What a [`ReplayLine`] is driven by.
pub use tieline_server::Line;

/// The longest message on a WebSocket that is shown, and the longest that redaction makes.
pub(crate) const MESSAGE_BYTES: usize = 16 << 20;

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The client.
    Client,
    /// The PBX.
    Server,
}

impl Side {
    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}
