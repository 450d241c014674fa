//! The adapter as the common tests know adapters for IM.
#![allow(dead_code, reason = "each test file uses its share")]

use std::sync::LazyLock;

use tieline_core::Text;
use tieline_core::json::Raw;
use tieline_core::supervisor::Phase;
use tieline_portsip_im::client::{
    Changed, Edited, History, HistoryPage, Noting, Publish, Published, Reply, Request, Subscribe, Subscribed,
    Subscribers,
};
use tieline_portsip_im::{AccessMode, Ctrl, Deletions, Desc, SeqRange, SetDesc, Subscriber, UserId};
use tieline_testkit::adapter::PATIENCE;
use tieline_testkit::adapter::im::{ImAdapter, ImClient, ImEvents, ImItem, ImSetup};
use tieline_tokio::im::{Client, Config, Events, connect};
use tieline_tokio::{ClientError, ConnectError, Credentials};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn block_on<T>(what: impl Future<Output = T>) -> T {
    RUNTIME.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("something hangs") })
}

fn config(setup: ImSetup) -> Config {
    let mut config = Config::new(setup.session.credentials.clone());
    config.session = setup.session;
    config.topics = setup.topics;
    config.credentials = setup.credentials.map(|login| Credentials::asked(move || std::future::ready(login.ask())));
    config.options = setup.options;
    config.route = setup.route;
    config
}

pub(crate) struct Tokio;

#[derive(Clone, Debug)]
pub(crate) struct Handle(Client);

#[derive(Debug)]
pub(crate) struct Stream(Events);

impl ImAdapter for Tokio {
    type Client = Handle;
    type Events = Stream;

    fn connect(url: &str, setup: ImSetup) -> Result<(Handle, Stream), ConnectError> {
        let (client, events) = block_on(connect(url, config(setup)))?;
        Ok((Handle(client), Stream(events)))
    }
}

impl ImEvents for Stream {
    fn next(&mut self) -> Option<ImItem> {
        block_on(self.0.next())
    }
}

impl ImClient for Handle {
    fn request(&self, request: Request) -> Result<Reply, ClientError> {
        block_on(self.0.request(request))
    }

    fn close(&self) {
        block_on(self.0.close());
    }

    fn wait_for(&self, wanted: Phase) {
        let seen = block_on(async { self.0.phases().wait_for(|phase| *phase == wanted).await.is_ok() });
        assert!(seen, "the phases ended before {wanted:?}");
    }

    fn subscribe(&self, subscribe: Subscribe) -> Result<Edited<Subscribed>, ClientError> {
        block_on(self.0.subscribe(subscribe))
    }

    fn create_group(&self, public: Option<Raw<String>>) -> Result<Subscribed, ClientError> {
        block_on(self.0.create_group(public))
    }

    fn leave(&self, topic: &str) -> Result<Edited<Ctrl<Text>>, ClientError> {
        block_on(self.0.leave(topic))
    }

    fn unsubscribe(&self, topic: &str) -> Result<Ctrl<Text>, ClientError> {
        block_on(self.0.unsubscribe(topic))
    }

    fn publish(&self, message: Publish) -> Result<Published, ClientError> {
        block_on(self.0.publish(message))
    }

    fn desc(&self, topic: &str) -> Result<Box<Desc<Text>>, ClientError> {
        block_on(self.0.desc(topic))
    }

    fn subscribers(&self, which: Subscribers) -> Result<Vec<Subscriber<Text>>, ClientError> {
        block_on(self.0.subscribers(which))
    }

    fn history(&self, which: History) -> Result<HistoryPage, ClientError> {
        block_on(self.0.history(which))
    }

    fn deletions(&self, which: History) -> Result<Deletions, ClientError> {
        block_on(self.0.deletions(which))
    }

    fn set_desc(&self, topic: &str, desc: SetDesc<String>) -> Result<Changed, ClientError> {
        block_on(self.0.set_desc(topic, desc))
    }

    fn set_access(&self, topic: &str, user: Option<UserId<String>>, mode: AccessMode) -> Result<Changed, ClientError> {
        block_on(self.0.set_access(topic, user, mode))
    }

    fn transfer_ownership(&self, topic: &str, to: &str) -> Result<Changed, ClientError> {
        block_on(self.0.transfer_ownership(topic, to))
    }

    fn delete_messages(&self, topic: &str, ranges: Vec<SeqRange>, hard: bool) -> Result<Option<u64>, ClientError> {
        block_on(self.0.delete_messages(topic, ranges, hard))
    }

    fn remove_member(&self, topic: &str, user: &str) -> Result<Ctrl<Text>, ClientError> {
        block_on(self.0.remove_member(topic, user))
    }

    fn delete_topic(&self, topic: &str, hard: bool) -> Result<Ctrl<Text>, ClientError> {
        block_on(self.0.delete_topic(topic, hard))
    }

    fn note(&self, topic: &str, what: Noting) -> Result<(), ClientError> {
        block_on(self.0.note(topic, what))
    }
}
