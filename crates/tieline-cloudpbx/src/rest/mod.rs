//! The five REST calls, without I/O: each an [`Endpoint`](tieline_core::http::Endpoint) for clients and a
//! [`Serve`](tieline_core::http::Serve) for servers. [`Bases`] are the addresses to try them at, [`Request`] is any of
//! them as a server reads it.
//!
//! ```
//! use tieline_cloudpbx::rest::{Bases, Cdr, Next};
//! use tieline_core::http::{Authorization, Endpoint, Response};
//!
//! let bases = Bases::new(Bases::VENDOR.map(|url| url.parse().expect("an address"))).expect("two");
//! let call = Cdr::today();
//! let mut attempt = bases.attempt(<Cdr as Endpoint>::REPEAT);
//! let (head, _) = call.to_request(attempt.base(), &Authorization::bearer("APIKEY"))?;
//! assert_eq!((head.uri.path(), &head.headers["host"]), ("/cdr", &"api.cloudpbx.pl".parse()?));
//!
//! // The answer, from whoever has the connection.
//! let (head, ()) = Response::builder().status(503).body(())?.into_parts();
//! let error = call.parse(&head, "try later".into()).expect_err("no list");
//! assert_eq!(attempt.refused(&error), Next::Failover);
//! assert_eq!(attempt.base().host(), "api2.cloudpbx.pl");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bases;
mod dial;
mod list;
mod recording;
mod refusal;
mod request;
mod send_sms;

pub use bases::{Attempt, Bases, Next};
pub use dial::Dial;
pub use list::{Cdr, List, ListLimits, RecordList};
pub use recording::{Recording, RecordingHead};
pub use refusal::{ACTION_ERROR, PARAMETER_IS_MISSING, RESPONSE, unauthorized};
pub use request::{REQUEST_LIMIT, Request, bearer_key};
pub use send_sms::{MAX_BODY_CHARS, SendSms};
