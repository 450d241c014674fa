//! Takes published messages to the sockets of connections whose own tasks have nothing to do.
//!
//! Waking a task for each delivery, and walking through all that it drives, costs as much as a third of the system call that
//! it then does. So a connection at rest lends its [`Writer`](crate::Writer) to the mailbox that its hub puts messages in,
//! and one task writes for many: what is put in until its turn comes goes out in one system call. Whatever does not go at
//! once is left to the connection's own task.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tieline_core::{Instant, Text};
use tieline_websocket::PreparedFrame;
use tokio::runtime::Handle;

use crate::clock::Clock;

/// After so many connections other tasks get their turn.
const TURN: usize = 64;
/// The memory of so many is fetched at a time.
const FETCHED: usize = 8;
/// The places that an emptied list keeps.
const IDLE_CALLS: usize = 1024;
/// For each so many connections one courier more is woken.
const MUCH: usize = 256;
/// What is written at once, but for a single longer message.
const PARCEL_BYTES: usize = 64 << 10;

/// Where something waits for a courier.
pub(crate) trait Pickup: Send + Sync {
    /// Touches what a delivery needs first. The memory of a connection that was at rest is far from the processor, and that of
    /// several comes in the time of one, if it is asked for before the first of them is locked.
    fn fetch(&self);
    /// Writes what waits.
    fn deliver(&self, parcel: &mut Parcel, now: Instant);
}

/// The list of connections that the couriers of a server go to next; clones are the same.
///
/// There is a courier for each thread of the runtime, but one does all while there is little to do: two that write at once
/// keep each other, and whoever reads on this machine, from the processor.
#[derive(Clone)]
pub(crate) struct Couriers(Arc<Mutex<Calls>>);

struct Calls {
    due: Vec<Arc<dyn Pickup>>,
    /// The couriers; those that are asleep are to be woken.
    wakers: Box<[Option<Waker>]>,
    asleep: usize,
}

impl Calls {
    /// A courier to be woken: the first one for the first thing to do, the others when there is much.
    fn wake(&mut self) -> Option<Waker> {
        let all_sleep = self.asleep == self.wakers.len();
        let wanted = self.asleep > 0 && (all_sleep || self.due.len().is_multiple_of(MUCH));
        let waker = self.wakers.iter_mut().filter(|_| wanted).find_map(Option::take)?;
        self.asleep -= 1;
        Some(waker)
    }

    fn sleep(&mut self, number: usize, waker: &Waker) {
        match self.wakers.get_mut(number) {
            Some(Some(known)) => known.clone_from(waker),
            Some(place) => {
                *place = Some(waker.clone());
                self.asleep += 1;
            }
            None => {}
        }
    }

    fn rise(&mut self, number: usize) {
        if self.wakers.get_mut(number).and_then(Option::take).is_some() {
            self.asleep -= 1;
        }
    }
}

impl Couriers {
    /// Couriers, and how many of them are to be [run](Self::run): as many as are of use on this runtime.
    pub(crate) fn new() -> (Self, usize) {
        let threads = Handle::current().metrics().num_workers().max(1);
        (Self(Arc::new(Mutex::new(Calls { due: Vec::new(), wakers: vec![None; threads].into(), asleep: 0 }))), threads)
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for a delivery. Whom to wake, best after all locks are given back.
    pub(crate) fn call(&self, pickup: Arc<dyn Pickup>) -> Option<Waker> {
        let mut calls = self.lock();
        calls.due.push(pickup);
        calls.wake()
    }

    /// Delivers for as long as it is polled, as the courier of this number.
    pub(crate) async fn run(self, number: usize, clock: Clock) {
        let mut round = Vec::new();
        let mut parcel = Parcel::default();
        loop {
            std::future::poll_fn(|cx| self.poll_calls(cx, number, &mut round)).await;
            let mut pickups = round.drain(..);
            loop {
                let now = clock.now();
                for _ in 0..TURN / FETCHED {
                    pickups.as_slice().iter().take(FETCHED).for_each(|pickup| pickup.fetch());
                    // Each is let go of while it is near.
                    for pickup in pickups.by_ref().take(FETCHED) {
                        // A courier that is gone would never be awake again, and all rely on it.
                        let delivered = catch_unwind(AssertUnwindSafe(|| pickup.deliver(&mut parcel, now)));
                        if delivered.is_err() {
                            parcel.clear();
                        }
                    }
                }
                if pickups.len() == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
            drop(pickups);
            round.shrink_to(IDLE_CALLS);
            parcel.shrink();
        }
    }

    fn poll_calls(&self, cx: &mut Context<'_>, number: usize, round: &mut Vec<Arc<dyn Pickup>>) -> Poll<()> {
        let mut calls = self.lock();
        if calls.due.is_empty() {
            calls.sleep(number, cx.waker());
            return Poll::Pending;
        }
        // It may have come without having been called.
        calls.rise(number);
        if calls.wakers.len() == 1 || calls.due.len() <= MUCH {
            std::mem::swap(&mut calls.due, round);
        } else {
            // The rest is for others too.
            round.extend(calls.due.drain(..MUCH));
        }
        Poll::Ready(())
    }
}

/// Messages as frames, side by side. Most connections get the same as the one before, so that these are framed once.
#[derive(Default)]
pub(crate) struct Parcel {
    messages: Vec<Text>,
    frames: Vec<u8>,
    /// Where each frame ends.
    ends: Vec<usize>,
    /// Whether messages were left out.
    full: bool,
}

impl Parcel {
    /// Packs the first of these messages, all that find room; one at least.
    pub(crate) fn pack<'m>(&mut self, messages: impl Iterator<Item = &'m Text> + Clone) {
        if self.is_packed(messages.clone()) {
            return;
        }
        self.clear();
        for message in messages {
            self.full = !self.frames.is_empty() && self.frames.len() + message.len() > PARCEL_BYTES;
            if self.full {
                break;
            }
            PreparedFrame::append_text(message, &mut self.frames);
            self.ends.push(self.frames.len());
            // It is held, so that no other text can come to lie where it does.
            self.messages.push(message.clone());
        }
    }

    /// Whether packing these again would give the same.
    fn is_packed<'m>(&self, mut messages: impl Iterator<Item = &'m Text>) -> bool {
        let same =
            |packed: &Text| messages.next().is_some_and(|message| std::ptr::eq(packed.as_str(), message.as_str()));
        self.messages.iter().all(same) && messages.next().is_some() == self.full
    }

