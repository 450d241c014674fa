//! Axeos: the client that follows the events, and the single calls.

mod api;
mod cuts;
mod follow;
mod overflow;
mod pbx;
mod trace;

use std::fmt;

use tieline_axeos::http::{Auth, MakeCall};
use tieline_axeos::poller::AxeosEvent;
use tieline_axeos::{Batch, CallReply, CallRequest, Listing, Phone, Poll, User};
use tieline_core::http::CallError;
use tieline_core::supervisor::LineEvent;
use tieline_core::{BackoffPolicy, Text};
use tieline_dial::axeos::{ApiConfig, Config, base};
use tieline_dial::{ClientError, ConnectError, Item, Proxy};

pub use api::*;
pub use cuts::*;
pub use follow::*;
pub use overflow::*;
pub use pbx::{Asked, AxeosPbx, Fault, PHONES, USERS, answer};
pub use trace::*;

use super::millis;

/// What the clients of the tests yield.
pub type AxeosItem = Item<AxeosEvent>;

/// A client adapter for Axeos. Its calls give up after [`PATIENCE`](super::PATIENCE), by a panic or an error.
pub trait AxeosAdapter {
    /// Its client that follows the events.
    type Line: AxeosLine;
    /// Its client of single calls.
    type Api: AxeosCalls;

    /// Follows the events, and returns once the first lists are read.
    fn follow(config: Config) -> Result<Self::Line, ConnectError>;
    /// Makes a client of calls.
    fn api(config: ApiConfig) -> Result<Self::Api, ConnectError>;
}

/// A client that follows the events: handle and events.
pub trait AxeosLine: fmt::Debug {
    /// The next item; `None` after the end.
    fn next(&mut self) -> Option<AxeosItem>;
    /// What closes the client, and waits until it is closed.
    fn closer(&self) -> Box<dyn FnOnce() + Send>;
    fn call(&self, request: CallRequest) -> Result<CallReply<Text>, ClientError>;
    fn users(&self) -> Result<Listing<User<Text>>, ClientError>;
    fn phones(&self) -> Result<Listing<Phone<Text>>, ClientError>;
}

/// A client of single calls. Each call blocks.
pub trait AxeosCalls: fmt::Debug {
    fn users(&self) -> Result<Listing<User<Text>>, CallError>;
    fn phones(&self) -> Result<Listing<Phone<Text>>, CallError>;
    fn events(&self, poll: Poll) -> Result<Batch, CallError>;
    fn call(&self, call: &MakeCall) -> Result<CallReply<Text>, CallError>;
}

/// A short name for an item, for comparing orders.
fn name(item: &AxeosItem) -> String {
    match item {
        Item::Line(LineEvent::Live(_)) => "live".into(),
        Item::Line(LineEvent::Gap(gap)) => if gap.recovered { "gap recovered" } else { "gap" }.into(),
        Item::Line(LineEvent::Resynced) => "resynced".into(),
        Item::Line(LineEvent::Down { cause, .. }) => format!("down: {cause}"),
        Item::Line(LineEvent::Closed(None)) => "closed".into(),
        Item::Line(LineEvent::Closed(Some(cause))) => format!("closed: {cause}"),
        Item::Line(LineEvent::Session(AxeosEvent::Snapshot(snapshot))) => match (&snapshot.users, &snapshot.phones) {
            (Some(users), Some(phones)) => {
                format!("lists {} {}", users.elements().len(), phones.elements().len())
            }
            other => format!("{other:?}"),
        },
        Item::Line(LineEvent::Session(AxeosEvent::Received(received))) => received.entry.seq.to_string(),
        other => format!("{other:?}"),
    }
}

/// The names of the next items, up to and with the one called `last`.
fn names_to(line: &mut impl AxeosLine, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(item) = line.next() {
        names.push(name(&item));
        if names.last().is_some_and(|name| name == last) {
            return names;
        }
    }
    panic!("the events ended before {last:?}: {names:?}");
}

fn auth() -> Auth {
    Auth::user("anna", "hunter2")
}

/// A configuration with waits short enough for tests.
fn config_as(pbx: &AxeosPbx, auth: &Auth) -> Config {
    let mut config = Config::new(base(&pbx.url).expect("an address"), auth).proxy(Proxy::direct());
    config.options.policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    config
}

fn config(pbx: &AxeosPbx) -> Config {
    config_as(pbx, &auth())
}

/// A client at the place 1, with everything taken.
fn live<A: AxeosAdapter>(config: Config) -> A::Line {
    let mut line = A::follow(config).expect("live");
    assert_eq!(names_to(&mut line, "lists 1 1"), ["live", "lists 1 1"]);
    line
}
