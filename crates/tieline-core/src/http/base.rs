//! Where an API is.

use std::borrow::ToOwned;
use std::fmt;
use std::str::FromStr;
use std::string::String;

use http::Uri;

/// The address under which an API's paths lie: `http://` or `https://`, host, port, and the leading part of the path.
///
/// Holds no user, query or fragment, so it prints whole.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct BaseUrl {
    secure: bool,
    /// As it stands in a URL: an IPv6 address in brackets.
    host: String,
    port: u16,
    /// Empty, or with a leading and without a trailing slash.
    path: String,
}

/// Why a text is no [`BaseUrl`]. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// Not a URL at all.
    #[error("not a URL")]
    Syntax,
    /// A scheme that is neither.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// `user:password@` before the host.
    #[error("user and password do not belong in the URL: they are given apart from it")]
    UserInfo,
    /// A query: keys are given apart from the address.
    #[error("the address of an API has no query: a key is given apart from it")]
    Query,
    /// A port that is none.
    #[error("the port must be a number from 1 to 65535")]
    Port,
}

impl BaseUrl {
    /// Whether TLS is spoken.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Name or address of the host; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host)
    }

    /// The port; 80 or 443 when the address had none.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The leading part of every path: empty, or with a leading and without a trailing slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same without its path: scheme, host and port, which is what a browser calls an origin.
    #[must_use]
    pub fn origin(&self) -> Self {
        Self { path: String::new(), ..self.clone() }
    }

    /// The `Host` header: host, and the port unless it is the scheme's own.
    #[must_use]
    pub fn host_header(&self) -> String {
        let default = if self.secure { 443 } else { 80 };
        if self.port == default { self.host.clone() } else { std::format!("{}:{}", self.host, self.port) }
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;

    fn from_str(text: &str) -> Result<Self, BaseUrlError> {
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or(BaseUrlError::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(BaseUrlError::Scheme),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(BaseUrlError::UserInfo);
        }
        if rest.contains(['?', '#']) {
            return Err(BaseUrlError::Query);
        }
        let uri: Uri = text.parse().map_err(|_| BaseUrlError::Syntax)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(BaseUrlError::Syntax)?.to_ascii_lowercase();
        // The `http` crate reads `host:99999` as a host without a port.
        let port = match authority.get(host.len()..).map(|rest| rest.trim_start_matches(':')) {
            None | Some("") if secure => 443,
            None | Some("") => 80,
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(BaseUrlError::Port)?,
        };
        Ok(Self { secure, host, port, path: uri.path().trim_end_matches('/').to_owned() })
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.host_header(), self.path)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BaseUrl({self})")
    }
}
