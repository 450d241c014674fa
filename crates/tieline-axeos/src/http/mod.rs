//! The calls as the types of the `http` crate, both roles.
//!
//! Client: [`Users`], [`Phones`], [`Events`], [`MakeCall`], and [`Ask`](crate::poller::Ask) over all of them, are
//! [`Endpoint`](tieline_core::http::Endpoint)s below a base such as `https://pbx.example.com/apis/pbx`. Server:
//! [`Request::read`] tells what is asked, [`Auth::of`] who asks.

#[cfg(feature = "client")]
mod ask;
mod auth;
mod call;
mod json;
mod lists;
mod request;

pub use auth::{Auth, SECRET_PARAMETERS};
pub use call::{CallForm, MakeCall};
pub use json::json_response;
pub use lists::{Events, Phones, Users};
pub use request::{PATH, Request, not_found, service_unavailable, unauthorized};
