//! The event stream as a service of a [`Router`](crate::Router).

use std::fmt;
use std::sync::Arc;

use http::{Response, StatusCode};
use tieline_cloudpbx::server::ServerConfig;
use tieline_cloudpbx::stream::{StreamTarget, TargetError};
use tieline_core::Secret;

use super::hub::StreamHub;
use super::line::PushLine;
use crate::{Body, Line, Opening, Paths, WebSocketService, plain};

/// The paths of streams: `/ws/pbx_` and the name of a PBX.
#[must_use]
pub fn stream_paths() -> Paths {
    Paths::below("/ws/pbx_")
}

/// Serves the event stream at `/ws/pbx_NAME?pbxkey=KEY`.
///
/// Who does not name a PBX and its key is refused before the WebSocket opens, with 403, so that nobody learns which
/// PBXs there are; what no name could be is 404. The document does not say what the vendor's server does.
///
/// The opening request that the document prints has a key of 13 bytes: it is refused with 400 unless
/// [`ServerOptions::strictness`](crate::ServerOptions::strictness) is lenient.
#[derive(Clone)]
pub struct StreamService {
    admits: Arc<dyn Fn(&StreamTarget) -> bool + Send + Sync>,
    hub: StreamHub,
    config: ServerConfig,
}

impl StreamService {
    /// A service that delivers what is published through `hub` to everybody whom `admits` lets in, with the usual limits.
    ///
    /// `admits` is asked for the name of the PBX and the key together; compare keys with [`Secret::matches`]. It is called
    /// on a thread of the runtime, so it does not block for long.
    #[must_use]
    pub fn new(admits: impl Fn(&StreamTarget) -> bool + Send + Sync + 'static, hub: StreamHub) -> Self {
        Self { admits: Arc::new(admits), hub, config: ServerConfig::default() }
    }

    /// With other limits and times.
    #[must_use]
    pub fn config(mut self, config: ServerConfig) -> Self {
        self.config = config;
        self
    }

    /// What the client opens, if it may.
    fn admit(&self, opening: &Opening<'_>) -> Result<StreamTarget, (StatusCode, &'static str)> {
        let address = Secret::new(format!("{}?{}", opening.path, opening.query));
        match StreamTarget::parse(address.expose()) {
            Ok(target) if (self.admits)(&target) => Ok(target),
            Err(TargetError::Path) => Err((StatusCode::NOT_FOUND, "no stream has this path")),
            _ => Err((StatusCode::FORBIDDEN, "no such PBX, or another key")),
        }
    }
}

impl fmt::Debug for StreamService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamService").field("hub", &self.hub).field("config", &self.config).finish_non_exhaustive()
    }
}

impl WebSocketService for StreamService {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        match self.admit(opening) {
            Ok(target) => Ok(Box::new(PushLine::new(self.config, target, self.hub.clone(), opening.now))),
            Err((status, words)) => {
                self.hub.note_refused();
                Err(Box::new(plain(status, words)))
            }
        }
    }
}
