//! Where an event stream is.

use std::fmt;
use std::str::FromStr;

use tieline_cloudpbx::stream::StreamTarget;
use tieline_core::Secret;

use crate::{ConnectError, WsUrl};

/// The address of the event stream of one PBX, with or without the key to it.
///
/// Prints with the key left out.
#[derive(Clone)]
pub struct StreamAddress {
    /// Its query is there as it was given, or not at all.
    url: WsUrl,
    pbx_name: String,
}

impl StreamAddress {
    /// The stream `target` on `server`: `wss://pbxvisor1.cloudpbx.pl`, say; `ws://`, `http://` and `https://` are fine too.
    ///
    /// # Errors
    /// When the server cannot be dialled.
    ///
    /// ```
    /// use tieline_cloudpbx::stream::StreamTarget;
    /// use tieline_dial::cloudpbx::StreamAddress;
    ///
    /// let target = StreamTarget::new("MojaCentrala", "MyExampleKey");
    /// let address = StreamAddress::new("https://pbxvisor1.cloudpbx.pl", &target)?;
    /// assert_eq!(address.to_string(), "wss://pbxvisor1.cloudpbx.pl:443/ws/pbx_MojaCentrala?pbxkey=[redacted]");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(server: &str, target: &StreamTarget) -> Result<Self, ConnectError> {
        let url: WsUrl = target.url(server.trim()).expose().parse()?;
        Ok(Self { url, pbx_name: target.pbx_name().to_owned() })
    }

    /// The stream of the PBX `pbx_name` on `server`, whose key is [asked for](super::StreamConfig::key).
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn without_key(server: &str, pbx_name: &str) -> Result<Self, ConnectError> {
        let Self { url, pbx_name } = Self::new(server, &StreamTarget::new(pbx_name, ""))?;
        Ok(Self { url: url.with_query(None), pbx_name })
    }

    /// Server, path and query; prints with the key left out.
    #[must_use]
    pub const fn url(&self) -> &WsUrl {
        &self.url
    }

    /// The name of the PBX.
    #[must_use]
    pub fn pbx_name(&self) -> &str {
        &self.pbx_name
    }

    /// Whether the key stands in it.
    #[must_use]
    pub const fn has_key(&self) -> bool {
        self.url.query().is_some()
    }

    /// The same stream, opened with this key.
    #[must_use]
    pub fn with_key(self, key: Secret) -> Self {
        let target = StreamTarget::new(self.pbx_name, key);
        Self { url: self.url.with_query(Some(target.query())), pbx_name: target.pbx_name().to_owned() }
    }
}

impl FromStr for StreamAddress {
    type Err = ConnectError;

    /// Reads `wss://server/ws/pbx_NAME?pbxkey=KEY`, or the same without the query. The query is requested as it stands.
    fn from_str(text: &str) -> Result<Self, ConnectError> {
        let url: WsUrl = text.parse()?;
        let pbx_name = StreamTarget::pbx_name_of(url.path())?;
        if let Some(query) = url.query() {
            let path_and_query = Secret::new([url.path(), "?", query.expose()].concat());
            StreamTarget::parse(path_and_query.expose())?;
        }
        Ok(Self { url, pbx_name })
    }
}

impl fmt::Display for StreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}

impl fmt::Debug for StreamAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StreamAddress({self})")
    }
}
