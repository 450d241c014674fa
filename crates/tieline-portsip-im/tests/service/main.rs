//! The rules of the IM service.
//!
//! Cases that the tests of the model server verify, and what stands for them here:
//!
//! - Versions, logins, the empty envelope, `hi`: the session's, in `tests/server_session/`.
//! - Requests that are handed to a queue within the server, and full queues (503): there are no such queues; what is over a
//!   session's rate is 503 (`limits`), what is over its bounds the session's.
//! - Topics that are inactive: there is none that is loaded and not active; a service that stops answers 503 (`limits`),
//!   one whose store failed 500 (`commits`).
//! - Channels (`chn`, `nch`), search (`fnd`), the system topic (`sys`), notes to oneself (`slf`), tags, credentials,
//!   accounts by `acc`, calls: PortSIP documents none of them. Their names are 404, the rest is refused, which `matrix`
//!   shows.
//! - Notices that the model's topics send each other (`?unkn`, `off+rem` and such): there are none; no client ever hears
//!   such a word.
//! - Counters of unread messages: they are for push notifications, and on no wire.
//! - A background session that comes to the foreground: `bkg` has no effect on a WebSocket.
//! - Where a failed change of owners was not answered at all, it is answered 500 (`commits`).

mod bans;
mod channels;
mod commits;
mod deletions;
mod groups;
mod limits;
mod matrix;
mod me;
mod p2p;
mod portsip;
mod replay;
mod said;
mod storm;
mod world;
