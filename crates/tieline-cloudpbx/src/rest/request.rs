//! Any of the five calls, read from a request.

use tieline_core::Secret;
use tieline_core::http::{Authorization, BadRequest, Method, RequestHead, Serve, header};

use super::{Cdr, Dial, RecordList, Recording, SendSms};

/// The longest body of a request in bytes: twelve for each of the 1024 characters of an SMS, percent-encoded, and room
/// for the rest.
pub const REQUEST_LIMIT: usize = 16 << 10;

/// A call that a client makes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// `GET cdr`
    Cdr(Cdr),
    /// `GET record`
    RecordList(RecordList),
    /// `GET record/{uniqueid}`
    Recording(Recording),
    /// `GET dial`
    Dial(Dial),
    /// `POST sendSMS`
    SendSms(SendSms),
}

impl Request {
    /// Reads a request, its body whole; paths begin at the root. Who asks is not looked at: see [`bearer_key`].
    ///
    /// # Errors
    /// When the path is none of the five (404), the method is another (405), or a parameter is missing or wrong (400
    /// `Parameter is missing`).
    pub fn parse(head: &RequestHead, body: &[u8]) -> Result<Self, BadRequest> {
        let path = head.uri.path().trim_matches('/');
        let method = |wanted: Method, allow| if head.method == wanted { Ok(()) } else { Err(wrong_method(allow)) };
        let get = || method(Method::GET, "GET");
        match path.split_once('/').unwrap_or((path, "")) {
            ("cdr", "") => get().and_then(|()| Cdr::from_request(path, head, body)).map(Self::Cdr),
            ("record", "") => get().and_then(|()| RecordList::from_request(path, head, body)).map(Self::RecordList),
            ("record", _) => get().and_then(|()| Recording::from_request(path, head, body)).map(Self::Recording),
            ("dial", "") => get().and_then(|()| Dial::from_request(path, head, body)).map(Self::Dial),
            ("sendSMS", "") => {
                method(Method::POST, "POST")?;
                SendSms::from_request(path, head, body).map(Self::SendSms)
            }
            _ => Err(BadRequest::text(404, "Not Found", "no such call")),
        }
    }
}

fn wrong_method(allow: &'static str) -> BadRequest {
    BadRequest::text(405, "Method Not Allowed", "another method is documented for this call")
        .with_header(header::ALLOW, allow)
}

/// The key of a request: `Authorization: Bearer KEY`. `None` when there is none; answer
/// [`unauthorized`](super::unauthorized).
#[must_use]
pub fn bearer_key(head: &RequestHead) -> Option<Secret> {
    match Authorization::from_header(head.headers.get(header::AUTHORIZATION)?)? {
        Authorization::Bearer(key) => Some(key),
        _ => None,
    }
}
