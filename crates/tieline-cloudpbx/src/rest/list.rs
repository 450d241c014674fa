//! `cdr` and `record`: the two lists.

use core::fmt;
use core::marker::PhantomData;

use bytes::Bytes;
use tieline_core::http::{
    ApiError, ApiErrorKind, Authorization, BadRequest, BaseUrl, Body, BuildError, Endpoint, HeaderValue, Method, Plan,
    Repeat, RequestBuilder, RequestHead, Response, ResponseHead, Serve, header, query_pairs,
};
use tieline_core::json::{Decode, DecodeError, Encode};
use tieline_core::{Date, Text};

use super::refusal;
use crate::{CdrRecord, DateRange, Listed, Listing, ListingError, RecordingRecord};

/// `GET cdr`: the CDRs of some days, at most 10,000.
pub type Cdr = List<CdrRecord<Text>>;

/// `GET record`: the list of the recordings of some days, at most 5,000.
pub type RecordList = List<RecordingRecord<Text>>;

/// A list of records of some days. The reply's strings are slices of the answer, which they keep alive.
pub struct List<T> {
    /// The first day, by the PBX's clock; without it the server takes its own today.
    pub datestart: Option<Date>,
    /// The last day. That it is in the range is ASSUMED.
    pub datestop: Option<Date>,
    /// How much of an answer is taken.
    pub limits: ListLimits,
    record: PhantomData<fn() -> T>,
}

/// How much of a list is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListLimits {
    /// The longest answer in bytes. Default 32 MiB.
    pub bytes: usize,
    /// The most rows. Default 20,000: twice the documented most of the longer list.
    pub rows: usize,
}

impl Default for ListLimits {
    fn default() -> Self {
        Self { bytes: 32 << 20, rows: 20_000 }
    }
}

impl<T> List<T> {
    /// The day that is today by the server's clock.
    #[must_use]
    pub fn today() -> Self {
        Self { datestart: None, datestop: None, limits: ListLimits::default(), record: PhantomData }
    }

    /// A range of days.
    #[must_use]
    pub fn of(range: DateRange) -> Self {
        Self { datestart: Some(range.first()), datestop: Some(range.last()), ..Self::today() }
    }
}

impl<T: Listed + for<'a> Decode<'a, Text>> Endpoint for List<T> {
    type Reply = Listing<T>;
    const REPEAT: Repeat = Repeat::Safe;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        let mut request = RequestBuilder::new(Method::GET, base, T::CALL);
        for (name, date) in [("datestart", self.datestart), ("datestop", self.datestop)] {
            if let Some(date) = date {
                request = request.query(name, &std::format!("{date}"));
            }
        }
        request.authorize(auth).finish()
    }

    fn plan(&self, head: &ResponseHead) -> Result<Plan<Self::Reply>, ApiError> {
        Ok(Plan::Whole { limit: if head.status == 200 { self.limits.bytes } else { refusal::REFUSAL_LIMIT } })
    }

    fn parse(&self, head: &ResponseHead, body: Bytes) -> Result<Self::Reply, ApiError> {
        if head.status != 200 {
            return Err(refusal::refused(head, body));
        }
        let text = match Text::from_utf8(body) {
            Ok(text) => text,
            Err(body) => return Err(ApiError::decode(head, DecodeError::not_utf8(&body), body)),
        };
        Listing::decode(&text, self.limits.rows).map_err(|error| match error {
            ListingError::Decode(error) => ApiError::decode(head, error, text.into_bytes()),
            ListingError::TooMany { .. } => {
                let kind = ApiErrorKind::Unexpected("the list has more rows than the limit");
                ApiError::new(head, kind, text.into_bytes())
            }
        })
    }
}

impl<T: Listed + Encode + for<'a> Decode<'a, Text>> Serve for List<T> {
    fn from_request(_path: &str, head: &RequestHead, _body: &[u8]) -> Result<Self, BadRequest> {
        let mut list = Self::today();
        for (name, value) in query_pairs(head.uri.query().unwrap_or_default().as_bytes()) {
            let (field, reason) = match &*name {
                "datestart" => (&mut list.datestart, "`datestart` is no date"),
                "datestop" => (&mut list.datestop, "`datestop` is no date"),
                _ => continue,
            };
            *field = match &*value {
                "" => None,
                date => Some(date.parse().map_err(|_| refusal::parameter(reason))?),
            };
        }
        Ok(list)
    }

    /// The JSON array of the document, without white space; slashes are not escaped (the vendor's server writes `\/`).
    fn to_response(reply: &Self::Reply) -> Response<Body> {
        let mut response = Response::new(Body::Whole(reply.to_json().into()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }
}

// By hand, since the derived ones would ask the same of the record.
impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<T> {}

impl<T> PartialEq for List<T> {
    fn eq(&self, other: &Self) -> bool {
        (self.datestart, self.datestop, self.limits) == (other.datestart, other.datestop, other.limits)
    }
}

impl<T> Eq for List<T> {}

impl<T> fmt::Debug for List<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("datestart", &self.datestart)
            .field("datestop", &self.datestop)
            .field("limits", &self.limits)
            .finish()
    }
}
