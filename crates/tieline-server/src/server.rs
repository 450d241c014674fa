//! The listener, and the handle by which a running server is watched and stopped.

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tracing::Instrument as _;

use crate::census::{Census, ServerStats};
use crate::clock::Clock;
use crate::connection::{self, Site};
use crate::courier::Couriers;
use crate::{Router, ServerHook, ServerOptions};

/// The first wait after a failed accept; doubled up to [`ACCEPT_WAIT_MAX`].
const ACCEPT_WAIT: Duration = Duration::from_millis(10);
/// The longest wait after a failed accept.
const ACCEPT_WAIT_MAX: Duration = Duration::from_secs(1);

/// A bound listener. [`spawn`](Self::spawn) or [`serve`](Self::serve) makes it answer.
pub struct Server {
    listener: TcpListener,
    options: ServerOptions,
    clock: Clock,
    hook: Option<Arc<dyn ServerHook>>,
    handle: ServerHandle,
    drain: watch::Receiver<bool>,
    done: watch::Sender<bool>,
}

impl Server {
    /// Listens at `addr`; port 0 picks one. Clients can connect from now on, and are answered once the server serves.
    ///
    /// # Errors
    /// What the operating system says: the address is in use, not ours, or not allowed.
    pub async fn bind(addr: impl ToSocketAddrs, options: ServerOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(addr).await?;
        let local_addr = listener.local_addr()?;
        let (drain_sender, drain) = watch::channel(false);
        let (done, done_receiver) = watch::channel(false);
        let control = Control { census: Census::default(), drain: drain_sender, kill: Notify::new() };
        let handle = ServerHandle { local_addr, control: Arc::new(control), done: done_receiver };
        Ok(Self { listener, options, clock: Clock::start(), hook: None, handle, drain, done })
    }

    /// Lets `hook` come between the server and its clients: for simulators and tests.
    #[must_use]
    pub fn hooked(mut self, hook: impl ServerHook) -> Self {
        self.hook = Some(Arc::new(hook));
        self
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.handle.local_addr
    }

    /// By which it is watched and stopped.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.handle.clone()
    }

    /// Serves on a task of its own until it is shut down. Dropping the handle does not stop it.
    pub fn spawn(self, router: Router) -> ServerHandle {
        let handle = self.handle();
        tokio::spawn(self.serve(router));
        handle
    }

    /// Serves until it is shut down, and returns when the last connection is gone. Dropping the future drops all
    /// connections at once.
    pub async fn serve(self, router: Router) {
        let Self { listener, options, clock, hook, handle, drain, done } = self;
        let _done = Done(done);
        let (couriers, count) = Couriers::new();
        // Dropped after the connections, whose last messages they bring.
        let mut couriering = JoinSet::new();
        for number in 0..count {
            couriering.spawn(couriers.clone().run(number, clock));
        }
        let site = Arc::new(Site { options, router, clock, hook, couriers });
        let mut acceptor =
            Acceptor { site, control: handle.control, drain: drain.clone(), tasks: JoinSet::new(), wait: ACCEPT_WAIT };
        acceptor.accept(listener, drain).await;
        acceptor.drain().await;
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("local_addr", &self.local_addr()).finish_non_exhaustive()
    }
}

/// Watches and stops a server; cheap to clone.
#[derive(Clone)]
pub struct ServerHandle {
    local_addr: SocketAddr,
    control: Arc<Control>,
    done: watch::Receiver<bool>,
}

impl ServerHandle {
    /// Where the server listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Stops accepting and lets every session close with code 1001, and returns when all are gone; those that are still
    /// there after [`ServerOptions::drain_timeout`] are dropped.
    pub async fn shutdown(&self) {
        self.begin_shutdown();
        self.closed().await;
    }

    /// Begins what [`shutdown`](Self::shutdown) waits for.
    pub fn begin_shutdown(&self) {
        self.control.drain.send_replace(true);
    }

    /// Waits until the server stopped, for whatever reason.
    pub async fn closed(&self) {
        // An error means that the server is gone altogether, which is as good.
        let mut done = self.done.clone();
        let _gone = done.wait_for(|done| *done).await;
    }

    /// Drops every socket without a word, as a failing network or a killed process would, and goes on accepting. Takes
    /// effect as soon as the server's task runs.
    pub fn kill_connections(&self) {
        self.control.kill.notify_one();
    }

