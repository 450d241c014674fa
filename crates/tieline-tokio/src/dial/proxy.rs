//! HTTP proxies, by `CONNECT`.

use std::fmt;

use http::HeaderValue;
use http::uri::{PathAndQuery, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use tieline_core::{Class, Secret};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::url::WsUrl;

/// The longest answer to `CONNECT` that is taken.
const ANSWER_BYTES: usize = 16 << 10;
const ANSWER_HEADERS: usize = 100;

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

    /// The proxy for an address, if any.
    pub(super) fn of(&self, url: &WsUrl) -> Result<Option<HttpProxy>, ProxyError> {
        let setting = if url.is_secure() { &self.secure } else { &self.plain };
        let Some(Setting { variable, value }) = setting else { return Ok(None) };
        if url.is_loopback() && !self.loopback {
            return Ok(None);
        }
        let destination = Uri::builder()
            .scheme("http")
            .authority(url.address())
            .path_and_query(PathAndQuery::from_static("/"))
            .build()
            .map_err(|_| ProxyError::Invalid { variable })?;
        // Any proxy will do to learn of the exceptions.
        let excepted = Matcher::builder().all("http://proxy").no(self.exceptions.as_str()).build();
        if excepted.intercept(&destination).is_none() {
            return Ok(None);
        }
        let matcher = Matcher::builder().all(value.expose().as_str()).build();
        let proxy = matcher.intercept(&destination).ok_or(ProxyError::Invalid { variable })?;
        HttpProxy::new(variable, &proxy).map(Some)
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
pub(super) struct HttpProxy {
    variable: &'static str,
    pub(super) host: String,
    pub(super) port: u16,
    /// Marked as sensitive.
    authorization: Option<HeaderValue>,
}

impl HttpProxy {
    fn new(variable: &'static str, proxy: &Intercept) -> Result<Self, ProxyError> {
        let invalid = ProxyError::Invalid { variable };
        let uri = proxy.uri();
        match uri.scheme_str() {
            Some("http") => {}
            scheme => {
                return Err(ProxyError::Unsupported { variable, scheme: scheme.unwrap_or_default().to_owned() });
            }
        }
        let host = uri.host().ok_or(invalid)?.trim_matches(['[', ']']).to_owned();
        Ok(Self { variable, host, port: uri.port_u16().unwrap_or(80), authorization: proxy.basic_auth().cloned() })
    }

    /// Asks the proxy at the other end of `io` for a connection to `address`.
    pub(super) async fn tunnel<Io>(&self, io: &mut Io, address: &str) -> Result<(), ProxyError>
    where
        Io: AsyncRead + AsyncWrite + Unpin,
    {
        let variable = self.variable;
        let lost = |_| ProxyError::Lost { variable };
        let mut request = format!("CONNECT {address} HTTP/1.1\r\nHost: {address}\r\n").into_bytes();
        if let Some(authorization) = &self.authorization {
            request.extend([b"Proxy-Authorization: ", authorization.as_bytes(), b"\r\n"].concat());
        }
        request.extend(b"\r\n");
        let request = Secret::new(request);
        io.write_all(request.expose()).await.map_err(lost)?;
        io.flush().await.map_err(lost)?;

        let mut answer = Vec::new();
        loop {
            if io.read_buf(&mut answer).await.map_err(lost)? == 0 {
                return Err(ProxyError::Lost { variable });
            }
            let mut headers = [httparse::EMPTY_HEADER; ANSWER_HEADERS];
            let mut response = httparse::Response::new(&mut headers);
            match response.parse(&answer) {
                Ok(httparse::Status::Partial) if answer.len() < ANSWER_BYTES => {}
                Ok(httparse::Status::Complete(length)) => {
                    return match response.code {
                        // Nobody but the server could have sent more, and it has not been asked yet.
                        Some(200..=299) if length == answer.len() => Ok(()),
                        Some(status) if status >= 300 => Err(ProxyError::Refused { variable, status }),
                        _ => Err(ProxyError::Malformed { variable }),
                    };
                }
                Ok(httparse::Status::Partial) | Err(_) => return Err(ProxyError::Malformed { variable }),
            }
        }
    }
}
