//! The stream of each protocol, opened by an adapter.

use std::time::Duration;

use tieline_axeos::http::Auth;
use tieline_axeos::poller::AxeosEvent;
use tieline_core::BackoffPolicy;
use tieline_dial::axeos::{Config as AxeosConfig, base};
use tieline_dial::{Options, Overflow, Proxy};
use tieline_portsip_im::client::Mark;
use tieline_tls::Trust;

use super::super::axeos::AxeosLine as _;
use super::super::im::{self, ImAdapter, ImClient as _, ImEvents as _};
use super::super::stream::{self, StreamLine as _};
use super::super::{
    Adapter, AxeosAdapter, Client as _, Events as _, Item, StreamAdapter, calls, millis, number, setup,
};
use super::account::Told;
use super::sites::{AXEOS_MARK, IM_MARK};

/// A stream of an adapter's.
pub struct OpenLine {
    /// The next item.
    pub next: Box<dyn FnMut() -> Option<Told>>,
    /// Closes it.
    pub close: Box<dyn FnOnce()>,
}

/// Opens the stream of a protocol at a port of this machine.
pub(super) type Open<'a> = dyn Fn(u16, Knobs) -> OpenLine + Sync + 'a;

/// What the tests turn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knobs {
    /// After so long a silence a line is asked whether it lives.
    pub(super) ping: Duration,
    /// After so long a silence it counts as lost; of a poll so long after its time.
    pub(super) idle: Duration,
    /// What happens to events that are not taken.
    pub(super) overflow: Overflow,
    /// How many of them may wait, in each of the two queues.
    pub(super) queue: usize,
}

impl Default for Knobs {
    fn default() -> Self {
        Self { ping: millis(40), idle: millis(150), overflow: Overflow::Block, queue: 1024 }
    }
}

/// Waits short enough for tests, and long enough for a machine that is busy.
fn hasten(options: &mut Options, knobs: Knobs) {
    options.overflow = knobs.overflow;
    options.events = knobs.queue;
    options.policy.limits.queued_events = knobs.queue;
    options.policy.retry_first = true;
    options.policy.backoff = BackoffPolicy::new(millis(1), millis(20), millis(1));
    options.policy.dial_timeout = millis(1500);
    options.websocket.opening_timeout = millis(400);
    options.hangup_timeout = millis(20);
}

pub(super) fn wsi<A: Adapter>(port: u16, knobs: Knobs) -> OpenLine
where
    A::Client: 'static,
{
    wsi_at::<A>(&format!("ws://127.0.0.1:{port}/"), Trust::System, knobs)
}

pub(super) fn wsi_at<A: Adapter>(url: &str, trust: Trust, knobs: Knobs) -> OpenLine
where
    A::Client: 'static,
{
    let mut setup = setup().subscribe(&calls()).trust(trust);
    hasten(&mut setup.options, knobs);
    setup.session.login_timeout = millis(400);
    setup.session.limits.queued_events = knobs.queue;
    setup.session.ping_after = knobs.ping;
    setup.session.idle_timeout = knobs.idle;
    setup.session.close_timeout = millis(100);
    let (client, mut events) = A::connect(url, setup).expect("live in the end");
    let told = move |item: Item| {
        let at = number(&item);
        Told::of(item, |event| match event {
            tieline_portsip_wsi::client::ClientEvent::Received(received) => {
                at.map(|number| (number as u64, received.at))
            }
            _ => None,
        })
    };
    OpenLine { next: Box::new(move || events.next().map(told)), close: Box::new(move || client.close()) }
}

pub(super) fn cloudpbx<A: StreamAdapter>(port: u16, knobs: Knobs) -> OpenLine
where
    A::Line: 'static,
{
    let mut setup = stream::setup();
    hasten(&mut setup.options, knobs);
    setup.session.limits.queued_events = knobs.queue;
    setup.session.ping_after = knobs.ping;
    setup.session.idle_timeout = knobs.idle;
    setup.session.close_timeout = millis(100);
    let address = format!("http://127.0.0.1:{port}/ws/pbx_Biuro?pbxkey=swordfish").parse().expect("an address");
    let mut line = A::stream(address, setup).expect("live in the end");
    let close = line.closer();
    let told = |item| {
        Told::of(item, |event| match event {
            tieline_cloudpbx::client::ClientEvent::Received(received) => {
                let id = received.origin.id.expect("a number");
                Some((u64::try_from(id - 1).expect("from 1 on"), received.origin.at))
            }
            _ => None,
        })
    };
    OpenLine { next: Box::new(move || line.next().map(told)), close }
}

pub(super) fn im<A: ImAdapter>(port: u16, knobs: Knobs) -> OpenLine
where
    A::Client: 'static,
{
    let mut setup = im::setup().attach_since(im::GROUP, Mark::at(IM_MARK));
    hasten(&mut setup.options, knobs);
    setup.session.login_timeout = millis(400);
    setup.session.request_timeout = millis(400);
    setup.session.limits.queued_events = knobs.queue;
    setup.session.ping_after = knobs.ping;
    setup.session.idle_timeout = knobs.idle;
    setup.session.close_timeout = millis(100);
    let (client, mut events) = A::connect(&format!("ws://127.0.0.1:{port}/"), setup).expect("live in the end");
    let told = |item| {
        Told::of(item, |event| match event {
            tieline_portsip_im::client::ClientEvent::Received(received) => {
                received.seq().map(|seq| (seq - IM_MARK - 1, received.at))
            }
            tieline_portsip_im::client::ClientEvent::GapClosed(closed) => {
                assert!(closed.lost.is_empty(), "{closed:?}");
                None
            }
            _ => None,
        })
    };
    OpenLine { next: Box::new(move || events.next().map(told)), close: Box::new(move || client.close()) }
}

pub(super) fn axeos<A: AxeosAdapter>(port: u16, knobs: Knobs) -> OpenLine
where
    A::Line: 'static,
{
    let address = base(&format!("http://127.0.0.1:{port}")).expect("an address");
    let mut config = AxeosConfig::new(address, &Auth::user("anna", "hunter2")).proxy(Proxy::direct());
    hasten(&mut config.options, knobs);
    config.options.policy.dial_timeout = millis(400);
    // The least there is.
    config.poller.wait = millis(1000);
    config.poller.margin = knobs.idle;
    config.poller.least_interval = millis(1);
    let mut line = A::follow(config).expect("live in the end");
    let close = line.closer();
    let told = |item| {
        Told::of(item, |event| match event {
            AxeosEvent::Received(received) => Some((received.entry.seq - AXEOS_MARK - 1, received.at)),
            _ => None,
        })
    };
    OpenLine { next: Box::new(move || line.next().map(told)), close }
}
