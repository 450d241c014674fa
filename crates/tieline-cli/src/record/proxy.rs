//! What stands between a client and its PBX: passes bytes on, both ways, and has them observed.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tieline_core::supervisor::LineId;
use tieline_core::{Class, Instant};
use tieline_sim::capture::{Ended, Observer, What};
use tieline_tokio::{ConnectError, Dialer as _, UrlDialer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use super::file::Recorder;
use crate::failure::Failure;

/// So many connections at once; others wait to be accepted.
const CONNECTIONS: usize = 512;
/// How much is read at once, each way.
const READ: usize = 16 << 10;
/// How long a client may take for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long the other side is listened to once the PBX has ended its own.
const LINGER: Duration = Duration::from_secs(5);
/// How long a PBX may be silent once its client is gone.
const SILENCE: Duration = Duration::from_secs(60);
/// How long nothing is accepted after that failed.
const PAUSE: Duration = Duration::from_millis(100);
/// The most of a request that is read before it is refused.
const REFUSED: usize = 64 << 10;

/// The way to the PBX, and where what passes is written.
pub(super) struct Proxy {
    pub(super) dialer: UrlDialer<()>,
    /// The `Host` that requests are to name.
    pub(super) host: String,
    pub(super) connect_timeout: Duration,
    pub(super) body_limit: usize,
    pub(super) recorder: Arc<Recorder>,
    pub(super) failed: Failed,
    /// Another program is the client: nobody else tells what goes wrong.
    is_between: bool,
    silence: Duration,
    started: std::time::Instant,
    connections: AtomicU64,
}

/// Why the PBX was not reached.
#[derive(Default)]
pub(super) struct Failed {
    last: Mutex<Option<Failure>>,
    /// Told when dialling again will not help.
    terminal: Notify,
}

impl Failed {
    /// The last reason, once.
    pub(super) fn take(&self) -> Option<Failure> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Waits for one that dialling again does not cure.
    pub(super) async fn terminal(&self) {
        self.terminal.notified().await;
    }

    /// The PBX was reached: what was wrong before is over.
    fn clear(&self) {
        drop(self.take());
    }

    fn note(&self, error: ConnectError) {
        let is_terminal = matches!(error.class(), Class::Terminal);
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Failure::from(error));
        if is_terminal {
            self.terminal.notify_one();
        }
    }
}

impl Proxy {
    pub(super) fn new(
        dialer: UrlDialer<()>,
        host: String,
        connect_timeout: Duration,
        body_limit: usize,
        recorder: Arc<Recorder>,
        is_between: bool,
    ) -> Self {
        let (failed, silence) = (Failed::default(), SILENCE);
        let (started, connections) = (std::time::Instant::now(), AtomicU64::new(0));
        Self { dialer, host, connect_timeout, body_limit, recorder, failed, is_between, silence, started, connections }
    }

