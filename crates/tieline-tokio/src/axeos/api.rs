//! The client of the single calls.

use std::fmt;
use std::sync::Arc;

use tieline_axeos::http::{Events, MakeCall, Phones, Users};
use tieline_axeos::{Batch, CallReply, Listing, Phone, Poll, User};
use tieline_core::Text;
use tieline_core::http::{BaseUrl, CallError};
use tieline_dial::axeos::ApiConfig;
use tieline_dial::{ConnectError, Sharing};

use crate::http::HttpClient;

/// Makes the calls of Axeos. Cheap to clone; clones share connections.
///
/// A list that is asked for on a kept connection which turns out to be closed is asked for once more on a new one. A poll
/// is not, since whoever follows the log must know of a break; a call is written once, whatever happens.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    http: HttpClient,
    config: ApiConfig,
}

impl Api {
    /// A client. Nothing is dialled yet.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn new(config: ApiConfig) -> Result<Self, ConnectError> {
        let http = HttpClient::new(config.http.clone())?;
        Ok(Self(Arc::new(Inner { http, config })))
    }

    /// Where the API is.
    #[must_use]
    pub fn base(&self) -> &BaseUrl {
        self.0.http.base()
    }

    /// Every user, with the phone in use.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn users(&self) -> Result<Listing<User<Text>>, CallError> {
        self.0.http.call(&Users::default()).await
    }

    /// Every phone, with its state.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn phones(&self) -> Result<Listing<Phone<Text>>, CallError> {
        self.0.http.call(&Phones::default()).await
    }

    /// The events after a place in the log, waited for as the poll says. Dropping the future ends the wait, and its
    /// connection.
    ///
    /// # Errors
    /// [`CallError`]. That there was no event in time is none.
    pub async fn events(&self, poll: Poll) -> Result<Batch, CallError> {
        let time = self.0.config.poll_time(&poll);
        self.0.http.call_sharing(&Events::new(poll), time, Sharing::Kept).await
    }

    /// Rings a user, and dials for them once they answer. Written once: see [`CallError::sent`] for whether the PBX may have
    /// acted when this fails.
    ///
    /// # Errors
    /// [`CallError`]. That somebody is busy or does not answer is none.
    pub async fn call(&self, call: &MakeCall) -> Result<CallReply<Text>, CallError> {
        self.0.http.call_within(call, self.0.config.ring_timeout).await
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("base", self.base()).finish_non_exhaustive()
    }
}
