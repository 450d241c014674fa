//! PortSIP IM: the tests of its lines, and what they run against.

mod chat;
mod flows;
mod lines;
mod play;
mod trace;

use std::fmt;

use tieline_core::json::Raw;
use tieline_core::supervisor::{LineEvent, Phase};
use tieline_core::{BackoffPolicy, Text};
use tieline_dial::im::ChatConfig;
use tieline_dial::{ClientError, ConnectError, Item, Proxy};
use tieline_portsip_im::client::{
    Changed, ClientEvent, Edited, Gap, GapClosed, History, HistoryPage, Noting, Publish, Published, Reply, Request,
    Subscribe, Subscribed, Subscribers,
};
use tieline_portsip_im::{AccessMode, Credentials, Ctrl, Deletions, Desc, SeqRange, SetDesc, Subscriber, UserId};

pub use chat::{Act, Chat, World};
pub use flows::*;
pub use lines::*;
pub use play::play;
pub use trace::*;

use super::{Ask, millis};

/// A configuration that each adapter turns into its own.
pub type ImSetup = ChatConfig<Ask<Credentials>>;

/// What the lines of the tests yield.
pub type ImItem = Item<ClientEvent>;

/// A client adapter for IM. Its calls give up after [`PATIENCE`](super::PATIENCE), by a panic or an error.
pub trait ImAdapter {
    /// Its handle for requests.
    type Client: ImClient;
    /// Its events.
    type Events: ImEvents;

    /// Opens a line, and returns once it is live for the first time.
    fn connect(url: &str, setup: ImSetup) -> Result<(Self::Client, Self::Events), ConnectError>;
}

/// A handle for requests. Dropped, it is gone.
pub trait ImClient: Clone + fmt::Debug + Send + Sync + 'static {
    fn request(&self, request: Request) -> Result<Reply, ClientError>;
    fn subscribe(&self, subscribe: Subscribe) -> Result<Edited<Subscribed>, ClientError>;
    fn create_group(&self, public: Option<Raw<String>>) -> Result<Subscribed, ClientError>;
    fn leave(&self, topic: &str) -> Result<Edited<Ctrl<Text>>, ClientError>;
    fn unsubscribe(&self, topic: &str) -> Result<Ctrl<Text>, ClientError>;
    fn publish(&self, message: Publish) -> Result<Published, ClientError>;
    fn desc(&self, topic: &str) -> Result<Box<Desc<Text>>, ClientError>;
    fn subscribers(&self, which: Subscribers) -> Result<Vec<Subscriber<Text>>, ClientError>;
    fn history(&self, which: History) -> Result<HistoryPage, ClientError>;
    fn deletions(&self, which: History) -> Result<Deletions, ClientError>;
    fn set_desc(&self, topic: &str, desc: SetDesc<String>) -> Result<Changed, ClientError>;
    fn set_access(&self, topic: &str, user: Option<UserId<String>>, mode: AccessMode) -> Result<Changed, ClientError>;
    fn transfer_ownership(&self, topic: &str, to: &str) -> Result<Changed, ClientError>;
    fn delete_messages(&self, topic: &str, ranges: Vec<SeqRange>, hard: bool) -> Result<Option<u64>, ClientError>;
    fn remove_member(&self, topic: &str, user: &str) -> Result<Ctrl<Text>, ClientError>;
    fn delete_topic(&self, topic: &str, hard: bool) -> Result<Ctrl<Text>, ClientError>;
    fn note(&self, topic: &str, what: Noting) -> Result<(), ClientError>;
    /// Closes the line, and waits until it is closed.
    fn close(&self);
    /// Waits for a phase.
    fn wait_for(&self, phase: Phase);
}

/// The events of a line. Dropped, nobody takes them.
pub trait ImEvents: fmt::Debug + Send + 'static {
    /// The next item; `None` after the end.
    fn next(&mut self) -> Option<ImItem>;
}

/// The user that the document logs in.
pub const USER: &str = "804252613548777777";
/// His token.
pub const TOKEN: &str = "V1TC8EQWN2ZLJQ";
/// A group.
pub const GROUP: &str = "grpf0NlkdDEQHs";

/// A configuration with the document's login, and waits short enough for tests.
#[must_use]
pub fn setup() -> ImSetup {
    let mut setup = ImSetup::new(Credentials::access_token(USER, "portsip.io", TOKEN)).proxy(Proxy::direct());
    setup.options.policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    setup
}

/// A short name for an item, for comparing orders.
fn name(item: &ImItem) -> String {
    match item {
        Item::Line(LineEvent::Live(_)) => "live".into(),
        Item::Line(LineEvent::Gap(_)) => "outage".into(),
        Item::Line(LineEvent::Down { cause, .. }) => format!("down: {cause}"),
        Item::Line(LineEvent::Closed(None)) => "closed".into(),
        Item::Line(LineEvent::Closed(Some(cause))) => format!("closed: {cause}"),
        Item::Line(LineEvent::Session(event)) => match event {
            ClientEvent::LoggedIn(_) => "logged in".into(),
            ClientEvent::Received(received) => match received.seq() {
                Some(seq) => seq.to_string(),
                None => received.message.key().to_owned(),
            },
            ClientEvent::Gap(Gap { range, .. }) => format!("gap {}..{}", range.low, range.hi),
            ClientEvent::GapClosed(GapClosed { range, lost, .. }) => {
                format!("closed {}..{} but {}", range.low, range.hi, lost.len())
            }
            other => format!("{other:?}"),
        },
        other => format!("{other:?}"),
    }
}

/// The names of the next items, up to and with the one called `last`.
fn names_to(events: &mut impl ImEvents, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(item) = events.next() {
        names.push(name(&item));
        if names.last().is_some_and(|name| name == last) {
            return names;
        }
    }
    panic!("the events ended before {last:?}: {names:?}");
}

/// The numbers among names.
fn numbers(names: &[String]) -> Vec<u64> {
    names.iter().filter_map(|name| name.parse().ok()).collect()
}