    /// Serves those who connect, until it is dropped.
    pub(super) async fn serve(self: Arc<Self>, listener: TcpListener, tls: Option<TlsAcceptor>) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut tasks = JoinSet::new();
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                Some(_) = tasks.join_next() => continue,
            };
            let tcp = match accepted {
                Ok((tcp, _)) => tcp,
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted at the moment");
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            let (proxy, tls) = (Arc::clone(&self), tls.clone());
            tasks.spawn(async move {
                proxy.connection(tcp, tls).await;
                drop(place);
            });
        }
    }

    async fn connection(&self, tcp: TcpStream, tls: Option<TlsAcceptor>) {
        // What is passed on is passed on at once.
        let _ = tcp.set_nodelay(true);
        match tls {
            None => self.between(tcp).await,
            Some(tls) => match timeout(HANDSHAKE, tls.accept(tcp)).await {
                Ok(Ok(client)) => self.between(client).await,
                Ok(Err(error)) => tracing::warn!(%error, "the TLS handshake of a client failed"),
                Err(_) => tracing::warn!("a client did not finish its TLS handshake"),
            },
        }
    }

    /// Opens the way to the PBX for a client, and passes on.
    async fn between(&self, client: impl AsyncRead + AsyncWrite + Unpin) {
        let number = self.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let dialed = timeout(self.connect_timeout, self.dialer.dial(LineId::new(number))).await;
        let error = match dialed {
            Ok(Ok(dialed)) => {
                self.failed.clear();
                self.recorder.note(number, What::Opened);
                let ended = self.pass(number, client, dialed.io).await;
                return self.recorder.note(number, What::Ended(ended));
            }
            Ok(Err(error)) => error,
            Err(_) => ConnectError::Timeout,
        };
        if self.is_between {
            tracing::error!("the PBX was not reached: {error}");
        }
        self.recorder.note(number, What::Failed { words: words(&error).to_owned() });
        self.failed.note(error);
        refuse(client).await;
    }

    /// Passes on until both sides have ended, or the client has and the PBX says nothing more; who ended first.
    async fn pass(
        &self,
        number: u64,
        client: impl AsyncRead + AsyncWrite + Unpin,
        server: impl AsyncRead + AsyncWrite + Unpin,
    ) -> Ended {
        let watch = Mutex::new(Observer::new(Some(self.host.clone()), self.body_limit));
        let first = Mutex::new(None);
        let (gone, over) = (Notify::new(), Notify::new());
        let end = |who: Ended| {
            first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(who);
        };
        let now = || Instant::from_epoch(self.started.elapsed());
        let (mut from_client, mut to_client) = tokio::io::split(client);
        let (mut from_server, mut to_server) = tokio::io::split(server);
        let note = |said: Vec<What>| said.into_iter().for_each(|what| self.recorder.note(number, what));
        let up = async {
            let mut buffer = vec![0; READ];
            loop {
                let read = from_client.read(&mut buffer).await?;
                if read == 0 {
                    end(Ended::Client);
                    gone.notify_one();
                    return to_server.shutdown().await;
                }
                let (mut forward, mut said) = (Vec::new(), Vec::new());
                let bytes = buffer.get(..read).unwrap_or_default();
                watch.lock().unwrap_or_else(PoisonError::into_inner).client(now(), bytes, &mut forward, &mut said);
                // Written down before it is passed on: its answer may come at once.
                note(said);
                to_server.write_all(&forward).await?;
                to_server.flush().await?;
            }
        };
        let down = async {
            let mut buffer = vec![0; READ];
            let mut is_alone = false;
            loop {
                let read = tokio::select! {
                    read = from_server.read(&mut buffer) => read?,
                    () = gone.notified(), if !is_alone => {
                        is_alone = true;
                        continue;
                    }
                    () = tokio::time::sleep(self.silence), if is_alone => return Err(io::ErrorKind::TimedOut.into()),
                };
                if read == 0 {
                    end(Ended::Server);
                    over.notify_one();
                    return to_client.shutdown().await;
                }
                let mut said = Vec::new();
                let bytes = buffer.get(..read).unwrap_or_default();
                watch.lock().unwrap_or_else(PoisonError::into_inner).server(now(), bytes, &mut said);
                note(said);
                to_client.write_all(bytes).await?;
                to_client.flush().await?;
            }
        };
        let late = async {
            over.notified().await;
            tokio::time::sleep(LINGER).await;
        };
        let result: io::Result<()> = tokio::select! {
            result = async { tokio::try_join!(up, down) } => result.map(drop),
            () = late => Ok(()),
        };
        let mut said = Vec::new();
        watch.lock().unwrap_or_else(PoisonError::into_inner).end(&mut said);
        note(said);
        let first = *first.lock().unwrap_or_else(PoisonError::into_inner);
        match result {
            Err(_) => first.unwrap_or(Ended::Broken),
            Ok(()) => first.unwrap_or(Ended::Server),
        }
    }
}

/// Tells a client that the PBX was not reached.
async fn refuse(mut client: impl AsyncRead + AsyncWrite + Unpin) {
    let answer = async {
        let (mut head, mut buffer) = (Vec::new(), [0; 1024]);
        while head.len() < REFUSED && !head.windows(4).any(|end| end == b"\r\n\r\n") {
            match client.read(&mut buffer).await? {
                0 => return Ok(()),
                read => head.extend_from_slice(buffer.get(..read).unwrap_or_default()),
            }
        }
        let words = "tieline record: the PBX was not reached\n";
        let length = words.len();
        let answer = format!(
            "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{words}"
        );
        client.write_all(answer.as_bytes()).await?;
        client.shutdown().await
    };
    let _: Result<io::Result<()>, _> = timeout(HANDSHAKE, answer).await;
}

/// Why, without anything that tells of somebody.
const fn words(error: &ConnectError) -> &'static str {
    match error {
        ConnectError::Resolve { .. } => "the name has no address",
        ConnectError::Tcp { .. } => "no TCP connection",
        ConnectError::Tls(_) | ConnectError::TlsSetup(_) => "the TLS handshake failed",
        ConnectError::Timeout => "no connection in time",
        _ => "not reached",
    }
}

#[cfg(test)]
mod tests {
    use tieline_sim::capture::Header;
    use tieline_tokio::Credentials;
    use tokio::io::duplex;

    use super::*;
    use crate::args::Tls;
    use crate::listen::trust;

    #[tokio::test]
    async fn a_pbx_that_is_silent_to_a_client_that_left_holds_no_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let recorder = Recorder::create(&folder.path().join("x.tlr"), Header::default(), None);
        let recorder = recorder.map_err(|failure| format!("{failure:?}")).expect("a file");
        let tls = Tls { tls_pin: Vec::new(), tls_ca: None, tls_insecure: false };
        let trust = trust(&tls).map_err(|failure| format!("{failure:?}")).expect("trust");
        let url = "ws://127.0.0.1:9".parse().expect("an address");
        let dialer = UrlDialer::with_trust(url, Credentials::fixed(()), trust).expect("a dialer");
        let mut proxy = Proxy::new(dialer, "pbx".into(), HANDSHAKE, 1, recorder, true);
        proxy.silence = Duration::from_millis(1);
        let ((client, here), (there, _pbx)) = (duplex(1), duplex(1));
        drop(client);
        assert_eq!(proxy.pass(1, here, there).await, Ended::Client);
    }
}
