//! `GET users`, `GET phones`, `GET events`.

use std::string::ToString as _;

use bytes::Bytes;
use tieline_core::Text;
use tieline_core::http::{
    ApiError, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, Method, Plan, Repeat, RequestBuilder,
    RequestHead, Response, ResponseHead, Serve, query_pairs,
};

use super::json::{DEPTH, accepting_json, json_response, parse, refusal};
use crate::{Batch, Listing, Phone, Poll, User};

/// The longest list: 100,000 users of a few hundred bytes would not fit, and no PBX has them.
const LIST_LIMIT: usize = 16 << 20;
const EVENTS_LIMIT: usize = 4 << 20;

macro_rules! list {
    ($(#[$meta:meta])* $name:ident, $row:ident, $path:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct $name {
            /// The longest answer taken, in bytes. Default 16 MiB.
            pub limit: usize,
        }

        impl Default for $name {
            fn default() -> Self {
                Self { limit: LIST_LIMIT }
            }
        }

        impl Endpoint for $name {
            type Reply = Listing<$row<Text>>;
            const REPEAT: Repeat = Repeat::Safe;

            fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
                let request = RequestBuilder::new(Method::GET, base, $path).query("status", "1");
                accepting_json(request).authorize(auth).finish()
            }

            fn plan(&self, _head: &ResponseHead) -> Result<Plan<Self::Reply>, ApiError> {
                Ok(Plan::Whole { limit: self.limit })
            }

            fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Self::Reply, ApiError> {
                parse(head, body, |text| Listing::decode(text, DEPTH))
            }
        }

        impl Serve for $name {
            /// `status` may be absent: what a PBX then leaves out no document says, so nothing is left out.
            fn from_request(_path: &str, _head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
                Ok(Self::default())
            }

            fn to_response(reply: &Self::Reply) -> Response<Body> {
                json_response(reply.body())
            }
        }
    };
}

list!(
    /// `GET users?status=1`: every user, with the phone in use.
    Users, User, "users"
);
list!(
    /// `GET phones?status=1`: every phone, with its state.
    Phones, Phone, "phones"
);

/// `GET events`: the events after a place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Events {
    /// What is asked.
    pub poll: Poll,
    /// The longest answer taken, in bytes. Default 4 MiB.
    pub limit: usize,
}

impl Events {
    /// Asks `poll`.
    #[must_use]
    pub const fn new(poll: Poll) -> Self {
        Self { poll, limit: EVENTS_LIMIT }
    }
}

impl Endpoint for Events {
    type Reply = Batch;
    const REPEAT: Repeat = Repeat::Safe;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let mut request = RequestBuilder::new(Method::GET, base, "events");
        for (name, value) in self.poll.pairs() {
            request = request.query(name, &value.to_string());
        }
        accepting_json(request).authorize(auth).finish()
    }

    fn plan(&self, _head: &ResponseHead) -> Result<Plan<Batch>, ApiError> {
        Ok(Plan::Whole { limit: self.limit })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Batch, ApiError> {
        parse(head, body, |text| Listing::decode(text, DEPTH))
    }
}

impl Serve for Events {
    fn from_request(_path: &str, head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
        let pairs = query_pairs(head.uri.query().unwrap_or_default().as_bytes());
        Poll::from_pairs(pairs).map(Self::new).map_err(|error| refusal(400, error.words()))
    }

    fn to_response(reply: &Batch) -> Response<Body> {
        json_response(reply.body())
    }
}
