//! The deciding thread.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use tieline_core::{Instant, Text};
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{
    Arrival, Decision, Delivery, Lack, Service, SessionId, Step, TopicKey, UserNumber, Write,
};
use tieline_portsip_im::{ClientMessage, Status};

use super::{Around, Clock, Directory, Json, OnDecided, Outlet};
use crate::im::meter::Meter;
use crate::im::store::{Committer, Outcome, Reader, StoreError};

/// Steps that are decided in one go, at most, before what waits is committed.
const GO: usize = 1024;

/// Messages are held back for no longer, however long a commit takes.
const HOLD: Duration = Duration::from_millis(20);

/// How often what lacks is loaded for one decision: a user, then topics, then their members.
const LOADS: usize = 8;

/// What the thread is told.
pub(super) enum Input {
    Open { session: SessionId, login: ServerRequestId, arrival: Arrival },
    Asked { session: SessionId, request: ServerRequestId, message: Box<ClientMessage<Text>> },
    Noted { session: SessionId, message: Box<ClientMessage<Text>>, decided: OnDecided },
    Received { channel: Text, head: Option<Json>, content: Option<Json> },
    Channels { user: UserNumber, channels: Vec<Text> },
    Closed(SessionId),
    Committed(Outcome),
    Settle(Box<dyn FnOnce(Option<Instant>) + Send>),
    Clock,
    Drain,
    Stop,
}

/// Who waits for a step.
#[derive(Clone, Copy)]
enum Asker {
    Login(SessionId, ServerRequestId),
    Request(SessionId, ServerRequestId),
    Nobody,
}

type Decided = (Step, Asker);

pub(super) struct Run<R, O> {
    service: Service,
    reader: R,
    committer: Committer,
    outlet: O,
    clock: Arc<dyn Clock>,
    /// Decided, and not submitted.
    waiting: Vec<Decided>,
    /// Submitted, and not committed.
    flying: Vec<Decided>,
    /// The topics whose messages are among that.
    topics: BTreeSet<TopicKey>,
    /// The topics whose messages were committed since the outlet was told.
    fresh: BTreeSet<TopicKey>,
    /// Until when messages that were committed are held back at most.
    held: Option<std::time::Instant>,
    /// When what flies was submitted, and how many writes and messages it has.
    submitted: (std::time::Instant, u64, u64),
    /// Who waits until nothing waits.
    settling: Vec<Box<dyn FnOnce(Option<Instant>) + Send>>,
    meter: Meter,
    directory: Box<Directory>,
    stopping: bool,
}

impl<R: Reader, O: Outlet> Run<R, O> {
    pub(super) fn new(
        service: Service,
        reader: R,
        committer: Committer,
        outlet: O,
        Around { clock, meter, directory }: Around,
    ) -> Self {
        Self {
            service,
            reader,
            committer,
            outlet,
            clock,
            waiting: Vec::new(),
            flying: Vec::new(),
            topics: BTreeSet::new(),
            fresh: BTreeSet::new(),
            held: None,
            submitted: (std::time::Instant::now(), 0, 0),
            settling: Vec::new(),
            meter,
            directory,
            stopping: false,
        }
    }

