//! WSI as a service of a [`Router`](crate::Router).

use std::fmt;
use std::sync::Arc;

use http::{Response, StatusCode};
use tieline_portsip_wsi::server::ServerConfig;

use super::directory::Directory;
use super::hub::Hub;
use super::line::WsiLine;
use crate::{Body, Line, Opening, Paths, WebSocketService, plain};

/// The paths that the documents use: `/` (v12, v16) and `/wsi` (v22).
#[must_use]
pub fn paths() -> Paths {
    Paths::exact(["/", "/wsi"])
}

/// Answers WSI in all its dialects. The dialect is told from what the client says; `?dialect=v12`, `v16` or `v22` on the URL
/// overrides it.
#[derive(Clone)]
pub struct WsiService {
    directory: Arc<dyn Directory>,
    hub: Hub,
    config: ServerConfig,
}

impl WsiService {
    /// A service that asks `directory` and delivers what is published through `hub`, with the usual limits.
    #[must_use]
    pub fn new(directory: impl Directory, hub: Hub) -> Self {
        Self { directory: Arc::new(directory), hub, config: ServerConfig::default() }
    }

    /// With other limits and times, and a dialect for clients whose URL names none.
    #[must_use]
    pub fn config(mut self, config: ServerConfig) -> Self {
        self.config = config;
        self
    }
}

impl fmt::Debug for WsiService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WsiService").field("hub", &self.hub).field("config", &self.config).finish_non_exhaustive()
    }
}

impl WebSocketService for WsiService {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        let mut config = self.config.clone();
        if let Some(word) = opening.parameter("dialect") {
            match word.parse() {
                Ok(dialect) => config.dialect = Some(dialect),
                Err(unknown) => {
                    let unknown: tieline_portsip_wsi::UnknownDialect = unknown;
                    return Err(Box::new(plain(StatusCode::BAD_REQUEST, &unknown.to_string())));
                }
            }
        }
        Ok(Box::new(WsiLine::new(config, self.directory.clone(), self.hub.clone(), opening.now)))
    }
}
