//! How a request says who asks.

use std::string::String;

use data_encoding::BASE64;
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::Secret;

/// Who asks. Prints without secrets.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Authorization {
    /// Nobody in particular.
    #[default]
    None,
    /// `Authorization: Basic`, user and password in UTF-8.
    Basic {
        /// The user's name; it cannot hold a colon.
        user: String,
        /// The password.
        password: Secret,
    },
    /// `Authorization: Bearer`.
    Bearer(Secret),
    /// `Authorization: token`, as the file transfers of PortSIP IM have it.
    Token(Secret),
    /// A parameter of the query. Proxies and logs see it: the others are better where there is a choice.
    Query {
        /// The name of the parameter.
        name: &'static str,
        /// The key.
        key: Secret,
    },
}

impl Authorization {
    /// Basic authentication.
    pub fn basic(user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::Basic { user: user.into(), password: password.into() }
    }

    /// A bearer token.
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::Bearer(token.into())
    }

    /// A token of the scheme `token`.
    pub fn token(token: impl Into<Secret>) -> Self {
        Self::Token(token.into())
    }

    /// The value of the `Authorization` header; `None` when there is none to send.
    ///
    /// # Errors
    /// When a user name holds a colon, or a token what no header can hold.
    pub(super) fn header(&self) -> Result<Option<HeaderValue>, super::BuildError> {
        let text = match self {
            Self::None | Self::Query { .. } => return Ok(None),
            Self::Basic { user, .. } if user.contains(':') => return Err(super::BuildError::UserName),
            Self::Basic { user, password } => {
                let pair = Zeroizing::new([user, ":", password.expose()].concat());
                Zeroizing::new(["Basic ", &Zeroizing::new(BASE64.encode(pair.as_bytes()))].concat())
            }
            Self::Bearer(token) => Zeroizing::new(["Bearer ", token.expose()].concat()),
            Self::Token(token) => Zeroizing::new(["token ", token.expose()].concat()),
        };
        let mut value = HeaderValue::from_str(&text).map_err(|_| super::BuildError::Token)?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    /// What an `Authorization` header says; `None` for another scheme, and for one that cannot be read.
    #[must_use]
    pub fn from_header(value: &HeaderValue) -> Option<Self> {
        let (scheme, rest) = value.to_str().ok()?.split_once(' ')?;
        let rest = rest.trim();
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::bearer(rest));
        }
        if scheme.eq_ignore_ascii_case("token") {
            return Some(Self::token(rest));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let pair = Zeroizing::new(BASE64.decode(rest.as_bytes()).ok()?);
        let (user, password) = core::str::from_utf8(&pair).ok()?.split_once(':')?;
        Some(Self::basic(user, password))
    }
}
