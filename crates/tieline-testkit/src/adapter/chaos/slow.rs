//! Half-open lines, and applications that do not take their events.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tieline_dial::Overflow;

use super::super::axeos::AxeosPbx;
use super::super::im::ImAdapter;
use super::super::{Adapter, AxeosAdapter, PATIENCE, StreamAdapter, millis};
use super::account::{Account, Order, Told};
use super::fate::{Ending, Fate, Pace, Way};
use super::open::{Knobs, Open, OpenLine, axeos, cloudpbx, im, wsi};
use super::sites::{self, Counting, Site};
use super::{Begin, Ticker, survive};

/// A line on which events come, and then nothing any more, without an end.
fn half_open(site: Arc<dyn Site>, order: Order, open: &Open<'_>, cause: &str) {
    let swallowed =
        Fate::End { pace: Pace::Whole, way: Way::Down, bytes: 4000, within: PATIENCE, ending: Ending::BlackHole };
    let account = survive(site, vec![swallowed], Begin::AtOnce, order, open);
    assert!(account.causes[0].starts_with(cause), "{:?}", account.causes);
}

/// A line with the first event taken, and a PBX that goes on telling.
fn telling(site: Arc<dyn Site>, knobs: Knobs, open: &Open<'_>) -> (OpenLine, Account, Ticker) {
    let mut line = open(site.port(), knobs);
    let mut account = Account::new(Order::Sent);
    site.tell();
    while !account.has_reached(0) {
        account.note((line.next)().expect("the line lives"));
    }
    (line, account, Ticker::start(site))
}

/// What is told next.
fn next(line: &mut OpenLine) -> Told {
    (line.next)().expect("the line goes on")
}

/// An application that sleeps for longer than the deadlines of its line while the PBX goes on telling.
fn sleeping(site: Arc<dyn Site>, open: &Open<'_>) {
    let knobs = Knobs { ping: millis(400), idle: millis(2000), queue: 4, ..Knobs::default() };
    let (mut line, mut account, ticker) = telling(Arc::clone(&site), knobs, open);
    for _ in 0..2 {
        thread::sleep(millis(3000));
        let told = site.told();
        while !account.has_reached(told) {
            account.note(next(&mut line));
        }
    }
    drop(ticker);
    (line.close)();
    assert_eq!((account.causes, account.gaps, account.dropped), (Vec::<String>::new(), 0, 0));
}

/// So long an application takes for an event: many come meanwhile.
const SLOW: Duration = millis(50);

/// An application that is too slow, and wants the newest.
fn dropping(site: Arc<dyn Site>, open: &Open<'_>) {
    let knobs = Knobs { idle: PATIENCE, overflow: Overflow::DropOldest, queue: 4, ..Knobs::default() };
    let (mut line, mut account, ticker) = telling(Arc::clone(&site), knobs, open);
    for _ in 0..3 {
        let before = account.dropped;
        while account.dropped == before {
            thread::sleep(SLOW);
            account.note(next(&mut line));
        }
    }
    // Fast again, it gets everything.
    drop(ticker);
    site.tell();
    let last = site.told() - 1;
    while !account.has_reached(last) {
        account.note(next(&mut line));
    }
    (line.close)();
    assert_eq!(account.count() as u64 + account.dropped, site.told(), "each came or is counted");
    assert_eq!((account.causes, account.gaps), (Vec::<String>::new(), 0));
}

/// An application that is too slow, and wants to be told so by the end of its line.
fn closing(site: Arc<dyn Site>, open: &Open<'_>) {
    let knobs = Knobs { idle: PATIENCE, overflow: Overflow::Close, queue: 4, ..Knobs::default() };
    let (mut line, mut account, _ticker) = telling(site, knobs, open);
    let end = loop {
        thread::sleep(SLOW);
        match next(&mut line) {
            Told::Closed(cause) => break cause,
            told => account.note(told),
        }
    };
    assert!(end.contains("more events were left unread than the limit allows"), "{end}");
    assert!((line.next)().is_none());
    assert_eq!((account.causes, account.gaps, account.dropped), (Vec::<String>::new(), 0, 0));
}

macro_rules! of_each_protocol {
    ($run:ident: $wsi:ident, $cloudpbx:ident, $im:ident, $axeos:ident) => {
        pub fn $wsi<A: Adapter>() {
            $run(Arc::new(Counting::wsi()), &wsi::<A>);
        }

        pub fn $cloudpbx<A: StreamAdapter>()
        where
            A::Line: 'static,
        {
            $run(Arc::new(Counting::cloudpbx()), &cloudpbx::<A>);
        }

        pub fn $im<A: ImAdapter>() {
            $run(Arc::new(sites::im_site()), &im::<A>);
        }

        pub fn $axeos<A: AxeosAdapter>()
        where
            A::Line: 'static,
        {
            $run(Arc::new(AxeosPbx::start()), &axeos::<A>);
        }
    };
}

of_each_protocol!(sleeping:
    a_handler_that_sleeps_keeps_its_line_of_wsi,
    a_handler_that_sleeps_keeps_its_line_of_cloudpbx,
    a_handler_that_sleeps_keeps_its_line_of_im,
    a_handler_that_sleeps_keeps_its_line_of_axeos
);
of_each_protocol!(dropping:
    what_a_slow_handler_of_wsi_drops_is_counted,
    what_a_slow_handler_of_cloudpbx_drops_is_counted,
    what_a_slow_handler_of_im_drops_is_counted,
    what_a_slow_handler_of_axeos_drops_is_counted
);
of_each_protocol!(closing:
    a_slow_handler_of_wsi_ends_its_line_if_it_wishes,
    a_slow_handler_of_cloudpbx_ends_its_line_if_it_wishes,
    a_slow_handler_of_im_ends_its_line_if_it_wishes,
    a_slow_handler_of_axeos_ends_its_line_if_it_wishes
);

const SILENT: &str = "the line went silent";

pub fn a_half_open_line_of_wsi_is_found_and_replaced<A: Adapter>() {
    half_open(Arc::new(Counting::wsi()), Order::Sent, &wsi::<A>, SILENT);
}

pub fn a_half_open_line_of_cloudpbx_is_found_and_replaced<A: StreamAdapter>()
where
    A::Line: 'static,
{
    half_open(Arc::new(Counting::cloudpbx()), Order::Sent, &cloudpbx::<A>, SILENT);
}

pub fn a_half_open_line_of_im_is_found_and_replaced<A: ImAdapter>() {
    half_open(Arc::new(sites::im_site()), Order::Any, &im::<A>, SILENT);
}

pub fn a_half_open_poll_of_axeos_is_found_and_replaced<A: AxeosAdapter>()
where
    A::Line: 'static,
{
    half_open(Arc::new(AxeosPbx::start()), Order::Sent, &axeos::<A>, "no answer within the deadline");
}