    /// All frames.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.frames
    }

    /// How many frames begin within the first `written` bytes, and what is left of the last of them.
    pub(crate) fn begun(&self, written: usize) -> (usize, &[u8]) {
        if written == 0 {
            return (0, &[]);
        }
        let whole = self.ends.partition_point(|end| *end < written);
        let rest = self.ends.get(whole).and_then(|end| self.frames.get(written..*end)).unwrap_or_default();
        (whole + 1, rest)
    }

    fn clear(&mut self) {
        self.messages.clear();
        self.frames.clear();
        self.ends.clear();
        self.full = false;
    }

    /// Gives back what was needed for much.
    fn shrink(&mut self) {
        self.clear();
        self.frames.shrink_to(PARCEL_BYTES);
        self.messages.shrink_to(IDLE_CALLS);
        self.ends.shrink_to(IDLE_CALLS);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use tieline_core::Instant;
    use tokio::sync::Semaphore;

    use super::{Couriers, MUCH, Parcel, Pickup};
    use crate::clock::Clock;

    /// A line that counts the deliveries to it.
    #[derive(Default)]
    struct Counted {
        times: AtomicUsize,
        all: Arc<Tally>,
        panics: bool,
    }

    struct Tally(Semaphore);

    impl Default for Tally {
        fn default() -> Self {
            Self(Semaphore::new(0))
        }
    }

    impl Pickup for Counted {
        fn fetch(&self) {}

        fn deliver(&self, _: &mut Parcel, _: Instant) {
            self.times.fetch_add(1, Ordering::Relaxed);
            self.all.0.add_permits(1);
            assert!(!self.panics, "this line is broken");
        }
    }

    impl Tally {
        async fn reaches(&self, count: usize) {
            let reached = self.0.acquire_many(u32::try_from(count).expect("few"));
            let reached = tokio::time::timeout(Duration::from_secs(60), reached).await;
            reached.expect("somebody was never gone to").expect("never closed").forget();
        }
    }

    fn lines(count: usize, broken: impl Fn(usize) -> bool) -> (Vec<Arc<Counted>>, Arc<Tally>) {
        let all = Arc::new(Tally::default());
        let line = |at| Arc::new(Counted { panics: broken(at), all: Arc::clone(&all), ..Counted::default() });
        ((0..count).map(line).collect(), all)
    }

    fn run() -> Couriers {
        let (couriers, count) = Couriers::new();
        let clock = Clock::start();
        (0..count).for_each(|number| drop(tokio::spawn(couriers.clone().run(number, clock))));
        couriers
    }

    /// Calls for all, as a publisher does: who is to be woken is woken behind the last.
    fn call(couriers: &Couriers, lines: &[Arc<Counted>]) {
        let woken: Vec<_> = lines.iter().filter_map(|line| couriers.call(Arc::clone(line) as _)).collect();
        woken.into_iter().for_each(std::task::Waker::wake);
    }

    async fn each_is_gone_to_once_a_call(couriers: Couriers) {
        for count in [1, MUCH - 1, MUCH, MUCH + 1, 2 * MUCH + 1, 10 * MUCH + 7] {
            let (lines, all) = lines(count, |_| false);
            for times in 1..=20 {
                call(&couriers, &lines);
                all.reaches(count).await;
                assert!(lines.iter().all(|line| line.times.load(Ordering::Relaxed) == times), "{count} lines");
            }
        }
    }

    #[tokio::test]
    async fn one_courier_goes_to_each_once_a_call() {
        each_is_gone_to_once_a_call(run()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn several_couriers_go_to_each_once_a_call() {
        each_is_gone_to_once_a_call(run()).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_line_that_panics_ends_no_courier() {
        let couriers = run();
        let (lines, all) = lines(2 * MUCH, |at| at % 100 == 0);
        for _ in 0..5 {
            call(&couriers, &lines);
            all.reaches(lines.len()).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_called_for_from_several_threads_is_all_gone_to() {
        let couriers = run();
        let (lines, all) = lines(3 * MUCH, |_| false);
        std::thread::scope(|scope| {
            lines.chunks(MUCH).for_each(|part| {
                scope.spawn(|| (0..50).for_each(|_| call(&couriers, part)));
            });
        });
        all.reaches(50 * lines.len()).await;
        assert!(lines.iter().all(|line| line.times.load(Ordering::Relaxed) == 50));
    }
}
