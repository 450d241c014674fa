//! The rules of the IM service: who may what, what is written, and who is told. No I/O, no clock, no randomness.
//!
//! # How a host drives it
//!
//! A [`Service`] holds in memory who is there and the topics in use. The host owns the lines (each a
//! [`ImServer`](crate::server::ImServer)), the store, and one `Service`:
//!
//! 1. A login that the host accepts becomes [`Service::open`]; each request and note that the line tells becomes
//!    [`Service::decide`]; a line that ends becomes [`Service::close`]; [`Service::poll_timeout`] says when
//!    [`Service::handle_timeout`] is due.
//! 2. [`Decision::Lacks`] names what is not in memory: the host loads it, gives it ([`Service::provide_user`],
//!    [`Service::provide_topic`]) and asks again, with the same time. Nothing was decided meanwhile.
//! 3. [`Decision::Made`] is a [`Step`]: its [`writes`](Step::writes) go to the store, many steps to a commit. The service
//!    goes on deciding as if they were there.
//! 4. Once a step is durable it is handed back to [`Service::commit`], in the order of the decisions, and only that gives
//!    what to tell: the parts of the answer, and messages to other sessions, encoded once for all who see them alike. So
//!    nobody hears of what a power cut could undo, and a reader, whose step waits behind the writes it saw, sees
//!    committed numbers only.
//! 5. When a commit fails, all steps that are not committed are handed to [`Service::fail`], and their askers are answered
//!    [`Status::INTERNAL`](crate::Status::INTERNAL). What they touched is lacking again, and what
//!    others were told last of who is there is put right by a timeout.
//!
//! A [`Delivery::History`] is read from the store when it is delivered: the messages are committed by then, and
//! [`History::answer`] makes of them what the client is sent.
//!
//! # What is PortSIP's, and what is assumed
//!
//! The rules are those of the protocol that PortSIP IM derives from, where PortSIP's documents are silent. PortSIP's own:
//! numbers as user ids, `reqid` in messages, `emc` channels, ownership handed over in one step, 202 with a `seq` for who
//! joins a group. The last is explained by a notice that is stored for each join: [`JoinNotice`], assumed. An `emc` channel
//! is opened by the first of those whom the PBX lets in ([`Arrival::channels`], [`Service::change_channels`]); what is
//! published there is also handed out as [`Delivery::Forward`], and what comes from outside goes in by
//! [`Service::receive`].

mod audience;
mod config;
mod decide;
mod delete;
mod external;
mod get;
mod hidden;
mod leave;
mod list;
mod memory;
mod merge;
mod mode;
mod note;
mod online;
mod presence;
mod publish;
mod ranges;
mod rate;
mod record;
mod room;
mod set;
mod state;
mod step;
mod subscribe;
mod target;
mod undo;
mod write;

pub use config::{JoinNotice, Rate, ServiceConfig};
pub use decide::Arrival;
pub use memory::Memory;
pub use ranges::Ranges;
pub use record::{
    Account, BadTopicKey, Deletion, MessageRecord, Micros, Subscription, TopicHead, TopicKey, TopicRecord, UserNumber,
    UserRecord,
};
pub use state::Service;
pub use step::{Decision, Delivery, History, Lack, SessionId, Step};
pub use write::Write;
