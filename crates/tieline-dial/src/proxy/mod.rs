//! HTTP proxies, by `CONNECT`.

mod exceptions;
mod tunnel;

use std::fmt;

use data_encoding::BASE64;
use http::uri::Authority;
use percent_encoding::percent_decode_str;
use tieline_core::{Class, Secret};

use crate::WsUrl;

pub use tunnel::Tunnel;

/// Which proxy to go through.
///
/// Only `http://` proxies are used, by `CONNECT`, for `ws://` as well as `wss://`, with basic authentication when the
/// proxy's address holds user and password. Other kinds are refused with the name of the variable that holds them,
/// never passed over in silence. A server on this machine itself (`localhost`, 127.0.0.0/8, ::1) is connected to
/// directly unless [`with_loopback`](Self::with_loopback) says otherwise. `Debug` prints the names of the variables only.
#[derive(Clone)]
pub struct Proxy {
    plain: Option<Setting>,
    secure: Option<Setting>,
    exceptions: String,
    loopback: bool,
}

/// A proxy's address, and where it was found.
#[derive(Clone)]
struct Setting {
    variable: &'static str,
    value: Secret,
}

impl Default for Proxy {
    /// [`from_env`](Self::from_env).
    fn default() -> Self {
        Self::from_env()
    }
}

impl Proxy {
    /// As the environment says now: `HTTP_PROXY` for `ws://`, `HTTPS_PROXY` for `wss://`, `ALL_PROXY` for both, and
    /// `NO_PROXY` with the exceptions (names with their subdomains, addresses, networks, `*`; separated by commas).
    /// The lower-case names stand before the upper-case ones.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// As [`from_env`](Self::from_env), with the variables taken from elsewhere.
    #[must_use]
    pub fn from_vars(get: impl Fn(&str) -> Option<String>) -> Self {
        let setting = |names: [&'static str; 2]| {
            names.into_iter().find_map(|variable| {
                let value = get(variable).filter(|value| !value.trim().is_empty())?;
                Some(Setting { variable, value: Secret::from(value.trim()) })
            })
        };
        // A CGI program finds a header of its client in HTTP_PROXY.
        let cgi = get("REQUEST_METHOD").is_some();
        let all = setting(["all_proxy", "ALL_PROXY"]);
        let plain = setting(["http_proxy", if cgi { "http_proxy" } else { "HTTP_PROXY" }]);
        Self {
            plain: plain.or_else(|| all.clone()),
            secure: setting(["https_proxy", "HTTPS_PROXY"]).or(all),
            exceptions: get("no_proxy").or_else(|| get("NO_PROXY")).unwrap_or_default(),
            loopback: false,
        }
    }

    /// None: always directly.
    #[must_use]
    pub const fn direct() -> Self {
        Self { plain: None, secure: None, exceptions: String::new(), loopback: false }
    }

    /// One proxy for everything: `http://[USER:PASSWORD@]HOST:PORT`.
    #[must_use]
    pub fn fixed(url: &str) -> Self {
        let setting = Setting { variable: "the configuration", value: Secret::from(url) };
        Self { plain: Some(setting.clone()), secure: Some(setting), exceptions: String::new(), loopback: false }
    }

    /// Whether servers on this machine itself are reached through the proxy too.
    #[must_use]
    pub fn with_loopback(mut self, loopback: bool) -> Self {
        self.loopback = loopback;
        self
    }

    /// The proxy for an address; `None` when it is connected to directly.
    ///
    /// # Errors
    /// When the proxy that was set cannot be used.
    pub fn of(&self, url: &WsUrl) -> Result<Option<HttpProxy>, ProxyError> {
        let setting = if url.is_secure() { &self.secure } else { &self.plain };
        let Some(Setting { variable, value }) = setting else { return Ok(None) };
        if (url.is_loopback() && !self.loopback) || exceptions::name(&self.exceptions, url.host()) {
            return Ok(None);
        }
        HttpProxy::parse(variable, value.expose()).map(Some)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let variable = |setting: &Option<Setting>| setting.as_ref().map(|setting| setting.variable);
        f.debug_struct("Proxy")
            .field("plain", &variable(&self.plain))
            .field("secure", &variable(&self.secure))
            .field("loopback", &self.loopback)
            .finish_non_exhaustive()
    }
}

