//! A WebSocket that is watched.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};

use serde_json::{Value, json};
use tieline_cloudpbx::stream::Refusal;
use tieline_core::{CloseFrame, Frame, Instant, MessageLimit, PeerMisbehaved, Text};
use tieline_server::Line;

use super::conn::Conn;
use super::im::Numbers;
use super::kind::{Fault, Occasion, Service};
use super::tamper::Message;
use crate::im::ImEar;
use crate::record::{What, redacted};

/// The code of a close for what is not allowed.
const POLICY: u16 = 1008;
/// In no login of the simulator.
const WRONG_PASSWORD: &str = "no password of anybody";

/// A line with its faults.
pub(super) struct WatchedLine {
    line: Box<dyn Line>,
    pub(super) conn: Arc<Conn>,
    pub(super) service: Service,
    /// What goes out before anything else.
    pub(super) out: VecDeque<Frame>,
    /// An event that waits for the next one.
    overtaken: VecDeque<Frame>,
    /// Events that wait until there are so many.
    merging: Option<(usize, VecDeque<Frame>)>,
    /// By how much the numbers of CloudPBX are off.
    offset: i64,
    /// So many messages of IM are yet to be lost.
    to_lose: u32,
    /// The numbers of IM that went back.
    pub(super) numbers: Numbers,
    /// What the client does at IM.
    pub(super) ear: ImEar,
    /// Whether answers name their command, as those of v22 do.
    answers_name_commands: bool,
    /// A close frame was put out: nothing follows.
    closed: bool,
}

impl WatchedLine {
    pub(super) fn new(line: Box<dyn Line>, conn: Arc<Conn>, service: Service) -> Self {
        let mut this = Self {
            line,
            conn,
            service,
            out: VecDeque::new(),
            overtaken: VecDeque::new(),
            merging: None,
            offset: 0,
            to_lose: 0,
            numbers: Numbers::default(),
            ear: ImEar::default(),
            answers_name_commands: false,
            closed: false,
        };
        if this.conn.judge(Occasion::Opening).contains(&Fault::PermissionDenied) {
            this.close(refusal(403, "Subscriber could not create channels."));
        }
        this
    }

    fn close(&mut self, frame: CloseFrame) {
        self.out.push_back(Frame::Close(Some(frame)));
        self.closed = true;
    }

    /// What the line has said, with its faults; it goes to `out` or waits.
    fn say(&mut self, text: Text) {
        let Some(mut event) = Message::event(self.service, &text) else {
            let text = if self.numbers.is_empty() { text } else { changed(text, |said| self.numbers.lower(said)) };
            return self.out.push_back(Frame::Text(text));
        };
        let (mut copies, mut twice, mut overtaken) = (0, false, false);
        let of_im = self.service == Service::ImLine;
        for fault in self.conn.judge(Occasion::Event) {
            match fault {
                Fault::Close { code } => return self.close(CloseFrame::new(code, "")),
                Fault::TokenExpired => return self.close(expired(self.service)),
                Fault::Skip { by } if of_im => self.to_lose = self.to_lose.saturating_add(by),
                Fault::Rewind { by } if of_im => {
                    if let Some((topic, number)) = event.number_in_topic() {
                        self.numbers.rewind(&topic, number, by);
                    }
                }
                Fault::Burst { events } if of_im && event.number().is_some() => self.said_again(event.value(), events),
                Fault::Skip { by } => self.offset = self.offset.saturating_add(by.into()),
                Fault::Rewind { by } => self.rewind(event.number().unwrap_or(1), by),
                Fault::Burst { events } => copies = events.saturating_add(copies),
                Fault::Merge { events } => {
                    self.merging.get_or_insert_with(|| (events, VecDeque::new())).0 = events;
                }
                Fault::Duplicate => twice = true,
                Fault::Reorder => overtaken = true,
                fault => event.edit(&fault),
            }
        }
        if of_im && self.to_lose > 0 && event.number().is_some() {
            self.to_lose -= 1;
            return;
        }
        event.change(|event| self.numbers.lower(event));
        let (mut said, number) = (VecDeque::new(), event.number());
        for copy in 0..=copies {
            self.offset = self.offset.saturating_add(i64::from(copy > 0));
            if let Some(number) = number {
                event.set_number(number.saturating_add(self.offset));
            }
            said.push_back(Frame::Text(event.text()));
        }
        if twice && let Some(first) = said.front().cloned() {
            said.push_front(first);
        }
        match &mut self.merging {
            _ if overtaken => self.overtaken.append(&mut said),
            Some((_, merging)) => merging.append(&mut said),
            None => self.out.append(&mut said),
        }
        if !overtaken {
            self.out.append(&mut self.overtaken);
        }
        if self.merging.as_ref().is_some_and(|(events, merging)| merging.len() >= *events) {
            self.release();
        }
    }

