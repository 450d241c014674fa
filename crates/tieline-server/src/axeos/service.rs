//! Users, phones, events and calls over HTTP.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use tieline_axeos::http::{
    Auth, MakeCall, Phones, Request as Call, Users, json_response, not_found, service_unavailable, unauthorized,
};
use tieline_axeos::{CallReply, CallRequest, Listing, Phone, User};
use tieline_core::Text;
use tieline_core::http::{BadRequest, Serve as _};

use super::hub::{EventHub, Outcome};
use crate::exchange::{answer, read_body};
use crate::{Answer, HttpHandler, Paths};

/// The longest body of a request that is read; a call takes a few dozen bytes.
const REQUEST_LIMIT: usize = 4 << 10;

/// What becomes of a call, once that is known.
pub type CallAnswer = Pin<Box<dyn Future<Output = CallReply<Text>> + Send>>;

/// What answers the calls: the PBX itself. Nothing here may block for long.
///
/// Each call is told who asks, since a user of the PBX may see less than an API key does.
pub trait Api: Send + Sync + 'static {
    /// Whether somebody may call. Compare with [`Auth::matches`].
    fn admits(&self, who: &Auth) -> bool;

    /// The users, with the phones in use.
    fn users(&self, who: &Auth) -> Listing<User<Text>>;

    /// The phones, with their states.
    fn phones(&self, who: &Auth) -> Listing<Phone<Text>>;

    /// Starts a call. The answer may wait for the user's phone; it is dropped when the client goes away.
    fn call(&self, who: &Auth, call: &CallRequest) -> CallAnswer;
}

impl<A: Api> Api for Arc<A> {
    fn admits(&self, who: &Auth) -> bool {
        A::admits(self, who)
    }

    fn users(&self, who: &Auth) -> Listing<User<Text>> {
        A::users(self, who)
    }

    fn phones(&self, who: &Auth) -> Listing<Phone<Text>> {
        A::phones(self, who)
    }

    fn call(&self, who: &Auth, call: &CallRequest) -> CallAnswer {
        A::call(self, who, call)
    }
}

/// The paths of the API: all below `/apis/pbx/`.
#[must_use]
pub fn paths() -> Paths {
    Paths::below(format!("{}/", tieline_axeos::http::PATH))
}

/// Answers the calls of Axeos.
///
/// Who may not call gets 401 before anything else is looked at. A poll waits without a thread; it ends when its client goes
/// away, and when the server shuts down.
#[derive(Clone)]
pub struct AxeosService {
    api: Arc<dyn Api>,
    hub: EventHub,
    body_timeout: Duration,
    /// The server shuts down: polls no longer wait.
    ending: Arc<AtomicBool>,
}

impl AxeosService {
    /// A service that asks `api`, and whose events are those of `hub`. The body of a request may take 10 s.
    #[must_use]
    pub fn new(api: impl Api, hub: EventHub) -> Self {
        Self { api: Arc::new(api), hub, body_timeout: Duration::from_secs(10), ending: Arc::default() }
    }

    /// How long the body of a request may take.
    #[must_use]
    pub fn body_timeout(mut self, within: Duration) -> Self {
        self.body_timeout = within;
        self
    }
}

impl fmt::Debug for AxeosService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AxeosService")
            .field("hub", &self.hub)
            .field("body_timeout", &self.body_timeout)
            .finish_non_exhaustive()
    }
}

impl HttpHandler for AxeosService {
    fn answer(&self, request: Request<hyper::body::Incoming>, _: SocketAddr) -> Answer {
        let this = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            // Who may not call need not be listened to.
            let Some(who) = Auth::of(&head).filter(|who| this.api.admits(who)) else {
                return refuse(&head, &unauthorized());
            };
            let body = match head.method {
                Method::GET => Bytes::new(),
                _ => match read_body(body, REQUEST_LIMIT, this.body_timeout).await {
                    Ok(body) => body,
                    Err(refused) => return *refused,
                },
            };
            let response = match Call::read(&head, &body) {
                Ok(Call::Users(_)) => Users::to_response(&this.api.users(&who)),
                Ok(Call::Phones(_)) => Phones::to_response(&this.api.phones(&who)),
                Ok(Call::Events(events)) => match this.hub.poll(events.poll, &this.ending).await {
                    Outcome::Events(json) => json_response(&json),
                    Outcome::Unavailable => return refuse(&head, &service_unavailable()),
                },
                Ok(Call::Call(call)) => MakeCall::to_response(&this.api.call(&who, &call.request).await),
                Ok(_) => return refuse(&head, &not_found()),
                Err(bad) => return refuse(&head, &bad),
            };
            answer(response, None)
        })
    }

    fn begin_shutdown(&self) {
        self.hub.release(&self.ending);
    }
}

fn refuse(head: &http::request::Parts, bad: &BadRequest) -> http::Response<crate::Body> {
    tracing::debug!(path = head.uri.path(), status = bad.status, reason = bad.reason, "call refused");
    answer(bad.to_response(), None)
}
