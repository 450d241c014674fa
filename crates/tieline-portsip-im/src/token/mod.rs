//! Access tokens, without I/O: what the login on the WebSocket proves itself with.
//!
//! [`TokenKeeper`] says when which call is due; with the feature `http` the calls are `Login`, `Refresh` and `Revoke` of
//! version 16 on, and `SignIn` and `Renew` of newer ones, for clients and servers.

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "http")]
mod call;
mod grant;
mod keeper;
#[cfg(feature = "http")]
mod oauth;
#[cfg(feature = "http")]
mod sign_in;
#[cfg(feature = "http")]
mod wire;

pub use grant::{Grant, SignedIn};
pub use keeper::{Ask, NoToken, Token, TokenKeeper, TokenPolicy, TokenStep};

#[cfg(feature = "http")]
pub use answer::{RefusedError, refusal_of, refused};
#[cfg(feature = "http")]
pub use call::{TokenApi, TokenCall};
#[cfg(feature = "http")]
pub use oauth::{Account, CLIENT_ID, Login, Refresh, Revoke};
#[cfg(feature = "http")]
pub use sign_in::{Renew, SignIn};
