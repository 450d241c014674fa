//! The five calls.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use tieline_cloudpbx::rest::{Cdr, Dial, RecordList, Recording, RecordingHead, SendSms, unauthorized};
use tieline_cloudpbx::rest::{REQUEST_LIMIT, Request as Call, bearer_key};
use tieline_cloudpbx::{CdrRecord, Listing, RecordingRecord, SmsResponse};
use tieline_core::http::{BadRequest, Serve as _};
use tieline_core::{Secret, Text};

use crate::exchange::{answer, read_body};
use crate::{Answer, Body, HttpHandler, Paths};

/// What answers the calls: the PBX itself. Nothing here may block for long.
pub trait Api: Send + Sync + 'static {
    /// Whether a key may call. Compare it with [`Secret::matches`].
    fn admits(&self, key: &Secret) -> bool;

    /// The CDRs of some days, or of today. [`Listing::new`] cuts them off where CloudPBX does.
    fn cdrs(&self, call: &Cdr) -> Listing<CdrRecord<Text>>;

    /// The recordings of some days, or of today.
    fn recordings(&self, call: &RecordList) -> Listing<RecordingRecord<Text>>;

    /// One recording; `None` when there is none.
    fn recording(&self, call: &Recording) -> Option<Download>;

    /// Starts a call between two numbers.
    ///
    /// # Errors
    /// [`Dial::action_error`] when it cannot be started.
    fn dial(&self, call: &Dial) -> Result<(), BadRequest>;

    /// Sends a message.
    ///
    /// # Errors
    /// [`SendSms::failed`] when it cannot be sent.
    fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, BadRequest>;
}

impl<A: Api> Api for Arc<A> {
    fn admits(&self, key: &Secret) -> bool {
        A::admits(self, key)
    }

    fn cdrs(&self, call: &Cdr) -> Listing<CdrRecord<Text>> {
        A::cdrs(self, call)
    }

    fn recordings(&self, call: &RecordList) -> Listing<RecordingRecord<Text>> {
        A::recordings(self, call)
    }

    fn recording(&self, call: &Recording) -> Option<Download> {
        A::recording(self, call)
    }

    fn dial(&self, call: &Dial) -> Result<(), BadRequest> {
        A::dial(self, call)
    }

    fn send_sms(&self, call: &SendSms) -> Result<SmsResponse<Text>, BadRequest> {
        A::send_sms(self, call)
    }
}

/// A recording on its way: its head, and its bytes piece by piece.
pub struct Download {
    /// Its length and type.
    pub head: RecordingHead,
    /// Its bytes; as many as the head says.
    pub body: Body,
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("head", &self.head).finish_non_exhaustive()
    }
}

/// The paths of the calls, at the root as the vendor has them.
#[must_use]
pub fn rest_paths() -> Paths {
    Paths::exact(["/cdr", "/record", "/dial", "/sendSMS"]).and(Paths::below("/record/"))
}

/// Answers the REST calls of CloudPBX.
#[derive(Clone)]
pub struct RestService {
    api: Arc<dyn Api>,
    body_timeout: Duration,
}

impl RestService {
    /// A service that asks `api`. The body of a request may take 10 s.
    #[must_use]
    pub fn new(api: impl Api) -> Self {
        Self { api: Arc::new(api), body_timeout: Duration::from_secs(10) }
    }

    /// How long the body of a request may take.
    #[must_use]
    pub fn body_timeout(mut self, within: Duration) -> Self {
        self.body_timeout = within;
        self
    }
}

impl fmt::Debug for RestService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RestService").field("body_timeout", &self.body_timeout).finish_non_exhaustive()
    }
}

impl HttpHandler for RestService {
    fn answer(&self, request: Request<hyper::body::Incoming>, _: SocketAddr) -> Answer {
        let this = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            // Who may not call need not be listened to.
            if !bearer_key(&head).is_some_and(|key| this.api.admits(&key)) {
                return answer(unauthorized().to_response(), None);
            }
            let body = match read_body(body, REQUEST_LIMIT, this.body_timeout).await {
                Ok(body) => body,
                Err(refused) => return *refused,
            };
            match Call::parse(&head, &body).and_then(|call| this.respond(&call)) {
                Ok(response) => response,
                Err(bad) => {
                    tracing::debug!(path = head.uri.path(), status = bad.status, reason = bad.reason, "call refused");
                    answer(bad.to_response(), None)
                }
            }
        })
    }
}

impl RestService {
    fn respond(&self, call: &Call) -> Result<Response<Body>, BadRequest> {
        Ok(match call {
            Call::Cdr(call) => answer(Cdr::to_response(&self.api.cdrs(call)), None),
            Call::RecordList(call) => answer(RecordList::to_response(&self.api.recordings(call)), None),
            Call::Recording(call) => {
                let Download { head, body } = self.api.recording(call).ok_or(Recording::not_found())?;
                answer(Recording::to_response(&head), Some(body))
            }
            Call::Dial(call) => answer(Dial::to_response(&self.api.dial(call)?), None),
            Call::SendSms(call) => answer(SendSms::to_response(&self.api.send_sms(call)?), None),
            _ => return Err(BadRequest::text(501, "Not Implemented", "a call of a later version of the protocol")),
        })
    }
}
