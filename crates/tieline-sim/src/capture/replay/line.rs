//! One WebSocket that is played.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tieline_core::{CloseFrame, Frame, Instant, MessageLimit};
use tieline_server::Line;

use super::asked::{Asked, Gate, with_id};
use super::pace::{Speed, Steps};
use super::script::{Deed, Script, Socket, Step};
use crate::capture::Payload;

/// The longest message of a client.
const MESSAGE_BYTES: usize = 1 << 20;
/// The most of a payload that is not in the capture.
const FILL: usize = 1 << 20;
/// So many messages wait for the client at most; the others wait for these.
const QUEUE: usize = 64;

/// Called once, when everything was played.
pub(super) type Played = Box<dyn FnOnce() + Send>;

/// Plays one WebSocket of a [`Script`] to a client, without I/O: answers what the client asks with what the capture holds, with
/// the client's ids, and tells the rest when its time has come.
///
/// Time begins with the login, and again with the first subscription: what came before them is told at once, and what came so
/// long after them comes so long after them again. Of further requests nothing waits.
pub struct ReplayLine {
    script: Arc<Script>,
    socket: usize,
    speed: Speed,
    steps: Arc<Steps>,
    /// The step that is next.
    next: usize,
    /// Which requests were played, by their steps.
    used: BTreeSet<usize>,
    /// The time that steps count from: here, and in the capture.
    anchor: (Instant, std::time::Duration),
    /// The gates that a client went through.
    passed: [bool; 2],
    due: Option<Instant>,
    /// Since when the queue is full.
    full: Option<Instant>,
    queue: VecDeque<Frame>,
    ended: bool,
    /// A step was allowed for the next event.
    allowed: bool,
    played: Option<Played>,
}

impl ReplayLine {
    /// A line that plays the `socket`th WebSocket of a script; one that the script does not have says nothing.
    #[must_use]
    pub fn new(script: Arc<Script>, socket: usize, speed: Speed, now: Instant) -> Self {
        Self::with(script, socket, speed, Arc::default(), now, None)
    }

    pub(super) fn with(
        script: Arc<Script>,
        socket: usize,
        speed: Speed,
        steps: Arc<Steps>,
        now: Instant,
        played: Option<Played>,
    ) -> Self {
        let from = script.sockets.get(socket).and_then(|socket| socket.steps.first()).map(|step| step.at);
        let mut line = Self {
            script,
            socket,
            speed,
            steps,
            next: 0,
            used: BTreeSet::new(),
            anchor: (now, from.unwrap_or_default()),
            passed: [false; 2],
            due: None,
            full: None,
            queue: VecDeque::new(),
            ended: false,
            allowed: false,
            played,
        };
        line.play(now);
        line
    }

    fn socket(&self) -> Option<&Socket> {
        self.script.sockets.get(self.socket)
    }

    /// Goes on until something has to be waited for.
    fn play(&mut self, now: Instant) {
        (self.due, self.full) = (None, None);
        let script = Arc::clone(&self.script);
        let steps = script.sockets.get(self.socket).map_or(&[][..], |socket| &socket.steps);
        while let Some(step) = steps.get(self.next).filter(|_| !self.ended) {
            if self.queue.len() >= QUEUE {
                self.full = Some(now);
                return;
            }
            match &step.what {
                Deed::Asked { asked, answers } => {
                    if let Some(gate) = asked.opens()
                        && !self.passed.get(gate as usize).copied().unwrap_or(true)
                    {
                        if !self.used.contains(&self.next) {
                            return;
                        }
                        if let Some(passed) = self.passed.get_mut(gate as usize) {
                            *passed = true;
                        }
                        let last = answers.last().and_then(|last| steps.get(*last));
                        self.anchor = (now, last.map_or(step.at, |answer| answer.at));
                    }
                }
                Deed::Said { is_answer: true, .. } => {}
                Deed::Said { binary, payload, .. } => {
                    if !self.is_time(now, step) {
                        return;
                    }
                    self.queue.push_back(frame(*binary, payload, None));
                }
                Deed::Closed { code, reason } => {
                    if !self.is_time(now, step) {
                        return;
                    }
                    let close = code.map(|code| CloseFrame::new(code, reason.as_str()));
                    self.queue.push_back(Frame::Close(close));
                    self.ended = true;
                }
                Deed::Broke => {
                    if !self.is_time(now, step) {
                        return;
                    }
                    self.ended = true;
                }
            }
            self.next += 1;
        }
        if (self.ended || self.next >= steps.len())
            && let Some(played) = self.played.take()
        {
            played();
        }
    }

