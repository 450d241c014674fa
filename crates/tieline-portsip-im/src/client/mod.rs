//! The client role: log in, attach to topics, publish, ask, take messages.
//!
//! - Every request has an id of its own, and its answer is found by it: anything else may come in between.
//! - Requests of one topic wait for a subscribe or leave of that topic. Only one question for messages of a topic is on
//!   its way at a time, since messages do not say which question they answer.
//! - **Each message of an attached topic is an event once.** The session keeps which numbers it delivered. A number that
//!   is missing is told as a [`Gap`], asked for in pages, oldest first, and delivered; then [`GapClosed`] names what the
//!   server no longer has. Messages that arrive meanwhile are delivered at once and do not disturb that.
//! - Where a topic stands is learnt on attaching: from the answer, or by one question for the description.
//! - [`Resume`] holds the topics and the numbers. On the next line they are attached again, and what was published
//!   meanwhile is a gap like any other.

mod answer;
mod command;
mod config;
mod data;
mod ending;
mod event;
mod flight;
mod phase;
mod reply;
mod resume;
mod session;
mod spans;
mod supervised;
mod track;
mod wire;
mod work;

pub use command::{History, Noting, Publish, Request, Subscribe, Subscribers};
pub use config::ClientConfig;
pub use event::{ClientEvent, Gap, GapClosed, LoggedIn, LostCause, Noted, NumbersReset, Received, SubscriptionLost};
pub use phase::Phase;
pub use reply::{Changed, Edited, HistoryPage, Published, Reply, Subscribed};
pub use resume::{Mark, Resume};
pub use session::ImClient;
pub use tieline_core::Malformed;
