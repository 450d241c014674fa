//! The adapter as the common tests know adapters for event streams.

use std::time::Duration;

use tieline_blocking::cloudpbx::{
    Client, Events, Item, Rest, RestConfig, SmsError, SmsStep, StreamAddress, StreamConfig, connect, send_and_wait,
};
use tieline_blocking::{ConnectError, Credentials, NoEvent};
use tieline_cloudpbx::SmsOutcome;
use tieline_cloudpbx::rest::SendSms;
use tieline_core::supervisor::Phase;
use tieline_testkit::adapter::{PATIENCE, StreamAdapter, StreamLine, StreamSetup, soon};

fn config(setup: StreamSetup) -> StreamConfig {
    let mut config = StreamConfig::new();
    config.session = setup.session;
    config.key = setup.key.map(|key| Credentials::asked(move || key.ask()));
    config.options = setup.options;
    config.route = setup.route;
    config
}

pub(crate) struct Blocking;

#[derive(Debug)]
pub(crate) struct Line {
    client: Client,
    events: Events,
}

impl StreamAdapter for Blocking {
    type Line = Line;

    fn stream(address: StreamAddress, setup: StreamSetup) -> Result<Line, ConnectError> {
        let (client, events) = soon(move || connect(address, config(setup)))?;
        Ok(Line { client, events })
    }
}

impl StreamLine for Line {
    fn next(&mut self) -> Option<Item> {
        match self.events.next_event(PATIENCE) {
            Ok(item) => Some(item),
            Err(NoEvent::Ended) => None,
            Err(other) => panic!("{other}"),
        }
    }

    fn wait_for(&self, wanted: Phase) {
        assert!(self.client.wait_for(PATIENCE, |phase| phase == wanted), "the phases ended before {wanted:?}");
    }

    fn closer(&self) -> Box<dyn FnOnce() + Send> {
        let client = self.client.clone();
        Box::new(move || soon(move || client.close()))
    }

    fn send_and_wait(
        &mut self,
        rest: RestConfig,
        sms: &SendSms,
        within: Duration,
        on_step: &mut dyn FnMut(SmsStep),
    ) -> Result<SmsOutcome, SmsError> {
        let rest = Rest::new(rest).expect("a client");
        send_and_wait(&rest, &self.client, &mut self.events, sms, within.min(PATIENCE), on_step)
    }
}
