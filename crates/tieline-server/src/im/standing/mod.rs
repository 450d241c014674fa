//! The IM service as it stands by itself: one folder, one process, all paths.
//!
//! A [`Standing`] is a [`SqliteStore`], [`DiskFiles`], a [`TokenDesk`] and a [`HostedIm`] over one folder, and the routes to
//! them: `/im` and `/v0/channels` for lines, `/im/file` for files, the token calls, `/healthz`; and, for another address,
//! `/metrics`. `tieline serve` is this with options.

mod config;
mod health;
mod metrics;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tieline_core::{Random, Secret, Seed};
use tieline_portsip_im::service::Micros;
use tokio::sync::oneshot;

use super::accounts::{TokenDesk, TokenService, Users, token_paths};
use super::engine::Running;
use super::host::{HostedIm, Outside};
use super::meter::ServiceStats;
use super::store::{DiskFiles, OsDisk, SqliteStore, StoreError};
use super::{FileService, file_paths, im_paths, tinode_paths};
use crate::clock::unix_micros;
use crate::{Paths, Router, ServerHandle};
use health::Watch;

pub use config::StandingConfig;
pub use health::Health;

/// A running IM service over a folder.
pub struct Standing<U> {
    inner: Arc<Inner<U>>,
    running: Running,
}

struct Inner<U> {
    store: SqliteStore,
    im: HostedIm,
    desk: Arc<TokenDesk<U>>,
    tokens: TokenService<U>,
    files: Arc<DiskFiles>,
    config: StandingConfig,
    draining: AtomicBool,
    watch: Watch,
}

impl<U: Users> Standing<U> {
    /// Opens the folder and starts the service; what users publish in external message channels is handed to `outside`.
    /// Blocks while the store is opened.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has the folder, else what opening the store says.
    pub fn open(config: StandingConfig, users: U, outside: Box<Outside>) -> Result<Self, StoreError> {
        let mut seeds = Random::new(config.seed, u64::from_le_bytes(*b"im-stand"));
        let mut seed = || -> Seed { seeds.next_seed() };
        let store = SqliteStore::open(&config.folder)?;
        let desk = TokenDesk::open(users, config.tokens, store.tokens()?, seed(), unix_micros)?;
        let desk = Arc::new(desk);
        let holders = Arc::clone(&desk);
        let admission = move |token: &Secret| holders.holder(token);
        let folder = config.folder.join("files");
        let files = DiskFiles::open(folder, store.files()?, OsDisk, seed(), admission).map_err(StoreError::failed)?;
        let mut service = config.service.clone();
        service.seed = seed();
        let (im, running) = HostedIm::start(&store, service, Arc::clone(&desk), outside)?;
        let im = im.lines(config.lines.clone()).line_limits(config.line_limits);
        let tokens = TokenService::new(Arc::clone(&desk), config.sign_in);
        let inner = Inner {
            store,
            im,
            desk,
            tokens,
            files: Arc::new(files),
            config,
            draining: AtomicBool::new(false),
            watch: Watch::default(),
        };
        Ok(Self { inner: Arc::new(inner), running })
    }

    /// The paths for clients: lines, files, token calls, and `/healthz`.
    #[must_use]
    pub fn router(&self) -> Router {
        let inner = &self.inner;
        let mut files = FileService::new(Arc::clone(&inner.files)).limits(inner.config.uploads);
        if inner.config.guard_downloads {
            files = files.guard_downloads();
        }
        Router::new()
            .websocket(im_paths().and(tinode_paths()), inner.im.clone())
            .http(file_paths(), files)
            .http(token_paths(), inner.tokens.clone())
            .http(Paths::exact(["/healthz"]), health::Handler::new(Arc::clone(inner), None))
    }

    /// The paths for who watches over the service, to be served at an address that clients do not reach: `/metrics`, which
    /// tells how much is going on, and `/healthz`. `server` is the one that clients are connected to.
    #[must_use]
    pub fn watch_router(&self, server: ServerHandle) -> Router {
        let handler = health::Handler::new(Arc::clone(&self.inner), Some(server));
        Router::new().http(Paths::exact(["/healthz", "/metrics"]), handler)
    }

    /// The service behind the lines.
    #[must_use]
    pub fn im(&self) -> &HostedIm {
        &self.inner.im
    }

    /// Who gives and judges tokens.
    #[must_use]
    pub fn desk(&self) -> &Arc<TokenDesk<U>> {
        &self.inner.desk
    }

    /// What was counted since the start, and what is held now.
    #[must_use]
    pub fn stats(&self) -> ServiceStats {
        self.inner.im.stats()
    }

    /// Forgets tokens that have ended, and removes files that are older than the configuration keeps them, on a thread for
    /// such work. How many files.
    ///
    /// # Errors
    /// When rows cannot be read or forgotten.
    pub async fn sweep(&self) -> Result<u64, StoreError> {
        let desk = Arc::clone(&self.inner.desk);
        tokio::task::spawn_blocking(move || desk.forget_ended()).await.map_err(StoreError::failed)??;
        let Some(keep) = self.inner.config.keep_files else { return Ok(0) };
        let files = Arc::clone(&self.inner.files);
        let before = unix_micros().saturating_sub(Micros::try_from(keep.as_micros()).unwrap_or(Micros::MAX));
        tokio::task::spawn_blocking(move || files.expire(before)).await.map_err(StoreError::failed)?
    }

    /// Ends in order: requests are answered 503 from now on, what was said before is decided, kept and answered, every line
    /// is told 205 and closed, and the store is closed. `server` is shut down by it. A store, or whatever else the service
    /// hangs on, that takes longer than [`settle`](StandingConfig::settle) is not waited for: it goes on behind this.
    pub async fn stop(self, server: &ServerHandle) {
        let Self { inner, running } = self;
        inner.draining.store(true, Ordering::Relaxed);
        let (engine, settle) = (inner.im.engine(), inner.config.settle);
        engine.drain();
        let (told, settled) = oneshot::channel();
        engine.when_settled(move |_| {
            // Nobody listens any more when it took too long.
            let _ = told.send(());
        });
        if tokio::time::timeout(settle, settled).await.is_err() {
            tracing::warn!("the store takes long: the end does not wait for it");
        }
        server.shutdown().await;
        // What lines said last is kept before this returns, if the store lets it. On a thread that no runtime waits for.
        let (told, ended) = oneshot::channel();
        let end = move || {
            drop(running);
            let _ = told.send(());
        };
        if let Err(error) = std::thread::Builder::new().name("im-end".into()).spawn(end) {
            tracing::error!(%error, "the end is not waited for");
        } else if tokio::time::timeout(settle, ended).await.is_err() {
            tracing::error!("the store does not answer: what was said last may be lost");
        }
    }
}

impl<U> fmt::Debug for Standing<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standing").field("folder", &self.inner.config.folder).finish_non_exhaustive()
    }
}
