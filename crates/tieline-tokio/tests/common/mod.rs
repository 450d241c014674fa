//! The adapter as the common tests know adapters: each call blocks on a runtime of the process.
#![allow(dead_code, reason = "each test file uses its share")]

use std::sync::LazyLock;
use std::time::SystemTime;

use futures::FutureExt as _;
use futures::stream::FusedStream as _;
use tieline_core::Instant;
use tieline_core::supervisor::Phase;
use tieline_portsip_wsi::client::{Reply, Request};
use tieline_testkit::adapter::{Adapter, Client, Events, Item, PATIENCE, Setup};
use tieline_tokio::{ClientError, ConnectError, Credentials, wsi};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

/// No test takes this long unless something hangs.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("something hangs")
}

fn block_on<T>(what: impl Future<Output = T>) -> T {
    RUNTIME.block_on(soon(what))
}

pub(crate) fn config(setup: Setup) -> wsi::Config {
    let mut config = wsi::Config::new(setup.session.dialect, setup.session.auth.clone());
    config.session = setup.session;
    config.subscriptions = setup.subscriptions;
    config.credentials = setup.credentials.map(|ask| Credentials::asked(move || std::future::ready(ask.ask())));
    config.options = setup.options;
    config.route = setup.route;
    config
}

#[derive(Debug)]
pub(crate) struct Tokio;

#[derive(Clone, Debug)]
pub(crate) struct Handle(pub(crate) wsi::Client);

#[derive(Debug)]
pub(crate) struct Stream(pub(crate) wsi::Events);

impl Adapter for Tokio {
    type Client = Handle;
    type Events = Stream;

    fn connect(url: &str, setup: Setup) -> Result<(Handle, Stream), ConnectError> {
        let (client, events) = block_on(wsi::connect(url, config(setup)))?;
        Ok((Handle(client), Stream(events)))
    }
}

impl Client for Handle {
    fn request(&self, request: Request) -> Result<Reply, ClientError> {
        block_on(self.0.request(request))
    }

    fn close(&self) {
        block_on(self.0.close());
    }

    fn phase(&self) -> Phase {
        self.0.phase()
    }

    fn await_closed(&self) {
        let closed = block_on(async { self.0.phases().wait_for(|phase| *phase == Phase::Closed).await.is_ok() });
        assert!(closed, "the phases ended before they were over");
    }

    fn started_at(&self) -> SystemTime {
        self.0.started_at()
    }
}

impl Events for Stream {
    fn next(&mut self) -> Option<Item> {
        block_on(self.0.next())
    }

    fn is_over(&mut self) -> bool {
        self.0.is_terminated() && self.0.next().now_or_never() == Some(None)
    }

    fn started_at(&self) -> SystemTime {
        self.0.started_at()
    }

    fn wall(&self, at: Instant) -> SystemTime {
        self.0.clock().wall(at)
    }
}

/// Events that are taken on a runtime of the test's own.
pub(crate) async fn names_to(events: &mut wsi::Events, last: &str) -> Vec<String> {
    let mut names = Vec::new();
    while let Some(item) = soon(events.next()).await {
        names.push(tieline_testkit::adapter::name(&item));
        if names.last().is_some_and(|name| name == last) {
            return names;
        }
    }
    panic!("the stream ended before {last:?}: {names:?}");
}
