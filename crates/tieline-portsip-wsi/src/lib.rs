#![doc = include_str!("../README.md")]
#![no_std]

extern crate alloc;
#[cfg(feature = "arbitrary")]
extern crate std;

#[cfg(feature = "client")]
pub mod client;
mod command;
pub mod detect;
mod dialect;
mod event;
#[cfg(feature = "arbitrary")]
mod from_bytes;
pub mod lint;
mod matcher;
mod message;
#[cfg(feature = "server")]
pub mod server;
pub mod sip;
mod topic;
mod words;

pub use command::{Auth, ClientMessage, Command, CommandError, Login, Subscription, TopicSelection};
pub use dialect::{Dialect, UnknownDialect};
pub use event::table::{EVENT_TYPES, EventInfo, Evidence};
pub use event::{
    AgentQueueState, CallCdr, CallFail, CallHold, CallProgress, CallStart, CallTarget, CallUpdateInfo, CdrTarget,
    Contact, Envelope, Event, ExtensionAccount, ExtensionAgentStatus, ExtensionCall, ExtensionHold, ExtensionPresence,
    ExtensionRegister, ExtensionState, ExtensionStatus, Extensions, QueueAgent, QueueAgentStatus, QueueCaller,
    QueueCallerStatus, QueueChange, QueueSlaBreached, QueueStatus, Target, Unknown,
};
pub use matcher::{Denied, Role, Subject, Subscriptions, TooManyNames, Viewer};
pub use message::{Response, ServerMessage};
pub use topic::Topic;
pub use words::{
    AgentState, CallStatus, CallType, CallerReason, CdrStatus, Direction, EndReason, Presence, WaitingType,
};
