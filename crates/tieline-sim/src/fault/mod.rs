//! What goes wrong on demand: at the sockets, in messages, in answers, with the PBX itself.
//!
//! A [`Rule`] is a [`Fault`] and where it applies: to which connections, at which service, when, and to which of the
//! occasions that it meets. Rules are given to [`SimBuilder::fault`](crate::SimBuilder::fault) and, while the simulator
//! runs, to its [`Faults`]. Both have a text form, [`GRAMMAR`] says which.
//!
//! ```
//! use tieline_sim::fault::{Fault, Rule, Service};
//!
//! let rule: Rule = "on=wsi,nth=5:close=1011".parse()?;
//! assert_eq!(rule, Rule::new(Fault::Close { code: 1011 }).on(Service::Wsi).nth(5..=5));
//! # Ok::<(), tieline_sim::fault::FaultSyntaxError>(())
//! ```
//!
//! How often a rule finds an occasion depends on the fault:
//! - a **connection**, once each: `refuse`, `mute`, `reset`, `black-hole`, `split`;
//! - a **request** over HTTP, the opening of a WebSocket among them: `http`, and at CloudPBX and Axeos `login-refused`,
//!   `permission-denied` and, where no stream carries them, `token-expired`;
//! - a **command**: at WSI and on a line of IM `login-refused` (logins) and `permission-denied` (subscribes, and at IM
//!   messages);
//! - an **event**, once for each client that it is sent to: all others. At IM it is a
//!   `data`, `pres` or `info`, at Axeos an answer that holds events, at the REST calls of CloudPBX and over HTTP at IM any
//!   answer in JSON;
//! - a **time**, once: `restart` and `clock-skew`, which change the PBX for everybody.

mod answer;
mod conn;
mod gate;
mod im;
mod io;
mod kind;
mod line;
mod line_im;
mod plan;
mod rule;
mod syntax;
mod tamper;

pub use kind::{BadJson, Fault, Memory, Service};
pub use plan::Faults;
pub use rule::Rule;
pub use syntax::{FaultSyntaxError, GRAMMAR};

pub(crate) use gate::Gate;