    pub(super) fn run(mut self, heard: &Receiver<Input>) {
        while !(self.stopping && self.waiting.is_empty() && self.flying.is_empty()) {
            match self.next(heard) {
                Ok(input) => {
                    self.take(input);
                    for input in heard.try_iter().take(GO) {
                        self.take(input);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let now = self.now();
            if self.service.poll_timeout().is_some_and(|due| due <= now) {
                let step = self.service.handle_timeout(now);
                self.decided(step, Asker::Nobody);
            }
            self.submit();
            self.tell();
            self.tell_settled();
            self.count();
        }
    }

    /// Lets the outlet tell. While the next commit of the same topics is under way it may hold back messages, once: who has
    /// much to say is heard with half as many writes, and who waits for an answer, or has said all, waits for nothing.
    fn tell(&mut self) {
        let fresh = std::mem::take(&mut self.fresh);
        let holds = match self.held {
            _ if self.flying.is_empty() => false,
            None => !fresh.is_empty() && fresh.is_subset(&self.topics),
            Some(until) => fresh.is_empty() && std::time::Instant::now() < until,
        };
        if holds {
            self.held.get_or_insert_with(|| std::time::Instant::now() + HOLD);
            self.outlet.told_between();
        } else {
            self.held = None;
            self.outlet.told();
        }
    }

    /// Tells those who wait for it that nothing is under way.
    fn tell_settled(&mut self) {
        if self.waiting.is_empty() && self.flying.is_empty() {
            let due = self.service.poll_timeout();
            self.settling.drain(..).for_each(|done| done(due));
        }
    }

    fn count(&self) {
        let (sessions, users, topics) = self.service.held();
        self.meter.sessions().set(sessions);
        self.meter.users().set(users);
        self.meter.topics().set(topics);
        self.meter.waiting_steps().set(self.waiting.len() + self.flying.len());
    }

    /// The time, which the service takes for the time of day too.
    fn now(&mut self) -> Instant {
        let now = self.clock.now();
        self.service.put_clock(self.clock.epoch_unix_micros(now));
        now
    }

    fn next(&self, heard: &Receiver<Input>) -> Result<Input, RecvTimeoutError> {
        let due = self.service.poll_timeout().and_then(|due| self.clock.until(due));
        let held = self.held.map(|until| until.saturating_duration_since(std::time::Instant::now()));
        match due.into_iter().chain(held).min() {
            Some(time) => heard.recv_timeout(time),
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn take(&mut self, input: Input) {
        let now = self.now();
        // What the committer tells was not said by a line.
        if !matches!(input, Input::Committed(_) | Input::Stop) {
            self.meter.waiting_inputs().less();
        }
        match input {
            Input::Open { session, login, arrival } => {
                let made = self.decide(|service| service.open(now, session, &arrival));
                match made {
                    Ok(step) => self.decided(step, Asker::Login(session, login)),
                    Err(_) => self.outlet.opened(session, login, false),
                }
            }
            Input::Asked { session, request, message } => {
                self.meter.requests().add(1);
                match self.decide(|service| service.decide(now, session, &message)) {
                    Ok(step) => self.decided(step, Asker::Request(session, request)),
                    Err(_) => self.outlet.answer(session, request, Status::INTERNAL.into(), true),
                }
            }
            Input::Noted { session, message, decided } => {
                if let Ok(step) = self.decide(|service| service.decide(now, session, &message)) {
                    self.decided(step, Asker::Nobody);
                }
                decided();
            }
            Input::Received { channel, head, content } => {
                let made = self.decide(|service| service.receive(now, &channel, head.clone(), content.clone()));
                match made {
                    Ok(step) => self.decided(step, Asker::Nobody),
                    Err(_) => tracing::error!(%channel, "a message from outside is lost"),
                }
            }
            Input::Channels { user, channels } => {
                if let Ok(step) = self.decide(|service| service.change_channels(now, user, &channels)) {
                    self.decided(step, Asker::Nobody);
                }
            }
            Input::Closed(session) => {
                let step = self.service.close(now, session);
                self.decided(step, Asker::Nobody);
            }
            Input::Committed(outcome) => self.committed(&outcome),
            Input::Settle(done) => self.settling.push(done),
            // Coming here was all.
            Input::Clock => {}
            Input::Drain => self.service.drain(),
            Input::Stop => self.stopping = true,
        }
    }

    /// Decides; what lacks is loaded.
    fn decide(&mut self, mut decide: impl FnMut(&mut Service) -> Decision) -> Result<Step, StoreError> {
        for _ in 0..LOADS {
            let lacks = match decide(&mut self.service) {
                Decision::Made(step) => return Ok(step),
                Decision::Lacks(lacks) => lacks,
            };
            for lack in lacks {
                self.load(&lack).inspect_err(|error| {
                    self.unreadable(error, "the store cannot be read");
                })?;
            }
        }
        Err(StoreError::Corrupt { what: "what lacks again and again" })
    }

    fn unreadable(&self, error: &StoreError, words: &str) {
        self.meter.failed_reads().add(1);
        self.meter.note_store(false);
        tracing::error!(error = error as &dyn std::error::Error, "{words}");
    }

    fn load(&mut self, lack: &Lack) -> Result<(), StoreError> {
        match lack {
            Lack::User(user) => {
                let record = self.reader.user(*user)?;
                let (unknown, now) = (record.is_none(), self.now());
                self.service.provide_user(*user, record);
                if unknown
                    && let Some(arrival) = (self.directory)(*user)
                    && let Decision::Made(step) = self.service.introduce(now, &arrival)
                {
                    // Kept before what is decided with it, or with it.
                    self.decided(step, Asker::Nobody);
                }
            }
            Lack::Topic(topic) => {
                let record = self.reader.topic(topic)?;
                self.service.provide_topic(topic, record);
            }
            _ => return Err(StoreError::Corrupt { what: "a kind of lack" }),
        }
        Ok(())
    }

    /// A step that writes nothing, and that nothing is before, is told at once.
    fn decided(&mut self, step: Step, asker: Asker) {
        if step.writes().is_empty() && self.waiting.is_empty() && self.flying.is_empty() {
            self.deliver(step, asker);
        } else {
            self.waiting.push((step, asker));
        }
    }

    /// Sends what waits to its commit, when none is on its way.
    fn submit(&mut self) {
        if !self.flying.is_empty() || self.waiting.is_empty() {
            return;
        }
        self.flying = std::mem::take(&mut self.waiting);
        let writes: Vec<Write> = self.flying.iter_mut().flat_map(|(step, _)| step.take_writes()).collect();
        let mut messages = 0;
        for write in &writes {
            if let Write::Message { topic, .. } = write {
                messages += 1;
                if !self.topics.contains(topic) {
                    self.topics.insert(topic.clone());
                }
            }
        }
        self.submitted = (std::time::Instant::now(), writes.len() as u64, messages);
        if writes.is_empty() {
            self.told_committed();
        } else if let Err(error) = self.committer.submit(writes) {
            self.committed(&Err(error));
        }
    }

    fn committed(&mut self, outcome: &Outcome) {
        let (at, writes, messages) = self.submitted;
        let topics = std::mem::take(&mut self.topics);
        self.meter.note_store(outcome.is_ok());
        if outcome.is_ok() {
            self.meter.note_commit(at.elapsed());
            self.meter.commits().add(1);
            self.meter.writes().add(writes);
            self.meter.messages().add(messages);
            self.fresh = topics;
            return self.told_committed();
        }
        self.meter.failed_commits().add(1);
        let mut steps = std::mem::take(&mut self.flying);
        // What was decided since stands on what is not kept.
        steps.append(&mut self.waiting);
        let (steps, askers): (Vec<Step>, Vec<Asker>) = steps.into_iter().unzip();
        self.service.fail(steps);
        for asker in askers {
            match asker {
                Asker::Login(session, login) => self.outlet.opened(session, login, false),
                Asker::Request(session, request) => {
                    self.outlet.answer(session, request, Status::INTERNAL.into(), true);
                }
                Asker::Nobody => {}
            }
        }
    }

    fn told_committed(&mut self) {
        for (step, asker) in std::mem::take(&mut self.flying) {
            self.deliver(step, asker);
        }
    }

    fn deliver(&mut self, step: Step, asker: Asker) {
        if let Asker::Login(session, login) = asker {
            self.outlet.opened(session, login, true);
        }
        for delivery in self.service.commit(step) {
            match delivery {
                Delivery::Answer { answer, last } => self.answer(asker, answer, last),
                Delivery::History { history, last } => {
                    // A shorter page: who asks learns how many came, and asks for what is before them.
                    let room = if let Asker::Request(session, _) = asker { self.outlet.room(session) } else { 0 };
                    let (messages, answer) = match self.reader.messages(&history.topic, &history.messages, room) {
                        Ok(found) => history.answer(&found),
                        Err(error) => {
                            self.unreadable(&error, "history cannot be read");
                            (Vec::new(), Answer::status(Status::INTERNAL))
                        }
                    };
                    if let Asker::Request(session, _) = asker {
                        messages.iter().for_each(|message| self.outlet.push(&[session], message));
                    }
                    self.answer(asker, answer, last);
                }
                Delivery::Push { to, message } => {
                    self.meter.deliveries().add(to.len() as u64);
                    self.outlet.push(&to, &message);
                }
                Delivery::Forward { channel, message } => {
                    self.meter.outside().add(1);
                    self.outlet.forward(&channel, message);
                }
                _ => {}
            }
        }
    }

    fn answer(&mut self, asker: Asker, answer: Answer, last: bool) {
        if let Asker::Request(session, request) = asker {
            self.outlet.answer(session, request, answer, last);
        }
    }
}