    fn rewind(&mut self, number: i64, by: Option<u32>) {
        let lowest = 1_i64.saturating_sub(number);
        self.offset = match by {
            Some(by) => self.offset.saturating_sub(by.into()).max(lowest),
            None => lowest,
        };
    }

    /// Lets go what waits.
    fn release(&mut self) {
        if let Some((_, mut merging)) = self.merging.take() {
            self.out.append(&mut merging);
        }
        self.out.append(&mut self.overtaken);
    }

    /// Whether everything passes as it is.
    fn is_plain(&self) -> bool {
        self.offset == 0
            && self.to_lose == 0
            && self.numbers.is_empty()
            && self.overtaken.is_empty()
            && self.merging.is_none()
            && !self.conn.is_armed()
    }

    /// What the client said, with its faults; `None` when the line is not to hear it.
    fn heard(&mut self, text: Text) -> Option<Text> {
        self.conn.note(What::Text(redacted(&text)));
        if self.service == Service::ImLine {
            return self.heard_in_im(text);
        }
        if self.service != Service::Wsi || !self.conn.is_armed() {
            return Some(text);
        }
        let Ok(mut command) = serde_json::from_str::<Value>(&text) else { return Some(text) };
        match command.get("command").and_then(Value::as_str) {
            Some("auth") if !self.conn.judge(Occasion::Login).is_empty() => {
                for secret in ["password", "access_token"] {
                    if let Some(password) = command.get_mut(secret) {
                        *password = WRONG_PASSWORD.into();
                    }
                }
                Some(Text::from(command.to_string()))
            }
            Some("subscribe") if !self.conn.judge(Occasion::Subscribe).is_empty() => {
                let mut answer = json!({"error": "no permission", "status": -1});
                if self.answers_name_commands {
                    answer["command"] = "subscribe".into();
                    if let Some(id) = command.get("id") {
                        answer["id"] = id.clone();
                    }
                }
                self.out.push_back(Frame::text(answer.to_string()));
                None
            }
            _ => Some(text),
        }
    }
}

/// A message that is JSON, changed.
fn changed(text: Text, change: impl FnOnce(&mut Value) -> bool) -> Text {
    let Ok(mut message) = serde_json::from_str::<Value>(&text) else { return text };
    if change(&mut message) { Text::from(message.to_string()) } else { text }
}

/// The stream's own way to say no after the opening.
fn refusal(status: i64, words: &str) -> CloseFrame {
    Refusal::new(status, words).to_close()
}

fn expired(service: Service) -> CloseFrame {
    match service {
        Service::CloudpbxStream => refusal(401, "The key has expired."),
        _ => CloseFrame::new(POLICY, "token expired"),
    }
}

impl Line for WatchedLine {
    fn handle_input(&mut self, now: Instant, frame: Frame) {
        let frame = match frame {
            Frame::Text(text) => match self.heard(text) {
                Some(text) => Frame::Text(text),
                None => return,
            },
            Frame::Close(close) => {
                self.conn.note(What::Closed { code: close.as_ref().map(|close| close.code) });
                Frame::Close(close)
            }
            Frame::Eof => Frame::Eof,
            frame => {
                self.conn.note(What::Frame { kind: frame.kind(), bytes: frame.len() });
                frame
            }
        };
        self.line.handle_input(now, frame);
    }

    fn handle_misbehaviour(&mut self, now: Instant, rule: PeerMisbehaved) {
        self.line.handle_misbehaviour(now, rule);
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.line.handle_timeout(now);
    }

    fn poll_transmit(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = self.out.pop_front() {
                return Some(frame);
            }
            if self.closed {
                return None;
            }
            match self.line.poll_transmit() {
                Some(Frame::Text(text)) => {
                    self.said_in_im(&text);
                    self.answers_name_commands |= text.starts_with("{\"command\"");
                    if self.is_plain() {
                        return Some(Frame::Text(text));
                    }
                    self.say(text);
                }
                Some(frame @ Frame::Close(_)) => {
                    self.release();
                    self.out.push_back(frame);
                    self.closed = true;
                }
                Some(frame) => return Some(frame),
                None => return None,
            }
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.line.poll_timeout()
    }

    fn wants_input(&self) -> bool {
        self.line.wants_input()
    }

    fn close(&mut self, now: Instant) {
        self.line.close(now);
    }

    fn has_ended(&self) -> bool {
        self.line.has_ended()
    }

    fn message_limit(&self) -> MessageLimit {
        self.line.message_limit()
    }

    fn poll_outside(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<()> {
        self.line.poll_outside(cx, now)
    }
}
