//! The thread that decides: the rules of the IM service over a store, for whoever holds the lines.
//!
//! One thread owns the [`Service`], a [`Reader`] and a [`Writer`]. Lines say what came through an [`Engine`], which any thread
//! may do, and are told by an [`Outlet`], on the deciding thread: it must not block. All that came while a commit lasted is
//! decided after it and goes into the next one. A commit may wait for those whom the one before it answered, 2 ms at most.

mod clock;
mod gathering;
mod run;

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use tieline_core::{Instant, Text};
use tieline_portsip_im::ClientMessage;
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{Arrival, MessageRecord, Service, SessionId, UserNumber};

use super::meter::{Meter, ServiceStats};
use super::store::{Reader, StoreError, Writer};
pub use clock::Clock;
pub(super) use clock::SystemClock;
use run::{Input, Run};

/// Who is told.
pub trait Outlet: Send + 'static {
    /// A login was kept (`true`): [`ImServer::accept`](tieline_portsip_im::server::ImServer::accept) it; or was not: reject it
    /// with 500.
    fn opened(&mut self, session: SessionId, login: ServerRequestId, kept: bool);

    /// A part of the answer to a request; the last one ends it.
    fn answer(&mut self, session: SessionId, request: ServerRequestId, answer: Answer, last: bool);

    /// A message for sessions, encoded once for all of them.
    fn push(&mut self, to: &[SessionId], message: &Text);

    /// How many bytes of history a session may be given now: a page is cut to them, but has one message at least.
    fn room(&mut self, session: SessionId) -> usize {
        let _ = session;
        usize::MAX
    }

    /// A message for the world outside: of a user in an external message channel.
    fn forward(&mut self, channel: &Text, message: MessageRecord);

    /// There is nothing more to tell for now: an outlet that holds back what it was told, so that what is for one session
    /// goes out together, lets it go. Nothing is left to be done here by one that does not.
    fn told(&mut self) {}
}

/// Done when a note is decided.
pub(super) type OnDecided = Box<dyn FnOnce() + Send>;

/// Knows users whom the store does not know.
pub(super) type Directory = dyn Fn(UserNumber) -> Option<Arrival> + Send;

/// What an engine has around it.
pub(super) struct Around {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) meter: Meter,
    pub(super) directory: Box<Directory>,
}

/// Says what came. Cheap to clone; what one thread says is decided in its order.
#[derive(Clone)]
pub struct Engine {
    inputs: Sender<Input>,
    meter: Meter,
}

impl Engine {
    /// Starts the thread.
    ///
    /// The service's clock is the system's and begins now.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(
        service: Service,
        reader: impl Reader,
        writer: impl Writer,
        outlet: impl Outlet,
    ) -> Result<(Self, Running), StoreError> {
        Self::start_with_clock(service, reader, writer, outlet, Arc::new(SystemClock::start()))
    }

    /// Starts the thread, with another clock than the system's.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start_with_clock(
        service: Service,
        reader: impl Reader,
        writer: impl Writer,
        outlet: impl Outlet,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Running), StoreError> {
        let around = Around { clock, meter: Meter::default(), directory: Box::new(|_| None) };
        Self::start_within(service, reader, writer, outlet, around)
    }

    pub(super) fn start_within(
        service: Service,
        reader: impl Reader,
        writer: impl Writer,
        outlet: impl Outlet,
        around: Around,
    ) -> Result<(Self, Running), StoreError> {
        let (inputs, heard) = channel();
        let counting = around.meter.clone();
        let thread = std::thread::Builder::new()
            .name("im-engine".into())
            .spawn(move || {
                let meter = around.meter.clone();
                let run = || Run::new(service, reader, writer, outlet, around).run(&heard);
                // What the owner handed in, an outlet, a reader, a directory, is called there.
                if catch_unwind(AssertUnwindSafe(run)).is_err() {
                    meter.note_death();
                    tracing::error!("the thread that decides panicked: nothing is answered any more");
                }
            })
            .map_err(StoreError::failed)?;
        Ok((Self { inputs: inputs.clone(), meter: counting }, Running { inputs, thread: Some(thread) }))
    }

    fn say(&self, input: Input) {
        self.meter.waiting_inputs().add(1);
        // An engine that stopped has told everybody so.
        if self.inputs.send(input).is_err() {
            self.meter.waiting_inputs().less();
        }
    }

    /// Somebody logged in: [`Outlet::opened`] says when that is kept.
    pub fn open(&self, session: SessionId, login: ServerRequestId, arrival: Arrival) {
        self.say(Input::Open { session, login, arrival });
    }

    /// A request came.
    pub fn request(&self, session: SessionId, request: ServerRequestId, message: ClientMessage<Text>) {
        self.say(Input::Asked { session, request, message: Box::new(message) });
    }

    /// A note came, which is not answered.
    pub fn note(&self, session: SessionId, message: ClientMessage<Text>) {
        self.note_then(session, message, Box::new(|| {}));
    }

    /// The same, and what is to be done, on the deciding thread, once it is decided.
    pub(super) fn note_then(&self, session: SessionId, message: ClientMessage<Text>, decided: OnDecided) {
        self.say(Input::Noted { session, message: Box::new(message), decided });
    }

    /// A line ended.
    pub fn close(&self, session: SessionId) {
        self.say(Input::Closed(session));
    }

    /// A message came from outside for a channel, by the id behind `emc`.
    pub fn receive(&self, channel: Text, head: Option<Json>, content: Option<Json>) {
        self.say(Input::Received { channel, head, content });
    }

    /// From now on a user may use these external message channels, by the ids behind `emc`: the user's parts in others end,
    /// on all lines. Without effect while the store cannot be read.
    pub fn change_channels(&self, user: UserNumber, channels: Vec<Text>) {
        self.say(Input::Channels { user, channels });
    }

    /// Tells `done`, on the deciding thread, once all that was said before is decided, committed and told, or failed, and
    /// what the clock says is due is done: when the next thing is due by itself.
    pub fn when_settled(&self, done: impl FnOnce(Option<Instant>) + Send + 'static) {
        self.say(Input::Settle(Box::new(done)));
    }

    /// Waits for [`when_settled`](Self::when_settled). Blocks, for as long as a commit takes. For a host whose time stands:
    /// what comes of a step is there before time goes on. `None` also when the engine has stopped.
    #[must_use]
    pub fn settle(&self) -> Option<Instant> {
        let (settled, told) = channel();
        self.when_settled(move |due| {
            // Whoever asked may be gone.
            let _ = settled.send(due);
        });
        told.recv().ok().flatten()
    }

    /// The clock runs otherwise than before: the engine looks at it again.
    pub fn look_at_clock(&self) {
        self.say(Input::Clock);
    }

    /// What was counted since the start, and what is held now.
    #[must_use]
    pub fn stats(&self) -> ServiceStats {
        self.meter.stats()
    }

    /// From now on every request is answered 503.
    pub fn drain(&self) {
        self.say(Input::Drain);
    }
}

/// A JSON value, as it stands.
type Json = tieline_core::json::Raw<Text>;

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Engine")
    }
}

/// The running thread. Dropped, it ends it: what was said before is decided, committed and told.
#[must_use = "dropped, the engine stops"]
pub struct Running {
    inputs: Sender<Input>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.inputs.send(Input::Stop);
        if let Some(thread) = self.thread.take() {
            // What it panicked at, if it did, was printed.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}
