//! Addresses.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use tieline_core::Secret;
use tieline_websocket::{InvalidRequest, OpeningRequest};

/// The address of a WebSocket: `ws://` or `wss://` (`http://` and `https://` mean the same), host, port, path, query.
///
/// Without a port it is 80 or 443. Prints with the values of the query left out, since keys are given there.
#[derive(Clone)]
pub struct WsUrl {
    secure: bool,
    /// An IPv6 address stands without brackets.
    host: String,
    port: u16,
    path: String,
    query: Option<Secret>,
}

/// Why a text is no [`WsUrl`]. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UrlError {
    /// Not a URL at all.
    #[error("not a URL (names with other letters than ASCII are written in punycode, spaces as %20)")]
    Syntax,
    /// A scheme that is none of the four.
    #[error("it must begin with ws:// or wss://")]
    Scheme,
    /// No host.
    #[error("it names no host")]
    Host,
    /// A port that is none.
    #[error("the port must be a number from 1 to 65535")]
    Port,
    /// `user:password@` before the host.
    #[error("user and password do not belong in the URL: the login is given apart from it")]
    UserInfo,
    /// `wss://`, and TLS was not built in.
    #[error("wss:// needs TLS, which is not built in (feature `tls` or `aws-lc-rs` of the adapter)")]
    NoTls,
}

impl WsUrl {
    /// Whether TLS is spoken.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Name or address of the host; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The path, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The query, if there is one.
    #[cfg(feature = "cloudpbx")]
    pub(crate) const fn query(&self) -> Option<&Secret> {
        self.query.as_ref()
    }

    /// The same address with another query.
    #[cfg(feature = "cloudpbx")]
    pub(crate) fn with_query(mut self, query: Option<Secret>) -> Self {
        self.query = query;
        self
    }

    /// Host and port, as `CONNECT` and messages write them: `pbx.example:8885`, `[::1]:8885`.
    #[must_use]
    pub fn address(&self) -> String {
        address(&self.host, self.port)
    }

    /// Whether the host is this machine itself.
    pub(crate) fn is_loopback(&self) -> bool {
        let name = self.host.trim_end_matches('.').to_ascii_lowercase();
        match name.parse::<IpAddr>() {
            Ok(ip) => ip.is_loopback(),
            Err(_) => name == "localhost" || name.ends_with(".localhost"),
        }
    }

    /// The request that opens a WebSocket here.
    ///
    /// # Errors
    /// When host, path or query cannot stand in a request.
    pub fn request(&self) -> Result<OpeningRequest, InvalidRequest> {
        let default = if self.secure { 443 } else { 80 };
        let host = if self.port == default { bracketed(&self.host) } else { self.address() };
        match &self.query {
            None => OpeningRequest::new(&host, &self.path),
            Some(query) => {
                let target = Secret::new([&self.path, "?", query.expose()].concat());
                OpeningRequest::new(&host, target.expose())
            }
        }
    }
}

/// Host and port in one text; an IPv6 address gets its brackets.
#[must_use]
pub fn address(host: &str, port: u16) -> String {
    format!("{}:{port}", bracketed(host))
}

fn bracketed(host: &str) -> String {
    if host.parse::<Ipv6Addr>().is_ok() { format!("[{host}]") } else { host.to_owned() }
}

impl FromStr for WsUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.trim().split_once("://").ok_or(UrlError::Scheme)?;
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "wss" | "https" => true,
            "ws" | "http" => false,
            _ => return Err(UrlError::Scheme),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority, None),
        };
        if host.is_empty() {
            return Err(UrlError::Host);
        }
        let port = match port {
            None | Some("") => {
                if secure {
                    443
                } else {
                    80
                }
            }
            Some(port) => port.parse().ok().filter(|port| *port != 0).ok_or(UrlError::Port)?,
        };
        let uri: http::Uri = text.trim().parse().map_err(|_| UrlError::Syntax)?;
        let host = uri.host().ok_or(UrlError::Host)?;
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(inner) => inner.parse::<Ipv6Addr>().map_err(|_| UrlError::Host)?.to_string(),
            None => host.to_owned(),
        };
        Ok(Self { secure, host, port, path: uri.path().to_owned(), query: uri.query().map(Secret::from) })
    }
}

impl fmt::Display for WsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.address(), self.path)?;
        let Some(query) = &self.query else { return Ok(()) };
        for (at, pair) in query.expose().split('&').enumerate() {
            f.write_str(if at == 0 { "?" } else { "&" })?;
            // A parameter without a value may be a key as a whole.
            match pair.split_once('=') {
                Some((name, _)) => write!(f, "{name}=[redacted]")?,
                None => f.write_str("[redacted]")?,
            }
        }
        Ok(())
    }
}

impl fmt::Debug for WsUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WsUrl({self})")
    }
}
