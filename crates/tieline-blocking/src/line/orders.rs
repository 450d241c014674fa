//! The way of commands to the driver, and what it tells everybody.

use std::collections::VecDeque;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use tieline_core::ClientSession;
use tieline_core::supervisor::Phase;
use tieline_dial::{ClientError, TellPhase};

use super::alarm::Alarm;
use super::deadline::Deadline;

/// Whoever waits for an answer.
pub(crate) type Waiter<R> = SyncSender<Result<R, ClientError>>;
/// A command, and who waits for its answer.
type Command<S> = (<S as ClientSession>::Command, Waiter<<S as ClientSession>::Reply>);

/// Shared by a driver and its clients. The lock is held for a few moves only.
pub(crate) struct Orders<S: ClientSession> {
    state: Mutex<State<S>>,
    changed: Condvar,
    alarm: Arc<Alarm>,
}

struct State<S: ClientSession> {
    queue: VecDeque<Command<S>>,
    capacity: usize,
    close: bool,
    clients_left: bool,
    phase: Phase,
    /// The driver is gone, or the line is over.
    ended: bool,
}

/// What a driver finds.
pub(crate) struct Taken<S: ClientSession> {
    pub(crate) commands: VecDeque<Command<S>>,
    pub(crate) close: bool,
    pub(crate) clients_left: bool,
}

impl<S: ClientSession> Orders<S> {
    pub(crate) fn new(capacity: usize, alarm: Arc<Alarm>) -> Self {
        let state = State {
            queue: VecDeque::new(),
            capacity: capacity.max(1),
            close: false,
            clients_left: true,
            phase: Phase::Dialing,
            ended: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), alarm }
    }

    fn lock(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits while `meanwhile`; what is the case then, or `None` when the deadline passed before.
    fn wait(
        &self,
        deadline: Deadline,
        mut meanwhile: impl FnMut(&State<S>) -> bool,
    ) -> Option<MutexGuard<'_, State<S>>> {
        let mut state = self.lock();
        while meanwhile(&state) {
            state = match deadline.left() {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return None,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            };
        }
        Some(state)
    }

    /// Queues a command, once there is room.
    pub(super) fn send(
        &self,
        command: S::Command,
        waiter: Waiter<S::Reply>,
        deadline: Deadline,
    ) -> Result<(), ClientError> {
        let full = |state: &State<S>| !state.ended && state.queue.len() >= state.capacity;
        let mut state = self.wait(deadline, full).ok_or(ClientError::TimedOut)?;
        if state.ended {
            return Err(ClientError::Closed);
        }
        state.queue.push_back((command, waiter));
        drop(state);
        self.alarm.ring();
        Ok(())
    }

    /// Asks for the end, and waits for it.
    pub(super) fn close(&self) {
        self.lock().close = true;
        self.alarm.ring();
        drop(self.wait(Deadline::NEVER, |state| !state.ended));
    }

    /// No client is left.
    pub(super) fn leave(&self) {
        self.lock().clients_left = false;
        self.alarm.ring();
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().phase
    }

    /// Waits for a phase that is `wanted`; whether it came in time.
    pub(super) fn wait_for(&self, deadline: Deadline, mut wanted: impl FnMut(Phase) -> bool) -> bool {
        let mut found = false;
        let waited = self.wait(deadline, |state| {
            found = wanted(state.phase);
            !found && !state.ended
        });
        drop(waited);
        found
    }

    /// Everything that waits for the driver.
    pub(crate) fn take(&self) -> Taken<S> {
        let mut state = self.lock();
        let commands = std::mem::take(&mut state.queue);
        let taken = Taken { close: std::mem::take(&mut state.close), clients_left: state.clients_left, commands };
        drop(state);
        if !taken.commands.is_empty() {
            self.changed.notify_all();
        }
        taken
    }

    /// Nothing is taken any more: whoever waits is told.
    pub(super) fn end(&self) {
        let mut state = self.lock();
        state.ended = true;
        state.phase = Phase::Closed;
        let queue = std::mem::take(&mut state.queue);
        drop(state);
        drop(queue);
        self.changed.notify_all();
    }
}

/// Tells clients where the line is.
pub(crate) struct Phases<S: ClientSession>(pub(crate) Arc<Orders<S>>);

impl<S: ClientSession> TellPhase for Phases<S> {
    fn tell(&self, phase: Phase) {
        let told = std::mem::replace(&mut self.0.lock().phase, phase);
        if told != phase {
            self.0.changed.notify_all();
        }
    }
}

/// Tells of the end also when the driver is dropped, or panics.
pub(crate) struct Ending<S: ClientSession>(pub(crate) Arc<Orders<S>>);

impl<S: ClientSession> Drop for Ending<S> {
    fn drop(&mut self) {
        self.0.end();
    }
}
