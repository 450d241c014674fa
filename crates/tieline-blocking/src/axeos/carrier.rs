//! The threads that make a poller's exchanges.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::{io, thread};

use tieline_axeos::poller::{Answer, Exchange, ExchangeId, Output};
use tieline_core::http::CallError;
use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind, Sent, Text};
use tieline_dial::axeos::sharing;

use crate::Clock;
use crate::http::HttpClient;
use crate::line::Alarm;

type End = (ExchangeId, Result<Answer, CallError>);

/// Makes exchanges, each on a thread, and wakes the driver as one ends. A thread that is done waits for the next exchange,
/// unless another waits already: as polls follow each other there is one. Dropped, it gives up all that is in flight: the
/// connections are dropped, and the threads end.
pub(super) struct Carrier {
    shared: Arc<Shared>,
    tell: Sender<End>,
    ends: Receiver<End>,
}

struct Shared {
    http: HttpClient,
    clock: Clock,
    alarm: Arc<Alarm>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// What no thread has begun yet.
    queue: VecDeque<Exchange>,
    /// How many threads wait for it.
    idle: usize,
    over: bool,
}

impl Carrier {
    pub(super) fn new(http: HttpClient, clock: Clock, alarm: Arc<Alarm>) -> Self {
        let (tell, ends) = channel();
        let shared = Shared { http, clock, alarm, state: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared), tell, ends }
    }

    /// Begins or gives up what the poller wants.
    pub(super) fn take(&self, output: Output) {
        match output {
            Output::Send(exchange) => self.begin(exchange),
            // What has begun ends by its deadline, which is the poller's own, or with the carrier.
            Output::Cancel(id) => self.shared.lock().queue.retain(|exchange| exchange.id != id),
            _ => {}
        }
    }

    fn begin(&self, exchange: Exchange) {
        let id = exchange.id;
        let mut state = self.shared.lock();
        state.queue.push_back(exchange);
        let is_awaited = state.idle >= state.queue.len();
        drop(state);
        if is_awaited {
            self.shared.changed.notify_one();
        } else if let Err(error) = self.spawn() {
            self.shared.lock().queue.retain(|exchange| exchange.id != id);
            let kind = ExchangeFailureKind::Connect { class: Class::Retry, reason: Text::from(error.to_string()) };
            // The driver reads it in its next round.
            drop(self.tell.send((id, Err(ExchangeFailure::new(kind, Sent::Nothing).into()))));
            self.shared.alarm.ring();
        }
    }

    fn spawn(&self) -> io::Result<()> {
        let (shared, tell) = (Arc::clone(&self.shared), self.tell.clone());
        let thread = thread::Builder::new().name("tieline-poll".to_owned());
        thread.spawn(move || shared.work(&tell)).map(drop)
    }

    /// How an exchange ended, if one did.
    pub(super) fn poll_end(&self) -> Option<End> {
        self.ends.try_recv().ok()
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.over = true;
        state.queue.clear();
        drop(state);
        self.shared.changed.notify_all();
        self.shared.http.close();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, tell: &Sender<End>) {
        while let Some(exchange) = self.next() {
            let within = exchange.deadline.since(self.clock.now());
            let result = self.http.call_sharing(&exchange.ask, within, sharing(&exchange.ask));
            // Without a driver nobody wants to know.
            drop(tell.send((exchange.id, result)));
            self.alarm.ring();
        }
    }

    /// The next exchange, waited for; `None` when this thread is not needed any more.
    fn next(&self) -> Option<Exchange> {
        let mut state = self.lock();
        loop {
            if let Some(exchange) = state.queue.pop_front() {
                return Some(exchange);
            }
            if state.over || state.idle > 0 {
                return None;
            }
            state.idle += 1;
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.idle -= 1;
        }
    }
}
