//! Accounts of the IM service: users, the tokens they get for their passwords, and the calls over HTTP that bring these.
//!
//! A [`Users`] knows who there is; [`Roster`] is a list in memory, `UsersFile` (feature `im-users`) a file. A
//! [`TokenDesk`] gives tokens to users and judges them: it is the [`Accounts`](super::host::Accounts) of a
//! [`HostedIm`](super::host::HostedIm), and knows the [holder](TokenDesk::holder) of a token for files. A [`TokenService`]
//! is the desk over HTTP.
//!
//! # What is sent where
//!
//! The password goes over HTTP ([`TokenService`]) and brings an access token and a refresh token. The access token is the
//! secret of the login on the WebSocket, whose answer brings the token for files. No token is kept as it is, only its
//! SHA-256; which access and refresh tokens are good, a [`TokenStore`] may keep over restarts, as clients do not expect to
//! be asked for their password again. Tokens for files end with the program, as the lines do that brought them.

mod desk;
#[cfg(feature = "im-users")]
mod file;
mod ledger;
#[cfg(feature = "im-users")]
mod password;
mod rest;
mod roster;
mod users;

pub use desk::{BadGrant, TokenDesk, TokenRules};
#[cfg(feature = "im-users")]
pub use file::{NewUser, UsersEdit, UsersFile, UsersFileError};
pub use ledger::{NoTokenStore, TokenHash, TokenKind, TokenRow, TokenStore};
#[cfg(feature = "im-users")]
pub use password::{BadHash, PasswordHash};
pub use rest::{SignInLimits, TokenService, TokenStats, token_paths};
pub use roster::Roster;
pub use users::{User, Users};
