//! The adapter as the common tests know adapters for event streams.

use std::sync::LazyLock;
use std::time::Duration;

use tieline_cloudpbx::SmsOutcome;
use tieline_cloudpbx::rest::SendSms;
use tieline_core::supervisor::Phase;
use tieline_testkit::adapter::{PATIENCE, StreamAdapter, StreamLine, StreamSetup};
use tieline_tokio::cloudpbx::{
    Client, Events, Item, Rest, RestConfig, SmsError, SmsStep, StreamAddress, StreamConfig, connect, send_and_wait,
};
use tieline_tokio::{ConnectError, Credentials};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn block_on<T>(what: impl Future<Output = T>) -> T {
    RUNTIME.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("something hangs") })
}

fn config(setup: StreamSetup) -> StreamConfig {
    let mut config = StreamConfig::new();
    config.session = setup.session;
    config.key = setup.key.map(|key| Credentials::asked(move || std::future::ready(key.ask())));
    config.options = setup.options;
    config.route = setup.route;
    config
}

pub(crate) struct Tokio;

#[derive(Debug)]
pub(crate) struct Line {
    client: Client,
    events: Events,
}

impl StreamAdapter for Tokio {
    type Line = Line;

    fn stream(address: StreamAddress, setup: StreamSetup) -> Result<Line, ConnectError> {
        let (client, events) = block_on(connect(address, config(setup)))?;
        Ok(Line { client, events })
    }
}

impl StreamLine for Line {
    fn next(&mut self) -> Option<Item> {
        block_on(self.events.next())
    }

    fn wait_for(&self, wanted: Phase) {
        let seen = block_on(async { self.client.phases().wait_for(|phase| *phase == wanted).await.is_ok() });
        assert!(seen, "the phases ended before {wanted:?}");
    }

    fn closer(&self) -> Box<dyn FnOnce() + Send> {
        let client = self.client.clone();
        Box::new(move || block_on(client.close()))
    }

    fn send_and_wait(
        &mut self,
        rest: RestConfig,
        sms: &SendSms,
        within: Duration,
        on_step: &mut dyn FnMut(SmsStep),
    ) -> Result<SmsOutcome, SmsError> {
        let rest = Rest::new(rest).expect("a client");
        block_on(send_and_wait(&rest, &self.client, &mut self.events, sms, within, on_step))
    }
}
