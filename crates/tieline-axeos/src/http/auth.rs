//! Who asks: the three ways of the vendor's pages.

use std::string::String;

use tieline_core::Secret;
use tieline_core::http::{Authorization, RequestHead, header, query_pairs};

/// The user name that stands for "the password is an API key".
const API_KEY: &str = "apiKey";
const KEY: &str = "key";

/// The parameters of a query that no log may show; for [`shown_target`](tieline_core::http::shown_target).
pub const SECRET_PARAMETERS: &[&str] = &[KEY];

/// Who asks. Prints without secrets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Auth {
    /// A user of the PBX, with the password of the web interface; what such a user may see is limited.
    User {
        /// The login name; it cannot hold a colon.
        name: String,
        /// The password.
        password: Secret,
    },
    /// An API key, in a header.
    ApiKey(Secret),
    /// An API key in the query. Proxies and logs see it, the vendor advises against it, and so does this crate.
    QueryKey(Secret),
}

impl Auth {
    /// A user of the PBX.
    pub fn user(name: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::User { name: name.into(), password: password.into() }
    }

    /// An API key, in a header.
    pub fn api_key(key: impl Into<Secret>) -> Self {
        Self::ApiKey(key.into())
    }

    /// An API key in the query.
    pub fn query_key(key: impl Into<Secret>) -> Self {
        Self::QueryKey(key.into())
    }

    /// What is sent.
    #[must_use]
    pub fn to_authorization(&self) -> Authorization {
        match self {
            Self::User { name, password } => Authorization::Basic { user: name.clone(), password: password.clone() },
            Self::ApiKey(key) => Authorization::Basic { user: API_KEY.into(), password: key.clone() },
            Self::QueryKey(key) => Authorization::Query { name: KEY, key: key.clone() },
        }
    }

    /// Who sent a request: by its header, else by its query. `None` when it says nothing that can be read.
    #[must_use]
    pub fn of(head: &RequestHead) -> Option<Self> {
        if let Some(value) = head.headers.get(header::AUTHORIZATION) {
            return match Authorization::from_header(value)? {
                Authorization::Basic { user, password } if user == API_KEY => Some(Self::ApiKey(password)),
                Authorization::Basic { user, password } => Some(Self::User { name: user, password }),
                _ => None,
            };
        }
        let mut pairs = query_pairs(head.uri.query()?.as_bytes());
        let (_, key) = pairs.find(|(name, _)| name == KEY)?;
        Some(Self::QueryKey(key.into_owned().into()))
    }

    /// Whether the two name the same user with the same password, or the same key. A key counts the same in a header and
    /// in a query. Takes a time that depends on lengths only, but for the user's name.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::User { name, password }, Self::User { name: other_name, password: other_password }) => {
                name == other_name && password.matches(other_password)
            }
            (Self::ApiKey(key) | Self::QueryKey(key), Self::ApiKey(other) | Self::QueryKey(other)) => {
                key.matches(other)
            }
            _ => false,
        }
    }
}
