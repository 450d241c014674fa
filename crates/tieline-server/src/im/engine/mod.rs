//! The thread that decides: the rules of the IM service over a store, for whoever holds the lines.
//!
//! One thread owns the [`Service`] and a [`Reader`], a second one, the [`Committer`], the [`Writer`]. Lines say what came
//! through an [`Engine`], which any thread may do, and are told by an [`Outlet`], on the deciding thread: it must not block.
//! While a commit lasts the decisions go on, and all that wait go into the next one.

mod run;

use std::fmt;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use tieline_core::Text;
use tieline_portsip_im::ClientMessage;
use tieline_portsip_im::server::{Answer, ServerRequestId};
use tieline_portsip_im::service::{Arrival, MessageRecord, Service, SessionId, UserNumber};

use super::meter::{Meter, ServiceStats};
use super::store::{Committer, Reader, StoreError, Writer};
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

    /// A message for the world outside: of a user in an external message channel.
    fn forward(&mut self, channel: &Text, message: MessageRecord);

    /// There is nothing more to tell for now: an outlet that holds back what it was told, so that what is for one session
    /// goes out together, lets it go. Nothing is left to be done here by one that does not.
    fn told(&mut self) {}
}

/// Knows users whom the store does not know.
pub(super) type Directory = dyn Fn(UserNumber) -> Option<Arrival> + Send;

/// Says what came. Cheap to clone; what one thread says is decided in its order.
#[derive(Clone)]
pub struct Engine {
    inputs: Sender<Input>,
    meter: Meter,
}

impl Engine {
    /// Starts the threads.
    ///
    /// The service's clock begins now: its `epoch_unix_micros` is the time of day at this call.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start(
        service: Service,
        reader: impl Reader,
        writer: impl Writer,
        outlet: impl Outlet,
    ) -> Result<(Self, Running), StoreError> {
        Self::metered(service, reader, writer, outlet, Meter::default(), Box::new(|_| None))
    }

    pub(super) fn metered(
        service: Service,
        reader: impl Reader,
        writer: impl Writer,
        outlet: impl Outlet,
        meter: Meter,
        directory: Box<Directory>,
    ) -> Result<(Self, Running), StoreError> {
        let (inputs, heard) = channel();
        let told = inputs.clone();
        let committer = Committer::start(writer, move |outcome| {
            // It is gone only when nobody waits any more.
            let _ = told.send(Input::Committed(outcome));
        })?;
        let (counted, counting) = (meter.clone(), meter.clone());
        let thread = std::thread::Builder::new()
            .name("im-engine".into())
            .spawn(move || Run::new(service, reader, committer, outlet, counted, directory).run(&heard))
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
        self.say(Input::Said { session, request: Some(request), message: Box::new(message) });
    }

    /// A note came, which is not answered.
    pub fn note(&self, session: SessionId, message: ClientMessage<Text>) {
        self.say(Input::Said { session, request: None, message: Box::new(message) });
    }

    /// A line ended.
    pub fn close(&self, session: SessionId) {
        self.say(Input::Closed(session));
    }

    /// A message came from outside for a channel, by the id behind `emc`.
    pub fn receive(&self, channel: Text, head: Option<Json>, content: Option<Json>) {
        self.say(Input::Received { channel, head, content });
    }

    /// Tells `done`, on the deciding thread, once all that was said before is decided and committed, or failed, and told.
    pub fn settle(&self, done: impl FnOnce() + Send + 'static) {
        self.say(Input::Settle(Box::new(done)));
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

/// The running threads. Dropped, it ends them: what was said before is decided, committed and told.
#[must_use = "dropped, the engine stops"]
pub struct Running {
    inputs: Sender<Input>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.inputs.send(Input::Stop);
        if let Some(thread) = self.thread.take() {
            // It panicked only if the outlet did, which was printed.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Running")
    }
}
