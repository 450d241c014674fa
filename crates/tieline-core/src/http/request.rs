//! Writing requests, and reading their parameters.

use std::borrow::Cow;
use std::string::String;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, header, request::Parts};
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

use super::{Authorization, BaseUrl, BuildError};

/// The body of a request or an answer. `Debug` prints its length only: a login is in it, or a token.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// All of it.
    Whole(Bytes),
    /// The caller has it, and gives it piece by piece.
    Stream {
        /// Its length in bytes, when it is known before.
        length: Option<u64>,
    },
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Whole(bytes) => write!(f, "Whole({} bytes)", bytes.len()),
            Self::Stream { length } => write!(f, "Stream({length:?})"),
        }
    }
}

/// All that a path segment cannot hold as it is (RFC 3986 `pchar`).
const SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// Writes one request: path, query, authorization, headers, body.
#[derive(Debug)]
pub struct RequestBuilder {
    base: BaseUrl,
    method: Method,
    path: String,
    query: Option<Query>,
    head: Result<http::HeaderMap, BuildError>,
    body: Body,
}

/// Parameters, which may hold keys.
struct Query(form_urlencoded::Serializer<'static, String>);

impl std::fmt::Debug for Query {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

impl RequestBuilder {
    /// A request for `path`, segments with slashes between, below the base. The path is written as it is: give what a
    /// user chose by [`segment`](Self::segment).
    #[must_use]
    pub fn new(method: Method, base: &BaseUrl, path: &str) -> Self {
        let path = [base.path(), "/", path.trim_start_matches('/')].concat();
        let head = Ok(http::HeaderMap::new());
        Self { base: base.clone(), method, path, query: None, head, body: Body::Empty }
    }

    /// Adds one segment to the path, percent-encoded. The segments `.` and `..` and an empty one are refused when the
    /// request is finished, since they would name another path.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        if matches!(segment, "" | "." | "..") {
            self.head = Err(BuildError::Segment);
        }
        self.path.push('/');
        self.path.extend(utf8_percent_encode(segment, SEGMENT));
        self
    }

    /// Adds a parameter to the query.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        let query = self.query.get_or_insert_with(|| Query(form_urlencoded::Serializer::new(String::new())));
        query.0.append_pair(name, value);
        self
    }

    /// Says who asks.
    #[must_use]
    pub fn authorize(mut self, auth: &Authorization) -> Self {
        if let Authorization::Query { name, key } = auth {
            return self.query(name, key.expose());
        }
        match auth.header() {
            Ok(None) => self,
            Ok(Some(value)) => self.header(header::AUTHORIZATION, value),
            Err(error) => {
                self.head = Err(error);
                self
            }
        }
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        if let Ok(headers) = &mut self.head {
            headers.insert(name, value);
        }
        self
    }

    /// Gives it a body and its `Content-Type`.
    #[must_use]
    pub fn body(self, content_type: &'static str, body: Body) -> Self {
        self.body_of(HeaderValue::from_static(content_type), body)
    }

    /// As [`body`](Self::body), for a `Content-Type` that is made up at run time: one with a boundary.
    #[must_use]
    pub fn body_of(self, content_type: HeaderValue, body: Body) -> Self {
        let mut this = self.header(header::CONTENT_TYPE, content_type);
        this.body = body;
        this
    }

    /// Gives it a form as its body.
    #[must_use]
    pub fn form<'a>(self, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(pairs);
        self.body("application/x-www-form-urlencoded", Body::Whole(form.finish().into()))
    }

    /// The request. Its URI holds path and query only, as HTTP/1.1 writes it; `Host` and, for a body of a known length,
    /// `Content-Length` are set.
    ///
    /// # Errors
    /// When a part of it cannot be sent.
    pub fn finish(self) -> Result<(Parts, Body), BuildError> {
        let mut target = self.path;
        if let Some(Query(mut query)) = self.query {
            target.push('?');
            target.push_str(&query.finish());
        }
        let host = HeaderValue::from_str(&self.base.host_header()).map_err(|_| BuildError::Path)?;
        let mut request = http::Request::new(());
        *request.method_mut() = self.method;
        *request.uri_mut() = target.parse().map_err(|_| BuildError::Path)?;
        *request.headers_mut() = self.head?;
        let headers = request.headers_mut();
        headers.insert(header::HOST, host);
        let length = match &self.body {
            Body::Empty => None,
            Body::Whole(bytes) => Some(bytes.len() as u64),
            Body::Stream { length } => *length,
        };
        if let Some(length) = length {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        Ok((request.into_parts().0, self.body))
    }
}

/// The names and values of a query or a form, decoded, in order. Bytes that are no UTF-8 become U+FFFD.
pub fn query_pairs(text: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(text)
}

/// One segment of a path, decoded. `None` for an empty one, `.` and `..`, what is no UTF-8, and one that holds a slash,
/// a backslash or a NUL once decoded: a segment never names another path.
#[must_use]
pub fn path_segment(text: &str) -> Option<Cow<'_, str>> {
    let segment = percent_decode_str(text).decode_utf8().ok()?;
    (!matches!(&*segment, "" | "." | "..") && !segment.contains(['/', '\\', '\0'])).then_some(segment)
}
