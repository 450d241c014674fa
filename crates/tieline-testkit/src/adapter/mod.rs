//! The tests that every client adapter passes, and what they run against.
//!
//! Each test is a function over an [`Adapter`]; [`adapter_tests!`](crate::adapter_tests),
//! [`adapter_tls_tests!`](crate::adapter_tls_tests), [`adapter_http_tests!`](crate::adapter_http_tests),
//! [`adapter_bad_input_tests!`](crate::adapter_bad_input_tests), [`adapter_memory_tests!`](crate::adapter_memory_tests) and
//! [`adapter_trace_test!`](crate::adapter_trace_test) make a `#[test]` of each.
// Each test's name says what it shows.
#![allow(missing_docs)]

mod ask;
mod gate;
mod list;
mod pbx;
mod setup;

pub mod axeos;
pub mod bad_input;
pub mod certificates;
pub mod chaos;
pub mod cloudpbx;
pub mod http;
pub mod im;
pub mod im_files;
pub mod im_tokens;
pub mod kills;
pub mod line;
pub mod overflow;
pub mod proxy;
pub mod stream;
pub mod stream_trace;
pub mod tls;
pub mod trace;

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, SystemTime};

use tieline_core::Instant;
use tieline_core::supervisor::{LineEvent, Phase};
use tieline_dial::{ClientError, ConnectError};
use tieline_portsip_wsi::Subscription;
use tieline_portsip_wsi::client::{ClientEvent, Reply, Request};

pub use ask::Ask;
pub use axeos::{AxeosAdapter, AxeosCalls, AxeosItem, AxeosLine};
pub use bad_input::memory::{self, DrivenAdapter};
pub use cloudpbx::{CloudPbxAdapter, CloudPbxCalls};
pub use gate::Gate;
pub use http::{Calls, Downloaded, HttpAdapter};
pub use im_files::{FilesAdapter, Transfers};
pub use im_tokens::{TokensAdapter, TokensClient};
use pbx::request;
pub use pbx::{OK, Pbx, Peer, REFUSED, Stream, event};
pub use setup::{Setup, calls, setup};
pub use stream::{StreamAdapter, StreamLine, StreamSetup};

/// No test takes this long unless something hangs.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the lines of the tests yield.
pub type Item = tieline_dial::Item<ClientEvent>;

/// A client adapter for WSI. Its calls give up after [`PATIENCE`], by a panic or an error.
pub trait Adapter {
    /// Its handle for commands.
    type Client: Client;
    /// Its events.
    type Events: Events;

    /// Opens a line, and returns once it is live for the first time.
    fn connect(url: &str, setup: Setup) -> Result<(Self::Client, Self::Events), ConnectError>;
}

/// A handle for commands. Dropped, it is gone.
pub trait Client: Clone + fmt::Debug + Send + Sync + 'static {
    /// Asks, and waits for the answer.
    fn request(&self, request: Request) -> Result<Reply, ClientError>;
    /// Closes the line, and waits until it is closed.
    fn close(&self);
    /// Where the line is.
    fn phase(&self) -> Phase;
    /// Waits until the line is over.
    fn await_closed(&self);
    /// The wall time at the clock's start.
    fn started_at(&self) -> SystemTime;

    /// Subscribes, and waits for the answer.
    fn subscribe(&self, subscription: Subscription) -> Result<Reply, ClientError> {
        self.request(Request::Subscribe(subscription))
    }
}

/// The events of a line. Dropped, nobody takes them.
pub trait Events: fmt::Debug + Send + 'static {
    /// The next item; `None` after the end.
    fn next(&mut self) -> Option<Item>;
    /// Whether it is known that there are no more.
    fn is_over(&mut self) -> bool;
    /// The wall time at the clock's start.
    fn started_at(&self) -> SystemTime;
    /// The wall time of an instant.
    fn wall(&self, at: Instant) -> SystemTime;
}

/// Does something on a thread of its own, and panics when it hangs.
pub fn soon<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, outcome) = channel();
    let doing = thread::spawn(move || drop(done.send(what())));
    match outcome.recv_timeout(PATIENCE) {
        Ok(outcome) => outcome,
        Err(RecvTimeoutError::Timeout) => panic!("something hangs"),
        Err(RecvTimeoutError::Disconnected) => match doing.join() {
            Err(panicked) => std::panic::resume_unwind(panicked),
            Ok(()) => panic!("it ended without an outcome"),
        },
    }
}

/// A short time.
#[must_use]
pub const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// The number of an [`event`].
#[must_use]
pub fn number(item: &Item) -> Option<usize> {
    let Item::Line(LineEvent::Session(ClientEvent::Received(received))) = item else { return None };
    Some(received.field::<u64>("number").expect("a number").expect("a number") as usize)
}

/// A short name for an item, for comparing orders.
#[must_use]
pub fn name(item: &Item) -> String {
    match item {
        Item::Line(LineEvent::Live(_)) => "live".into(),
        Item::Line(LineEvent::Gap(_)) => "gap".into(),
        Item::Line(LineEvent::Down { cause, .. }) => format!("down: {cause}"),
        Item::Line(LineEvent::Closed(None)) => "closed".into(),
        Item::Line(LineEvent::Closed(Some(cause))) => format!("closed: {cause}"),
        Item::Line(LineEvent::Session(ClientEvent::LoggedIn)) => "logged in".into(),
        Item::Line(LineEvent::Session(ClientEvent::Received(_))) => {
            format!("event {}", number(item).expect("a number"))
        }
        other => format!("{other:?}"),
    }
}

/// The names of the next items, up to and with the one called `last`.
pub fn names_to(events: &mut impl Events, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(item) = events.next() {
        names.push(name(&item));
        if names.last().is_some_and(|name| name == last) {
            return names;
        }
    }
    panic!("the events ended before {last:?}: {names:?}");
}
