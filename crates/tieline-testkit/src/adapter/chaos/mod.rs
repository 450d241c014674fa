//! One stream of events through a [proxy](Chaos) that does to its connections what a bad network and a dying server do.
//!
//! While a PBX tells numbered events the proxy cuts, swallows, dribbles, refuses. Whatever it does, each event comes once or a
//! gap stands in its place, the client has one connection at a time, and it is live once the proxy is calm. How fast the
//! machine is matters little: a deadline that passes too early costs one more connection.

mod account;
mod fate;
mod open;
mod proxy;
mod sites;
mod slow;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use tieline_core::Random;
use tieline_tls::{ServerTls, Trust};

use super::axeos::AxeosPbx;
use super::im::ImAdapter;
use super::{Adapter, AxeosAdapter, PATIENCE, StreamAdapter, millis};
use open::{Knobs, Open, axeos, cloudpbx, im, wsi, wsi_at};

pub use account::{Account, Order, Told};
pub use fate::{Ending, Fate, Pace, Way};
pub use open::OpenLine;
pub use proxy::Chaos;
pub use sites::{AXEOS_MARK, Counting, IM_MARK, Site, im_site};
pub use slow::*;

/// How often a stream is killed.
const KILLS: usize = 100;
/// How many schedules of faults there are for a protocol.
const SCHEDULES: u64 = 50;
/// Schedules that run at once: they mostly wait.
const AT_ONCE: usize = 8;
/// What all seeds begin with.
const SEED: u64 = 0x7469_6c65;

/// Tells events all the time, until it is dropped.
struct Ticker(Arc<AtomicBool>, Option<thread::JoinHandle<()>>);

impl Ticker {
    fn start(site: Arc<dyn Site>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&over);
        let ticking = thread::spawn(move || {
            while !stop.load(Ordering::SeqCst) {
                site.tell();
                thread::sleep(millis(1));
            }
        });
        Self(over, Some(ticking))
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
        if let Some(ticking) = self.1.take() {
            drop(ticking.join());
        }
    }
}

/// When the proxy begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// With the first connection.
    AtOnce,
    /// When the line is live for the first time; that it dies then is the first thing to happen.
    Live,
}

/// Leads one stream through these fates. Gives what it told.
fn survive(site: Arc<dyn Site>, fates: Vec<Fate>, begin: Begin, order: Order, open: &Open<'_>) -> Account {
    let proxy = Chaos::start(site.port(), fates, begin == Begin::Live);
    let mut line = open(proxy.port, Knobs::default());
    if begin == Begin::Live {
        proxy.begin();
    }
    let ticker = Ticker::start(Arc::clone(&site));
    let mut account = Account::new(order);
    // What is told once the proxy is calm comes on a line that lasts.
    let mut calm = None;
    let started = Instant::now();
    loop {
        assert!(started.elapsed() < 8 * PATIENCE, "it goes on and on: {proxy:?}, {account:?}");
        account.note((line.next)().expect("the stream goes on"));
        let calm = match calm {
            Some(calm) => calm,
            None if proxy.is_calm() => *calm.insert(site.told()),
            None => continue,
        };
        let came = match order {
            Order::Sent => account.has_reached(calm),
            Order::Any => account.has_all_before(calm + 1),
        };
        if came {
            break;
        }
    }
    drop(ticker);
    (line.close)();
    while let Some(told) = (line.next)() {
        account.note(told);
    }
    assert_eq!(proxy.overlaps(), 0, "it has one connection at a time");
    assert!(account.has_reached(0) && account.lives > 0);
    account
}

/// One stream and 100 kills at random moments, each of which is told.
fn kills(site: Arc<dyn Site>, order: Order, open: &Open<'_>) {
    let account = killed(site, order, open);
    assert!(account.causes.len() > KILLS, "{} of {} kills are told", account.causes.len(), KILLS + 1);
}

