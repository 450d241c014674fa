//! What the examples share: a simulated PBX in the background of the program, a chat, a bot in it, the life of a group, and a screen-pop.

pub mod bot;
pub mod chat;
pub mod group;
pub mod pop;

use std::net::SocketAddr;

use tieline::sim::Sim;
use tieline::wsi::{Auth, Dialect};

/// A simulated PBX on a thread of its own; it runs until the program ends.
pub struct Pbx {
    sim: Sim,
    /// What the simulator lives on.
    runtime: Option<tokio::runtime::Runtime>,
}

impl Drop for Pbx {
    fn drop(&mut self) {
        // Without waiting, since an example on tokio drops it where nothing may block.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Starts a simulated PBX on a free port, its day played twenty times as fast as it is.
///
/// # Errors
/// When it cannot listen on this machine.
pub fn simulated_pbx() -> std::io::Result<Pbx> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let starting = runtime.spawn(Sim::builder().seed(7).speed(20.0).start());
    let (done, started) = std::sync::mpsc::channel();
    runtime.spawn(async move { done.send(starting.await) });
    match started.recv() {
        Ok(Ok(sim)) => Ok(Pbx { sim: sim?, runtime: Some(runtime) }),
        _ => Err(std::io::Error::other("the simulator did not start")),
    }
}

impl Pbx {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.sim.local_addr()
    }

    /// Cuts every line, as a failing network does.
    pub fn cut_lines(&self) {
        self.sim.kill_connections();
    }

    /// Its WSI for clients of a dialect.
    #[must_use]
    pub fn url(&self, dialect: Dialect) -> String {
        self.sim.wsi_url(dialect)
    }

    /// The API key of its Axeos.
    #[must_use]
    pub fn axeos_key(&self) -> String {
        self.sim.axeos_key().expose().to_string()
    }

    /// A login that sees the whole tenant.
    #[must_use]
    pub fn tenant_auth(&self, dialect: Dialect) -> Auth {
        self.sim.tenant_auth(dialect)
    }
}

/// The code of the guide compiles.
#[cfg(doctest)]
#[doc = include_str!("../../docs/embedding.md")]
struct EmbeddingGuide;
