//! How the application is told, whatever tells it: phases, events as the overflow policy says, the first line.

use tieline_core::supervisor::{DownCause, LineEvent, Phase};
use tieline_core::{CloseReason, Instant, Session};

use super::first::First;
use crate::events::Sender;
use crate::{ConnectError, Overflow};

/// Whoever is told where the line is.
pub trait TellPhase {
    /// Takes note of a phase; must not block.
    fn tell(&self, phase: Phase);
}

/// The application's side of a pump.
pub(crate) struct Outlet<E, T> {
    events: Sender<E>,
    overflow: Overflow,
    phase: T,
    told_phase: Option<Phase>,
    /// For how many more events there is room at least.
    room: usize,
    /// The application was too slow, and this ends the line.
    overflowed: bool,
    first: First,
    /// The error of the latest attempt to open a line.
    last_error: Option<ConnectError>,
}

impl<E, T: TellPhase> Outlet<E, T> {
    pub(crate) const fn new(events: Sender<E>, overflow: Overflow, phase: T) -> Self {
        let first = First::Unasked;
        Self { events, overflow, phase, told_phase: None, room: 0, overflowed: false, first, last_error: None }
    }

    pub(crate) const fn events(&self) -> &Sender<E> {
        &self.events
    }

    /// Sees to it that the phase is told.
    pub(crate) fn tell_phase(&mut self, now: Phase) {
        let phase = Some(now);
        if std::mem::replace(&mut self.told_phase, phase) != phase {
            self.phase.tell(now);
        }
    }

    pub(crate) fn await_first(&mut self) {
        self.first = First::Awaited;
    }

    pub(crate) fn poll_first(&mut self) -> Option<Result<(), ConnectError>> {
        self.first.take()
    }

    /// Why the latest attempt to open a line failed.
    pub(super) fn not_opened(&mut self, error: ConnectError) {
        self.last_error = Some(error);
    }

    /// Hands out the events of a session, as far as there is room for them; whether there were any. After the end all that
    /// is left: it is bounded by the session's limits, and the driver need not outlive the line.
    pub(crate) fn take<S>(&mut self, session: &mut S, phase_of: impl Fn(&S) -> Phase, now: Instant) -> bool
    where
        S: Session<Event = LineEvent<E>>,
    {
        let over = phase_of(session) == Phase::Closed;
        let blocks = self.overflow == Overflow::Block && !over;
        let mut busy = false;
        loop {
            // Whoever waits for the line to be live does not take events yet.
            let room = self.first.is_awaited() || self.has_room(blocks);
            if blocks && !room {
                return busy;
            }
            let Some(event) = session.poll_event() else { return busy };
            busy = true;
            self.tell_phase(phase_of(session));
            let Some(event) = self.note(event) else { continue };
            match self.overflow {
                _ if room => {
                    self.room = self.room.saturating_sub(1);
                    self.events.push(event);
                }
                Overflow::DropOldest => self.events.push_dropping(event),
                Overflow::Close if !over => {
                    tracing::warn!("the line is closed: its events were not taken in time");
                    self.overflowed = true;
                    session.close(now);
                    return true;
                }
                Overflow::Close | Overflow::Block => self.events.push(event),
            }
        }
    }

    fn has_room(&mut self, wait: bool) -> bool {
        if self.room == 0 {
            self.room = self.events.room(wait);
        }
        self.room > 0
    }

    /// Looks at an event on its way; `None` when the application is not to see it.
    fn note(&mut self, event: LineEvent<E>) -> Option<LineEvent<E>> {
        match event {
            LineEvent::Closed(_) if self.overflowed => {
                Some(LineEvent::Closed(Some(DownCause::Session(CloseReason::Overflow))))
            }
            _ if self.overflowed => None,
            LineEvent::Closed(cause) => {
                let error = self.last_error.take();
                self.first.settle(|| Err(ConnectError::of_end(cause.clone(), error)));
                Some(LineEvent::Closed(cause))
            }
            LineEvent::Live(_) => {
                self.first.settle(|| Ok(()));
                Some(event)
            }
            // Of lines that were never live the latest failure is enough.
            LineEvent::Session(_) if self.first.is_awaited() => None,
            LineEvent::Down { .. } if self.first.is_awaited() => {
                self.events.retract_down();
                Some(event)
            }
            event => Some(event),
        }
    }
}
