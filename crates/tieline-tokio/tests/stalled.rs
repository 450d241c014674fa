//! A handler that blocks the only thread of its runtime, and with it the line's own work, for longer than the line's deadlines.
#![cfg(all(feature = "wsi", feature = "cloudpbx", feature = "portsip-im"))]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use tieline_portsip_im::Credentials;
use tieline_portsip_im::client::Mark;
use tieline_portsip_wsi::{Auth, Dialect};
use tieline_testkit::adapter::chaos::{Account, Counting, IM_MARK, Order, Site, Told, im_site};
use tieline_testkit::adapter::im::{GROUP, TOKEN, USER};
use tieline_testkit::adapter::{calls, millis};
use tieline_tokio::{Item, Proxy, cloudpbx, im, wsi};
use tokio::runtime::Builder;

/// A ping is due long before the handler has finished, and so is the end of the line.
const PING: u64 = 100;
const IDLE: u64 = 700;
const STALL: u64 = 1500;

/// Takes events of a line on a runtime of one thread, and blocks that again and again while the PBX goes on telling.
fn stall<E: std::fmt::Debug>(
    site: &Arc<dyn Site>,
    open: impl Future<Output = futures::stream::BoxStream<'static, Item<E>>>,
    told: impl Fn(E) -> Option<(u64, tieline_core::Instant)> + Copy,
) {
    use futures::StreamExt as _;
    let over = Arc::new(AtomicBool::new(false));
    let (ticking, stop) = (Arc::clone(site), Arc::clone(&over));
    let account = Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(async {
        let mut events = open.await;
        let ticker = thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                ticking.tell();
                thread::sleep(millis(1));
            }
        });
        let mut account = Account::new(Order::Sent);
        for _ in 0..3 {
            let last = site.told();
            while !account.has_reached(last) {
                let next = tokio::time::timeout(tieline_testkit::adapter::PATIENCE, events.next());
                account.note(Told::of(next.await.expect("it hangs").expect("the line lives"), told));
            }
            thread::sleep(millis(STALL));
        }
        over.store(true, Ordering::SeqCst);
        ticker.join().expect("no panic");
        account
    });
    assert_eq!((account.causes, account.gaps), (Vec::<String>::new(), 0));
}

#[test]
fn a_handler_that_blocks_its_runtime_keeps_its_line_of_wsi() {
    let site: Arc<dyn Site> = Arc::new(Counting::wsi());
    let url = format!("ws://127.0.0.1:{}/", site.port());
    let open = async move {
        let auth = Auth::username("supervisor", "pbx.example", "hunter2");
        let mut config = wsi::Config::new(Dialect::V16, auth).proxy(Proxy::direct()).subscribe(&calls());
        (config.session.ping_after, config.session.idle_timeout) = (millis(PING), millis(IDLE));
        let (client, events) = wsi::connect(&url, config).await.expect("live");
        drop(client);
        Box::pin(events) as _
    };
    stall(&site, open, |event| match event {
        tieline_portsip_wsi::client::ClientEvent::Received(received) => {
            let number = received.field::<u64>("number").expect("a number").expect("a number");
            Some((number, received.at))
        }
        _ => None,
    });
}

#[test]
fn a_handler_that_blocks_its_runtime_keeps_its_stream_of_cloudpbx() {
    let site: Arc<dyn Site> = Arc::new(Counting::cloudpbx());
    let address = format!("http://127.0.0.1:{}/ws/pbx_Biuro?pbxkey=swordfish", site.port());
    let open = async move {
        let mut config = cloudpbx::StreamConfig::new().proxy(Proxy::direct());
        (config.session.ping_after, config.session.idle_timeout) = (millis(PING), millis(IDLE));
        let address = address.parse().expect("an address");
        let (client, events) = cloudpbx::connect(address, config).await.expect("live");
        drop(client);
        Box::pin(events) as _
    };
    stall(&site, open, |event| match event {
        tieline_cloudpbx::client::ClientEvent::Received(received) => {
            Some((received.origin.id.expect("a number") as u64 - 1, received.origin.at))
        }
        _ => None,
    });
}

#[test]
fn a_handler_that_blocks_its_runtime_keeps_its_line_of_im() {
    let site: Arc<dyn Site> = Arc::new(im_site());
    let url = format!("ws://127.0.0.1:{}/", site.port());
    let open = async move {
        let login = Credentials::access_token(USER, "portsip.io", TOKEN);
        let mut config = im::Config::new(login).proxy(Proxy::direct()).attach_since(GROUP, Mark::at(IM_MARK));
        (config.session.ping_after, config.session.idle_timeout) = (millis(PING), millis(IDLE));
        let (client, events) = im::connect(&url, config).await.expect("live");
        drop(client);
        Box::pin(events) as _
    };
    stall(&site, open, |event| match event {
        tieline_portsip_im::client::ClientEvent::Received(received) => {
            received.seq().map(|seq| (seq - IM_MARK - 1, received.at))
        }
        _ => None,
    });
}
