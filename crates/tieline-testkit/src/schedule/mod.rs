//! Random schedules of faults on virtual time, and what must hold in each of them.
//!
//! A [`Schedule`] is drawn from a seed: events that the server sends, faults, commands, an application that sleeps. A
//! [`Life`] plays it to a client (a supervisor of sessions, or the Axeos poller) joined with a server in a [`World`], then
//! lets all be well again, and checks what it was told:
//!
//! - each event that the server sent was delivered, or told as lost, or its time lies in a gap (I11);
//! - nothing is delivered twice, but for what the server itself sent twice on a wire without numbers (I14);
//! - at most one line, and one dial, at a time (I12; the world looks at it);
//! - the line is live at the end, and what is sent then comes;
//! - exactly one `Closed`, the last event, and exactly one reply to each command (I1, I2);
//! - the same seed gives the same, to the byte (I5).
//!
//! [`Lines`] is the world of the protocols over a WebSocket; a protocol says in a [`Protocol`] what its server does.

mod fault;
mod hostile;
mod life;
mod line;
mod many;
mod pass;
mod record;
mod world;

pub use fault::{Act, Fault, Menu, Schedule, Step, generator, millis};
pub use hostile::{HOUR, assert_not_stormed};
pub use life::Life;
pub use line::{CommandOf, Lines, Protocol, Refusals, ReplyOf};
pub use many::{attempts_in_an_hour, live_an_hour, live_many};
pub use pass::{pass, pass_to_deadline, pass_to_end};
pub use world::{Seen, World};