    /// What was counted so far.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        self.control.census.stats()
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections_now(&self) -> usize {
        self.stats().connections_now
    }

    /// How many connections were ever taken.
    #[must_use]
    pub fn connections_total(&self) -> u64 {
        self.stats().connections_total
    }

    /// How many connections from an address are open; from an IPv6 address, from its /64 network.
    #[must_use]
    pub fn connections_from(&self, address: IpAddr) -> usize {
        self.control.census.connections_from(address)
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandle").field("local_addr", &self.local_addr).finish_non_exhaustive()
    }
}

struct Control {
    census: Census,
    drain: watch::Sender<bool>,
    kill: Notify,
}

/// Tells that the server stopped, also when its future was dropped.
struct Done(watch::Sender<bool>);

impl Drop for Done {
    fn drop(&mut self) {
        self.0.send_replace(true);
    }
}

struct Acceptor {
    site: Arc<Site>,
    control: Arc<Control>,
    drain: watch::Receiver<bool>,
    tasks: JoinSet<()>,
    wait: Duration,
}

impl Acceptor {
    /// Accepts until the server is shut down.
    async fn accept(&mut self, listener: TcpListener, mut drain: watch::Receiver<bool>) {
        let control = self.control.clone();
        let mut drained = std::pin::pin!(drain.wait_for(|draining| *draining));
        let mut pause = std::pin::pin!(None);
        loop {
            // While accepting fails for want of something, the connections there are are served on.
            let next = async {
                if let Some(pause) = pause.as_mut().as_pin_mut() {
                    let _: () = pause.await;
                }
                listener.accept().await
            };
            tokio::select! {
                _ = &mut drained => return,
                () = control.kill.notified() => self.tasks.abort_all(),
                Some(_) = self.tasks.join_next() => {}
                accepted = next => {
                    let failed = match accepted {
                        Ok((tcp, peer)) => {
                            self.take(tcp, peer);
                            false
                        }
                        Err(error) => self.note(&error),
                    };
                    let wait = failed.then(|| sleep(self.wait));
                    self.wait = if failed { (self.wait * 2).min(ACCEPT_WAIT_MAX) } else { ACCEPT_WAIT };
                    pause.set(wait);
                }
            }
        }
    }

    /// Takes one connection in, or closes it.
    fn take(&mut self, tcp: TcpStream, peer: SocketAddr) {
        let options = &self.site.options;
        let Ok(admitted) = self.control.census.admit(peer.ip(), self.site.clock.now(), options.caps()) else {
            tracing::debug!(%peer, "too many connections");
            return;
        };
        if let Err(error) = tune(&tcp, options) {
            tracing::debug!(%peer, %error, "socket options were refused");
        }
        let span = tracing::debug_span!("connection", %peer);
        let task = connection::serve(tcp, peer, self.site.clone(), self.drain.clone(), admitted);
        self.tasks.spawn(task.instrument(span));
    }

    /// Notes why nothing was accepted; whether to wait before the next try.
    fn note(&self, error: &io::Error) -> bool {
        use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
            // The client was gone before its turn.
            return false;
        }
        self.control.census.note_accept_error();
        tracing::warn!(%error, "no connection can be accepted at the moment");
        true
    }

    /// Waits for the connections to end, and drops those that take too long.
    async fn drain(&mut self) {
        self.site.router.begin_shutdown();
        let control = self.control.clone();
        let all = async {
            loop {
                tokio::select! {
                    () = control.kill.notified() => self.tasks.abort_all(),
                    ended = self.tasks.join_next() => if ended.is_none() { return },
                }
            }
        };
        let limit = self.site.options.drain_timeout;
        if timeout(limit, all).await.is_err() {
            tracing::debug!(connections = self.tasks.len(), "dropped without a goodbye");
        }
        self.tasks.shutdown().await;
    }
}

fn tune(tcp: &TcpStream, options: &ServerOptions) -> io::Result<()> {
    tcp.set_nodelay(options.nodelay)?;
    if let Some(after) = options.keepalive {
        SockRef::from(tcp).set_tcp_keepalive(&TcpKeepalive::new().with_time(after))?;
    }
    Ok(())
}
