//! IM as a service of a [`Router`](crate::Router).

use std::fmt;
use std::sync::Arc;

use http::Response;
use tieline_portsip_im::server::ServerConfig;

use super::desk::Desk;
use super::hub::ImHub;
use super::line::ImLine;
use crate::clock::epoch_unix_micros;
use crate::{Body, Line, Opening, Paths, WebSocketService};

/// The path of the document: `/im`.
#[must_use]
pub fn im_paths() -> Paths {
    Paths::exact(["/im"])
}

/// The path that clients of the Tinode family ask for: `/v0/channels`. What they send as `apikey` is not looked at.
#[must_use]
pub fn tinode_paths() -> Paths {
    Paths::exact(["/v0/channels"])
}

/// Serves IM: a client that says `hi` first, and one that logs in at once.
#[derive(Clone)]
pub struct ImService {
    desk: Arc<dyn Desk>,
    hub: ImHub,
    config: ServerConfig,
}

impl ImService {
    /// A service that asks `desk` and delivers what is sent through `hub`, with the usual limits.
    #[must_use]
    pub fn new(desk: impl Desk, hub: ImHub) -> Self {
        Self { desk: Arc::new(desk), hub, config: ServerConfig::new(0) }
    }

    /// With other limits and times. The time of day is the system's, whatever stands here.
    #[must_use]
    pub fn config(mut self, config: ServerConfig) -> Self {
        self.config = config;
        self
    }
}

impl fmt::Debug for ImService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImService").field("hub", &self.hub).finish_non_exhaustive()
    }
}

impl WebSocketService for ImService {
    fn open(&self, opening: &Opening<'_>) -> Result<Box<dyn Line>, Box<Response<Body>>> {
        let mut config = self.config.clone();
        config.epoch_unix_micros = epoch_unix_micros(opening.now);
        Ok(Box::new(ImLine::new(config, Arc::clone(&self.desk), self.hub.clone(), opening.now)))
    }
}
