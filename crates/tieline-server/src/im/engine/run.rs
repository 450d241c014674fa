//! The deciding thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant as Moment};

use tieline_core::{Instant, Text};
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{Arrival, Decision, Delivery, Lack, Service, SessionId, Step, UserNumber, Write};
use tieline_portsip_im::{ClientMessage, Status};

use super::gathering::Gathering;
use super::{Around, Clock, Directory, Json, OnDecided, Outlet};
use crate::im::meter::Meter;
use crate::im::store::{Reader, StoreError, Writer, weight};

/// Steps that are decided in one go, at most, before what waits is committed.
const GO: usize = 1024;

/// Bytes of messages of one commit, at most, but for a single longer one: what it brings is told at once, and has to find room on the
/// lines of all who hear it.
const COMMIT_BYTES: usize = 1 << 20;

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

pub(super) struct Run<R, W, O> {
    service: Service,
    reader: R,
    writer: W,
    outlet: O,
    clock: Arc<dyn Clock>,
    /// Decided, and not committed.
    waiting: Vec<Decided>,
    gathering: Gathering,
    /// Who waits until nothing waits.
    settling: Vec<Box<dyn FnOnce(Option<Instant>) + Send>>,
    meter: Meter,
    directory: Box<Directory>,
    stopping: bool,
}

impl<R: Reader, W: Writer, O: Outlet> Run<R, W, O> {
    pub(super) fn new(
        service: Service,
        reader: R,
        writer: W,
        outlet: O,
        Around { clock, meter, directory }: Around,
    ) -> Self {
        Self {
            service,
            reader,
            writer,
            outlet,
            clock,
            waiting: Vec::new(),
            gathering: Gathering::default(),
            settling: Vec::new(),
            meter,
            directory,
            stopping: false,
        }
    }

    pub(super) fn run(mut self, heard: &Receiver<Input>) {
        while !self.stopping {
            match self.next(heard) {
                Ok(input) => {
                    self.take(input);
                    for input in heard.try_iter().take(GO) {
                        self.take(input);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => self.stopping = true,
            }
            let now = self.now();
            if self.service.poll_timeout().is_some_and(|due| due <= now) {
                let step = self.service.handle_timeout(now);
                self.decided(step, Asker::Nobody);
            }
            let hurries = self.stopping || !self.settling.is_empty();
            if hurries || self.gathering.left(Moment::now(), self.waiting.len()).is_none() {
                self.commit();
            }
            self.outlet.told();
            self.tell_settled();
            self.count();
        }
    }

    /// Tells those who wait for it that nothing is under way.
    fn tell_settled(&mut self) {
        if self.waiting.is_empty() {
            let due = self.service.poll_timeout();
            self.settling.drain(..).for_each(|done| done(due));
        }
    }

    fn count(&self) {
        let (sessions, users, topics) = self.service.held();
        self.meter.sessions().set(sessions);
        self.meter.users().set(users);
        self.meter.topics().set(topics);
        self.meter.waiting_steps().set(self.waiting.len());
    }

    /// The time, which the service takes for the time of day too.
    fn now(&mut self) -> Instant {
        let now = self.clock.now();
        self.service.put_clock(self.clock.epoch_unix_micros(now));
        now
    }

    fn next(&self, heard: &Receiver<Input>) -> Result<Input, RecvTimeoutError> {
        let due = self.service.poll_timeout().and_then(|due| self.clock.until(due));
        // What waits is committed when its time is over, also if it was over by now: nobody else may come to say anything.
        let waiting = self.waiting.len();
        let more = (waiting > 0).then(|| self.gathering.left(Moment::now(), waiting).unwrap_or_default());
        match due.into_iter().chain(more).min() {
            Some(time) => heard.recv_timeout(time),
            None => heard.recv().map_err(|_| RecvTimeoutError::Disconnected),
        }
    }

    fn take(&mut self, input: Input) {
        let now = self.now();
        // That was not said by a line.
        if !matches!(input, Input::Stop) {
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
        if step.writes().is_empty() && self.waiting.is_empty() {
            self.deliver(step, asker);
        } else {
            self.waiting.push((step, asker));
        }
    }

    /// Keeps what waits, and tells what comes of it, a part after the other if it is much: readers take each in meanwhile.
    fn commit(&mut self) {
        let (mut took, mut asked) = (Duration::ZERO, 0);
        let mut begins = Some(self.waiting.len());
        while !self.waiting.is_empty() {
            let later = self.waiting.split_off(self.fitting());
            let mut steps = std::mem::replace(&mut self.waiting, later);
            let writes: Vec<Write> = steps.iter_mut().flat_map(|(step, _)| step.take_writes()).collect();
            if !writes.is_empty() {
                let begun = Moment::now();
                begins.take().into_iter().for_each(|steps| self.gathering.begin(steps));
                if let Err(error) = self.keep(&writes) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        writes = writes.len(),
                        "nothing was kept"
                    );
                    self.meter.note_store(false);
                    self.meter.failed_commits().add(1);
                    // What was decided since stands on what is not kept.
                    steps.append(&mut self.waiting);
                    return self.fail(steps);
                }
                took += begun.elapsed();
                asked += steps.iter().filter(|(_, asker)| !matches!(asker, Asker::Nobody)).count();
                if self.waiting.is_empty() {
                    self.gathering.end(Moment::now(), took, asked + self.meter.waiting_inputs().get());
                }
                self.meter.note_store(true);
                self.meter.note_commit(begun.elapsed());
                self.meter.commits().add(1);
                self.meter.writes().add(writes.len() as u64);
                let messages = writes.iter().filter(|write| matches!(write, Write::Message { .. })).count();
                self.meter.messages().add(messages as u64);
            }
            for (step, asker) in steps {
                self.deliver(step, asker);
            }
            if !self.waiting.is_empty() {
                self.outlet.told();
            }
        }
    }

    /// How many of the steps that wait go into one commit.
    fn fitting(&self) -> usize {
        let mut bytes = 0;
        let fits = |(step, _): &&Decided| {
            let is_first = bytes == 0;
            bytes += step.writes().iter().map(told_bytes).sum::<usize>();
            is_first || bytes <= COMMIT_BYTES
        };
        self.waiting.iter().take_while(fits).count()
    }

    /// Everybody waits for this thread: what a store panics at is not kept, and no end.
    fn keep(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        let kept = catch_unwind(AssertUnwindSafe(|| self.writer.commit(writes)));
        kept.unwrap_or_else(|_| Err(StoreError::failed("the writer panicked")))
    }

    /// Takes back steps that are not kept.
    fn fail(&mut self, steps: Vec<Decided>) {
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

/// What is told of a write takes on a line, about, where it may be much.
fn told_bytes(write: &Write) -> usize {
    match write {
        Write::Message { message, .. } => weight(message),
        Write::Deletion { deletion, .. } => deletion.ranges.iter().count().saturating_mul(RANGE_BYTES),
        _ => 0,
    }
}

/// A range of messages as the wire writes it, with long numbers.
const RANGE_BYTES: usize = 32;
