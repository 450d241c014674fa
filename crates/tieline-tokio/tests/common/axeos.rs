//! The adapter as the common tests know adapters for Axeos.

use std::sync::LazyLock;

use tieline_axeos::http::MakeCall;
use tieline_axeos::{Batch, CallReply, CallRequest, Listing, Phone, Poll, User};
use tieline_core::Text;
use tieline_core::http::CallError;
use tieline_testkit::adapter::{AxeosAdapter, AxeosCalls, AxeosLine, PATIENCE};
use tieline_tokio::axeos::{Api, ApiConfig, Client, Config, Events, Item, connect};
use tieline_tokio::{ClientError, ConnectError};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn block_on<T>(what: impl Future<Output = T>) -> T {
    RUNTIME.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("something hangs") })
}

pub(crate) struct Tokio;

#[derive(Debug)]
pub(crate) struct Line {
    client: Client,
    events: Events,
}

#[derive(Debug)]
pub(crate) struct Calls(Api);

impl AxeosAdapter for Tokio {
    type Line = Line;
    type Api = Calls;

    fn follow(config: Config) -> Result<Line, ConnectError> {
        let (client, events) = block_on(connect(config))?;
        Ok(Line { client, events })
    }

    fn api(config: ApiConfig) -> Result<Calls, ConnectError> {
        Api::new(config).map(Calls)
    }
}

impl AxeosLine for Line {
    fn next(&mut self) -> Option<Item> {
        block_on(self.events.next())
    }

    fn closer(&self) -> Box<dyn FnOnce() + Send> {
        let client = self.client.clone();
        Box::new(move || block_on(client.close()))
    }

    fn call(&self, request: CallRequest) -> Result<CallReply<Text>, ClientError> {
        block_on(self.client.call(request))
    }

    fn users(&self) -> Result<Listing<User<Text>>, ClientError> {
        block_on(self.client.users())
    }

    fn phones(&self) -> Result<Listing<Phone<Text>>, ClientError> {
        block_on(self.client.phones())
    }
}

impl AxeosCalls for Calls {
    fn users(&self) -> Result<Listing<User<Text>>, CallError> {
        block_on(self.0.users())
    }

    fn phones(&self) -> Result<Listing<Phone<Text>>, CallError> {
        block_on(self.0.phones())
    }

    fn events(&self, poll: Poll) -> Result<Batch, CallError> {
        block_on(self.0.events(poll))
    }

    fn call(&self, call: &MakeCall) -> Result<CallReply<Text>, CallError> {
        block_on(self.0.call(call))
    }
}
