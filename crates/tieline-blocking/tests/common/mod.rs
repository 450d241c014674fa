//! The adapter as the common tests know adapters.
#![allow(dead_code, reason = "each test file uses its share")]

use std::time::{Duration, SystemTime};

use tieline_blocking::{ClientError, ConnectError, Credentials, NoEvent, wsi};
use tieline_core::Instant;
use tieline_core::supervisor::Phase;
use tieline_portsip_wsi::client::{Reply, Request};
use tieline_testkit::adapter::{Adapter, Client, Events, Item, PATIENCE, Setup, soon};

pub(crate) fn config(setup: Setup) -> wsi::Config {
    let mut config = wsi::Config::new(setup.session.dialect, setup.session.auth.clone());
    config.session = setup.session;
    config.subscriptions = setup.subscriptions;
    config.credentials = setup.credentials.map(|ask| Credentials::asked(move || ask.ask()));
    config.options = setup.options;
    config.route = setup.route;
    config
}

#[derive(Debug)]
pub(crate) struct Blocking;

#[derive(Clone, Debug)]
pub(crate) struct Handle(pub(crate) wsi::Client);

#[derive(Debug)]
pub(crate) struct Stream(pub(crate) wsi::Events);

impl Adapter for Blocking {
    type Client = Handle;
    type Events = Stream;

    fn connect(url: &str, setup: Setup) -> Result<(Handle, Stream), ConnectError> {
        let (url, config) = (url.to_owned(), config(setup));
        let (client, events) = soon(move || wsi::connect(&url, config))?;
        Ok((Handle(client), Stream(events)))
    }
}

impl Client for Handle {
    fn request(&self, request: Request) -> Result<Reply, ClientError> {
        self.0.request(request, PATIENCE)
    }

    fn close(&self) {
        let client = self.0.clone();
        soon(move || client.close());
    }

    fn phase(&self) -> Phase {
        self.0.phase()
    }

    fn await_closed(&self) {
        assert!(self.0.wait_for(PATIENCE, |phase| phase == Phase::Closed), "the line goes on");
    }

    fn started_at(&self) -> SystemTime {
        self.0.started_at()
    }
}

impl Events for Stream {
    fn next(&mut self) -> Option<Item> {
        match self.0.next_event(PATIENCE) {
            Ok(item) => Some(item),
            Err(NoEvent::Ended) => None,
            Err(other) => panic!("{other}"),
        }
    }

    fn is_over(&mut self) -> bool {
        self.0.next_event(Duration::ZERO) == Err(NoEvent::Ended)
    }

    fn started_at(&self) -> SystemTime {
        self.0.started_at()
    }

    fn wall(&self, at: Instant) -> SystemTime {
        self.0.clock().wall(at)
    }
}