    /// Whether what was captured at a step is to happen now.
    fn is_time(&mut self, now: Instant, step: &Step) -> bool {
        if self.speed == Speed::Step {
            return std::mem::take(&mut self.allowed);
        }
        let (since, from) = self.anchor;
        let due = self.speed.due(since, step.at.saturating_sub(from));
        self.due = (due > now).then_some(due);
        self.due.is_none()
    }

    /// Answers a request with what the capture has for the like of it.
    fn answer(&mut self, asked: &Asked) {
        let Some(socket) = self.socket() else { return };
        let requests = || {
            socket.steps.iter().enumerate().filter_map(|(at, step)| match &step.what {
                Deed::Asked { asked: captured, answers } if captured.word == asked.word => {
                    Some((at, captured, answers))
                }
                _ => None,
            })
        };
        let is_new = |at: usize| !self.used.contains(&at);
        let found = requests()
            .find(|(at, captured, _)| is_new(*at) && captured.about == asked.about)
            .or_else(|| requests().rfind(|(_, captured, _)| captured.about == asked.about))
            .or_else(|| requests().find(|(at, ..)| is_new(*at)))
            .or_else(|| requests().next_back());
        let Some((at, captured, answers)) = found else {
            tracing::debug!(word = asked.word, "the capture holds no answer");
            return self.queue.push_back(Frame::text(asked.refusal()));
        };
        let ids = captured.id.as_deref().zip(asked.id.as_deref());
        let said = answers.iter().filter_map(|answer| match &socket.steps.get(*answer)?.what {
            Deed::Said { binary, payload, .. } => Some(frame(*binary, payload, ids)),
            _ => None,
        });
        let said: Vec<Frame> = said.collect();
        self.queue.extend(said);
        self.used.insert(at);
    }
}

/// A message as it was, but for the id.
fn frame(binary: bool, payload: &Payload, ids: Option<(&str, &str)>) -> Frame {
    match (payload, ids) {
        (Payload::Text(text), Some((from, to))) if !binary => Frame::text(with_id(text, from, to)),
        (Payload::Text(text), None) if !binary => Frame::text(text.clone()),
        // A message whose text is no UTF-8 is what no endpoint sends: what can be read of it is.
        (Payload::Bytes(bytes), _) if !binary => Frame::text(String::from_utf8_lossy(bytes).into_owned()),
        (payload, _) => Frame::Binary(Bytes::from(payload.to_bytes(FILL))),
    }
}

impl Line for ReplayLine {
    fn handle_input(&mut self, now: Instant, frame: Frame) {
        match frame {
            Frame::Text(text) if !self.ended => {
                if let Some(asked) = Asked::of(text.as_str()) {
                    self.answer(&asked);
                }
                self.play(now);
            }
            Frame::Close(_) | Frame::Eof => self.ended = true,
            _ => {}
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        if self.poll_timeout().is_some_and(|due| due <= now) {
            self.play(now);
        }
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        self.queue.pop_front()
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.due.or_else(|| self.full.filter(|_| self.queue.is_empty()))
    }

    fn wants_input(&self) -> bool {
        self.queue.len() < QUEUE * 2
    }

    fn close(&mut self, _: Instant) {
        if !self.ended {
            self.queue.push_back(Frame::Close(Some(CloseFrame::new(1001, ""))));
            self.ended = true;
        }
    }

    fn has_ended(&self) -> bool {
        self.ended
    }

    fn message_limit(&self) -> MessageLimit {
        MessageLimit::settled(MESSAGE_BYTES)
    }

    fn poll_outside(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        let waits = self.speed == Speed::Step && !self.ended && !self.allowed && self.is_event_next();
        if waits && self.steps.take(cx.waker()) {
            self.allowed = true;
            self.play(now);
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

impl ReplayLine {
    /// Whether what comes next comes by itself.
    fn is_event_next(&self) -> bool {
        let rest = self.socket().and_then(|socket| socket.steps.get(self.next..)).unwrap_or_default();
        for step in rest {
            match &step.what {
                Deed::Said { is_answer: true, .. } => {}
                Deed::Asked { asked, .. } => {
                    let is_open = |gate: Gate| self.passed.get(gate as usize).copied().unwrap_or(true);
                    if !asked.opens().is_none_or(is_open) {
                        return false;
                    }
                }
                _ => return true,
            }
        }
        false
    }
}

impl fmt::Debug for ReplayLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReplayLine").field("socket", &self.socket).field("next", &self.next).finish_non_exhaustive()
    }
}
