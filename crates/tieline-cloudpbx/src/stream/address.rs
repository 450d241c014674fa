//! Where a stream is: `/ws/pbx_NAME?pbxkey=KEY`.

use alloc::string::String;
use core::fmt;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};
use tieline_core::Secret;

const PATH: &str = "/ws/";
const CHANNEL: &str = "pbx_";
const KEY: &str = "pbxkey";

/// What cannot stand in a segment of a path.
const IN_PATH: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b'<').add(b'>').add(b'?');
/// What cannot stand in a value of a query. Nothing else is encoded: the vendor's client encodes nothing, and the server may
/// compare the key as it stands on the wire.
const IN_QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'&').add(b'<').add(b'>');

/// The stream of one PBX, and the key to it: path and query of the address that a client opens.
///
/// Prints with the key left out.
#[derive(Clone)]
pub struct StreamTarget {
    pbx_name: String,
    key: Secret,
}

/// Why a path with its query is no [`StreamTarget`]. Holds nothing of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// The path is not `/ws/pbx_` and a name.
    #[error("the path must be /ws/pbx_ and the name of a PBX")]
    Path,
    /// The query has no `pbxkey`, or an empty one.
    #[error("the query must have the key as pbxkey")]
    NoKey,
    /// The name or the key is not UTF-8.
    #[error("the name of the PBX and the key must be UTF-8")]
    NotUtf8,
}

impl StreamTarget {
    /// The stream of the PBX `pbx_name` (without `pbx_`), opened with `key`.
    pub fn new(pbx_name: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self { pbx_name: pbx_name.into(), key: key.into() }
    }

    /// Reads path and query: of a request, or of the address that a user gave. A `+` in the key is a plus. Other
    /// parameters are ignored; of several keys the first counts.
    ///
    /// # Errors
    /// [`TargetError`] when there is no name or no key.
    ///
    /// ```
    /// use tieline_cloudpbx::stream::StreamTarget;
    ///
    /// let target = StreamTarget::parse("/ws/pbx_MojaCentrala?pbxkey=MyExampleKey")?;
    /// assert_eq!((target.pbx_name(), target.channel().as_str()), ("MojaCentrala", "pbx_MojaCentrala"));
    /// assert_eq!(target.to_string(), "/ws/pbx_MojaCentrala?pbxkey=[redacted]");
    /// # Ok::<(), tieline_cloudpbx::stream::TargetError>(())
    /// ```
    pub fn parse(path_and_query: &str) -> Result<Self, TargetError> {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let pbx_name = Self::pbx_name_of(path)?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, key) = pairs.find(|(name, value)| *name == KEY && !value.is_empty()).ok_or(TargetError::NoKey)?;
        Ok(Self { pbx_name, key: Secret::new(decoded(key)?) })
    }

    /// The name of the PBX in the path of an address, which may come without its key.
    ///
    /// # Errors
    /// [`TargetError`] when there is no name.
    pub fn pbx_name_of(path: &str) -> Result<String, TargetError> {
        let name = path.strip_prefix(PATH).and_then(|channel| channel.strip_prefix(CHANNEL));
        decoded(name.filter(|name| !name.is_empty() && !name.contains('/')).ok_or(TargetError::Path)?)
    }

    /// The name of the PBX.
    #[must_use]
    pub fn pbx_name(&self) -> &str {
        &self.pbx_name
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &Secret {
        &self.key
    }

    /// The channel that envelopes name: `pbx_` and the name.
    #[must_use]
    pub fn channel(&self) -> String {
        [CHANNEL, &self.pbx_name].concat()
    }

    /// Path and query for the opening request, percent-encoded where they must be. A secret, as it holds the key.
    #[must_use]
    pub fn path_and_query(&self) -> Secret {
        self.after("")
    }

    /// The whole address on `server`, `wss://pbxvisor1.cloudpbx.pl` say. A secret, as it holds the key.
    #[must_use]
    pub fn url(&self, server: &str) -> Secret {
        self.after(server.trim_end_matches('/'))
    }

    /// The query of the opening request, without its question mark. A secret, as it holds the key.
    #[must_use]
    pub fn query(&self) -> Secret {
        self.secret([KEY, "="].into_iter().chain(utf8_percent_encode(self.key.expose(), IN_QUERY)))
    }

    fn after(&self, start: &str) -> Secret {
        let name = utf8_percent_encode(&self.pbx_name, IN_PATH);
        let query = self.query();
        self.secret([start, PATH, CHANNEL].into_iter().chain(name).chain(["?", query.expose().as_str()]))
    }

    /// Joins parts in one allocation: growing would leave copies of the key behind.
    fn secret<'a>(&self, parts: impl Iterator<Item = &'a str> + Clone) -> Secret {
        let mut out = String::with_capacity(parts.clone().map(str::len).sum());
        out.extend(parts);
        Secret::new(out)
    }
}

fn decoded(text: &str) -> Result<String, TargetError> {
    percent_decode_str(text).decode_utf8().map(alloc::borrow::Cow::into_owned).map_err(|_| TargetError::NotUtf8)
}

impl fmt::Display for StreamTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PATH}{CHANNEL}{}?{KEY}=[redacted]", utf8_percent_encode(&self.pbx_name, IN_PATH))
    }
}

impl fmt::Debug for StreamTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamTarget({self})")
    }
}