/// One stream and 100 kills at random moments.
fn killed(site: Arc<dyn Site>, order: Order, open: &Open<'_>) -> Account {
    let mut random = random(0);
    let fates: Vec<Fate> = (0..KILLS).map(|_| Fate::cut(&mut random)).collect();
    survive(site, fates, Begin::Live, order, open)
}

fn random(number: u64) -> Random {
    let mut seed = [0; 16];
    seed[..8].copy_from_slice(&SEED.to_le_bytes());
    seed[8..].copy_from_slice(&number.to_le_bytes());
    Random::new(seed, 0)
}

/// Runs every schedule, each with a stream and a PBX of its own.
fn schedules(site: impl Fn() -> Arc<dyn Site> + Sync, order: Order, open: &Open<'_>) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let running: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::SeqCst) as u64;
                        if number >= SCHEDULES {
                            return;
                        }
                        let mut random = random(1 + number);
                        let count = 3 + random.below(4);
                        let fates: Vec<Fate> = (0..count).map(|_| Fate::fault(&mut random)).collect();
                        let run = || survive(site(), fates.clone(), Begin::AtOnce, order, open);
                        if let Err(panicked) = catch_unwind(AssertUnwindSafe(run)) {
                            let words = panicked.downcast_ref::<String>().map(String::as_str);
                            let words = words.or_else(|| panicked.downcast_ref::<&str>().copied()).unwrap_or_default();
                            next.store(usize::MAX / 2, Ordering::SeqCst);
                            panic!("schedule {number}, {fates:?}: {words}");
                        }
                    }
                })
            })
            .collect();
        for running in running {
            if let Err(panicked) = running.join() {
                std::panic::resume_unwind(panicked);
            }
        }
    });
}

pub fn a_stream_of_wsi_survives_100_kills<A: Adapter>() {
    kills(Arc::new(Counting::wsi()), Order::Sent, &wsi::<A>);
}

pub fn a_stream_of_wsi_over_tls_survives_100_kills<A: Adapter>() {
    let tls = ServerTls::self_signed(&["pbx.example"]).expect("a certificate");
    let trust = Trust::Pins(vec![tls.pin()]);
    let open = |port, knobs| wsi_at::<A>(&format!("wss://127.0.0.1:{port}/"), trust.clone(), knobs);
    kills(Arc::new(Counting::wsi_over_tls(&tls)), Order::Sent, &open);
}

pub fn a_stream_of_cloudpbx_survives_100_kills<A: StreamAdapter>()
where
    A::Line: 'static,
{
    kills(Arc::new(Counting::cloudpbx()), Order::Sent, &cloudpbx::<A>);
}

pub fn a_stream_of_im_survives_100_kills<A: ImAdapter>() {
    kills(Arc::new(sites::im_site()), Order::Any, &im::<A>);
}

pub fn a_stream_of_axeos_survives_100_kills<A: AxeosAdapter>()
where
    A::Line: 'static,
{
    // A connection that dies between two polls is no loss, and is not told.
    let account = killed(Arc::new(AxeosPbx::start()), Order::Sent, &axeos::<A>);
    assert!(!account.causes.is_empty());
}

pub fn whatever_fails_each_event_of_wsi_comes_once_or_lies_in_a_gap<A: Adapter>() {
    schedules(|| Arc::new(Counting::wsi()), Order::Sent, &wsi::<A>);
}

pub fn whatever_fails_each_event_of_cloudpbx_comes_once_or_lies_in_a_gap<A: StreamAdapter>()
where
    A::Line: 'static,
{
    schedules(|| Arc::new(Counting::cloudpbx()), Order::Sent, &cloudpbx::<A>);
}

pub fn whatever_fails_each_message_of_im_comes_once<A: ImAdapter>() {
    schedules(|| Arc::new(sites::im_site()), Order::Any, &im::<A>);
}

pub fn whatever_fails_each_event_of_axeos_comes_once_or_lies_in_a_gap<A: AxeosAdapter>()
where
    A::Line: 'static,
{
    schedules(|| Arc::new(AxeosPbx::start()), Order::Sent, &axeos::<A>);
}
