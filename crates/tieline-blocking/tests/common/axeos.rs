//! The adapter as the common tests know adapters for Axeos.

use tieline_axeos::http::MakeCall;
use tieline_axeos::{Batch, CallReply, CallRequest, Listing, Phone, Poll, User};
use tieline_blocking::axeos::{Api, ApiConfig, Client, Config, Events, Item, connect};
use tieline_blocking::{ClientError, ConnectError, NoEvent};
use tieline_core::Text;
use tieline_core::http::CallError;
use tieline_testkit::adapter::{AxeosAdapter, AxeosCalls, AxeosLine, PATIENCE, soon};

pub(crate) struct Blocking;

#[derive(Debug)]
pub(crate) struct Line {
    client: Client,
    events: Events,
}

#[derive(Debug)]
pub(crate) struct Calls(Api);

impl AxeosAdapter for Blocking {
    type Line = Line;
    type Api = Calls;

    fn follow(config: Config) -> Result<Line, ConnectError> {
        let (client, events) = soon(move || connect(config))?;
        Ok(Line { client, events })
    }

    fn api(config: ApiConfig) -> Result<Calls, ConnectError> {
        Api::new(config).map(Calls)
    }
}

impl AxeosLine for Line {
    fn next(&mut self) -> Option<Item> {
        match self.events.next_event(PATIENCE) {
            Ok(item) => Some(item),
            Err(NoEvent::Ended) => None,
            Err(other) => panic!("{other}"),
        }
    }

    fn closer(&self) -> Box<dyn FnOnce() + Send> {
        let client = self.client.clone();
        Box::new(move || soon(move || client.close()))
    }

    fn call(&self, request: CallRequest) -> Result<CallReply<Text>, ClientError> {
        self.client.call(request, PATIENCE)
    }

    fn users(&self) -> Result<Listing<User<Text>>, ClientError> {
        self.client.users(PATIENCE)
    }

    fn phones(&self) -> Result<Listing<Phone<Text>>, ClientError> {
        self.client.phones(PATIENCE)
    }
}

impl AxeosCalls for Calls {
    fn users(&self) -> Result<Listing<User<Text>>, CallError> {
        self.0.users()
    }

    fn phones(&self) -> Result<Listing<Phone<Text>>, CallError> {
        self.0.phones()
    }

    fn events(&self, poll: Poll) -> Result<Batch, CallError> {
        self.0.events(poll)
    }

    fn call(&self, call: &MakeCall) -> Result<CallReply<Text>, CallError> {
        self.0.call(call)
    }
}