/// Why a proxy did not help. Holds nothing of its address but the variable it was found in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProxyError {
    /// A kind of proxy that is not supported: SOCKS, or one that is spoken to over TLS.
    #[error(
        "the proxy in {variable} is of the kind {scheme}://, which is not supported: give an http:// proxy, or name the \
         server in NO_PROXY to connect to it directly"
    )]
    Unsupported {
        /// The environment variable it was found in.
        variable: &'static str,
        /// The scheme of its address.
        scheme: String,
    },
    /// Its address cannot be read.
    #[error(
        "the proxy in {variable} is not of the form http://HOST:PORT: correct it, or name the server in NO_PROXY to \
         connect to it directly"
    )]
    Invalid {
        /// The environment variable it was found in.
        variable: &'static str,
    },
    /// It refused to connect to the server.
    #[error("the proxy in {variable} refused the connection with HTTP status {status}{}", hint(*.status))]
    Refused {
        /// The environment variable it was found in.
        variable: &'static str,
        /// The HTTP status of its answer.
        status: u16,
    },
    /// It does not answer as a proxy does.
    #[error("the proxy in {variable} does not answer as an HTTP proxy does")]
    Malformed {
        /// The environment variable it was found in.
        variable: &'static str,
    },
    /// The connection to it broke.
    #[error("the connection to the proxy in {variable} broke")]
    Lost {
        /// The environment variable it was found in.
        variable: &'static str,
    },
}

const fn hint(status: u16) -> &'static str {
    match status {
        407 => " (it wants user and password: http://USER:PASSWORD@HOST:PORT)",
        _ => "",
    }
}

impl ProxyError {
    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Refused { status: 401 | 407, .. } => Class::Reauthenticate,
            Self::Refused { status: 408 | 425 | 429 | 500..=599, .. } | Self::Lost { .. } => Class::Retry,
            _ => Class::Terminal,
        }
    }
}

/// An HTTP proxy to go through.
pub struct HttpProxy {
    variable: &'static str,
    host: String,
    port: u16,
    /// The value of the header.
    authorization: Option<Secret>,
}

impl HttpProxy {
    fn parse(variable: &'static str, text: &str) -> Result<Self, ProxyError> {
        let invalid = ProxyError::Invalid { variable };
        let (scheme, rest) = text.split_once("://").unwrap_or(("http", text));
        if !scheme.eq_ignore_ascii_case("http") {
            // What is no scheme is not repeated: it may be a password.
            let known = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
            let scheme = scheme.to_ascii_lowercase();
            return Err(if known { ProxyError::Unsupported { variable, scheme } } else { invalid });
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (login, server) = match authority.rsplit_once('@') {
            Some((login, server)) => (Some(login), server),
            None => (None, authority),
        };
        let Ok(server) = server.parse::<Authority>() else { return Err(invalid) };
        let port = server.as_str().strip_prefix(server.host()).unwrap_or_default().trim_start_matches(':');
        let port = match port {
            "" => 80,
            port => port.parse().ok().filter(|port| *port != 0).ok_or(invalid)?,
        };
        let host = server.host().trim_matches(['[', ']']).to_owned();
        Ok(Self { variable, host, port, authorization: login.map(basic) })
    }

    /// Where it was found: the name of an environment variable.
    #[must_use]
    pub const fn variable(&self) -> &'static str {
        self.variable
    }

    /// Name or address of the proxy; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// What to say to it to be connected to the host and port of `url`.
    #[must_use]
    pub fn tunnel(&self, url: &WsUrl) -> Tunnel {
        Tunnel::new(self.variable, &url.address(), self.authorization.as_ref())
    }
}

/// Basic authentication by `user:password`, percent-encoded as in a URL.
fn basic(login: &str) -> Secret {
    let (user, password) = login.split_once(':').unwrap_or((login, ""));
    let mut plain = Vec::new();
    plain.extend(percent_decode_str(user));
    plain.push(b':');
    plain.extend(percent_decode_str(password));
    let plain = Secret::new(plain);
    Secret::from(["Basic ", &BASE64.encode(plain.expose())].concat())
}

impl fmt::Debug for HttpProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProxy").field("variable", &self.variable).finish_non_exhaustive()
    }
}
