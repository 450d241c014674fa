//! The adapter as the common tests know adapters for IM.
#![allow(dead_code, reason = "each test file uses its share")]

use tieline_blocking::im::{Client, Config, Events, connect};
use tieline_blocking::{ClientError, ConnectError, Credentials, NoEvent};
use tieline_core::Text;
use tieline_core::json::Raw;
use tieline_core::supervisor::Phase;
use tieline_portsip_im::client::{
    Changed, Edited, History, HistoryPage, Noting, Publish, Published, Reply, Request, Subscribe, Subscribed,
    Subscribers,
};
use tieline_portsip_im::{AccessMode, Ctrl, Deletions, Desc, SeqRange, SetDesc, Subscriber, UserId};
use tieline_testkit::adapter::im::{ImAdapter, ImClient, ImEvents, ImItem, ImSetup};
use tieline_testkit::adapter::{PATIENCE, soon};

fn config(setup: ImSetup) -> Config {
    let mut config = Config::new(setup.session.credentials.clone());
    config.session = setup.session;
    config.topics = setup.topics;
    config.credentials = setup.credentials.map(|login| Credentials::asked(move || login.ask()));
    config.options = setup.options;
    config.route = setup.route;
    config
}

pub(crate) struct Blocking;

#[derive(Clone, Debug)]
pub(crate) struct Handle(Client);

#[derive(Debug)]
pub(crate) struct Stream(Events);

impl ImAdapter for Blocking {
    type Client = Handle;
    type Events = Stream;

    fn connect(url: &str, setup: ImSetup) -> Result<(Handle, Stream), ConnectError> {
        let (url, config) = (url.to_owned(), config(setup));
        let (client, events) = soon(move || connect(&url, config))?;
        Ok((Handle(client), Stream(events)))
    }
}

impl ImEvents for Stream {
    fn next(&mut self) -> Option<ImItem> {
        match self.0.next_event(PATIENCE) {
            Ok(item) => Some(item),
            Err(NoEvent::Ended) => None,
            Err(other) => panic!("{other}"),
        }
    }
}

impl ImClient for Handle {
    fn request(&self, request: Request) -> Result<Reply, ClientError> {
        self.0.request(request, PATIENCE)
    }

    fn close(&self) {
        let client = self.0.clone();
        soon(move || client.close());
    }

    fn wait_for(&self, wanted: Phase) {
        assert!(self.0.wait_for(PATIENCE, |phase| phase == wanted), "the phases ended before {wanted:?}");
    }

    fn subscribe(&self, subscribe: Subscribe) -> Result<Edited<Subscribed>, ClientError> {
        self.0.subscribe(subscribe, PATIENCE)
    }

    fn create_group(&self, public: Option<Raw<String>>) -> Result<Subscribed, ClientError> {
        self.0.create_group(public, PATIENCE)
    }

    fn leave(&self, topic: &str) -> Result<Edited<Ctrl<Text>>, ClientError> {
        self.0.leave(topic, PATIENCE)
    }

    fn unsubscribe(&self, topic: &str) -> Result<Ctrl<Text>, ClientError> {
        self.0.unsubscribe(topic, PATIENCE)
    }

    fn publish(&self, message: Publish) -> Result<Published, ClientError> {
        self.0.publish(message, PATIENCE)
    }

    fn desc(&self, topic: &str) -> Result<Box<Desc<Text>>, ClientError> {
        self.0.desc(topic, PATIENCE)
    }

    fn subscribers(&self, which: Subscribers) -> Result<Vec<Subscriber<Text>>, ClientError> {
        self.0.subscribers(which, PATIENCE)
    }

    fn history(&self, which: History) -> Result<HistoryPage, ClientError> {
        self.0.history(which, PATIENCE)
    }

    fn deletions(&self, which: History) -> Result<Deletions, ClientError> {
        self.0.deletions(which, PATIENCE)
    }

    fn set_desc(&self, topic: &str, desc: SetDesc<String>) -> Result<Changed, ClientError> {
        self.0.set_desc(topic, desc, PATIENCE)
    }

    fn set_access(&self, topic: &str, user: Option<UserId<String>>, mode: AccessMode) -> Result<Changed, ClientError> {
        self.0.set_access(topic, user, mode, PATIENCE)
    }

    fn transfer_ownership(&self, topic: &str, to: &str) -> Result<Changed, ClientError> {
        self.0.transfer_ownership(topic, to, PATIENCE)
    }

    fn delete_messages(&self, topic: &str, ranges: Vec<SeqRange>, hard: bool) -> Result<Option<u64>, ClientError> {
        self.0.delete_messages(topic, ranges, hard, PATIENCE)
    }

    fn remove_member(&self, topic: &str, user: &str) -> Result<Ctrl<Text>, ClientError> {
        self.0.remove_member(topic, user, PATIENCE)
    }

    fn delete_topic(&self, topic: &str, hard: bool) -> Result<Ctrl<Text>, ClientError> {
        self.0.delete_topic(topic, hard, PATIENCE)
    }

    fn note(&self, topic: &str, what: Noting) -> Result<(), ClientError> {
        self.0.note(topic, what, PATIENCE)
    }
}
