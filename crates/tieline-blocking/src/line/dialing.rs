//! A dial on its thread.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread::JoinHandle;
use std::{io, panic, thread};

use tieline_core::supervisor::LineId;
use tieline_dial::{ConnectError, Dialed};

use super::alarm::Alarm;
use crate::{Attempt, Dialer};

type Outcome<Io, C> = Result<Dialed<Io, C>, ConnectError>;

/// A dial that lasts. Dropped, it is given up: its thread ends by itself, and what it brings is dropped there.
pub(super) struct Dialing<Io, C> {
    attempt: Attempt,
    outcome: Receiver<Outcome<Io, C>>,
    thread: Option<JoinHandle<()>>,
}

impl<Io: crate::Io, C: Send + 'static> Dialing<Io, C> {
    pub(super) fn start<D>(line: LineId, dialer: Arc<D>, alarm: Arc<Alarm>) -> io::Result<Self>
    where
        D: Dialer<C, Io = Io>,
    {
        let attempt = Attempt::new(line);
        let (tell, outcome) = sync_channel(1);
        let report = Report { tell: Some(tell), alarm };
        let dialled = attempt.clone();
        let thread = thread::Builder::new().name("tieline-dial".to_owned()).spawn(move || {
            let outcome = dialer.dial(&dialled);
            report.tell(outcome);
        })?;
        Ok(Self { attempt, outcome, thread: Some(thread) })
    }

    pub(super) const fn line(&self) -> LineId {
        self.attempt.line()
    }

    /// Tells the dialer that the attempt is given up.
    pub(super) fn cancel(&self) {
        if !self.attempt.is_cancelled() {
            self.attempt.cancel();
        }
    }

    /// What became of it, once. A panic of the dialer goes on here.
    pub(super) fn poll(&mut self) -> Option<Outcome<Io, C>> {
        match self.outcome.try_recv() {
            Ok(outcome) => {
                self.attempt.end();
                Some(outcome)
            }
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => match self.thread.take().map(JoinHandle::join) {
                Some(Err(panicked)) => panic::resume_unwind(panicked),
                _ => Some(Err(ConnectError::Closed)),
            },
        }
    }
}

impl<Io, C> Drop for Dialing<Io, C> {
    fn drop(&mut self) {
        self.attempt.cancel();
    }
}

/// Wakes the driver however the dial ends, after it was told.
struct Report<T> {
    tell: Option<SyncSender<T>>,
    alarm: Arc<Alarm>,
}

impl<T> Report<T> {
    fn tell(self, outcome: T) {
        if let Some(tell) = &self.tell {
            // A driver that is gone wants no line.
            drop(tell.send(outcome));
        }
    }
}

impl<T> Drop for Report<T> {
    fn drop(&mut self) {
        self.tell = None;
        self.alarm.ring();
    }
}
