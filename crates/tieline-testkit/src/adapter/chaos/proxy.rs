//! A proxy that does to each connection what it is fated to.

use std::fmt;
use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

use super::super::PATIENCE;
use super::super::pbx::read_request;
use super::fate::{Ending, Fate, Pace, Way};

/// So long a client may take to be seen gone before its next connection counts as a second one: the proxy's own threads must
/// have had their turn.
const SEEN_GONE: Duration = Duration::from_secs(5);

/// A proxy on a port of this machine, in front of a server.
pub struct Chaos {
    /// Where it listens.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    fates: Vec<Fate>,
    /// How many fates were begun, and how many are over.
    met: AtomicUsize,
    past: AtomicUsize,
    /// Whether connections meet their fates; they pass before.
    begun: AtomicBool,
    over: AtomicBool,
    overlaps: AtomicUsize,
    open: Mutex<Vec<Arc<Connection>>>,
    changed: Condvar,
}

/// One connection of a client's.
struct Connection {
    client: TcpStream,
    server: Option<TcpStream>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Passing,
    /// Its fate has come: nothing passes any more.
    Ended,
}

struct State {
    phase: Phase,
    up: usize,
    down: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A socket at a port of this machine that shares it with others of this kind: one that only holds the port keeps it from
/// everybody else while nobody listens.
fn bound(port: u16) -> io::Result<Socket> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_port(true)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket)
}

fn listening(port: u16) -> io::Result<TcpListener> {
    let socket = bound(port)?;
    socket.listen(64)?;
    Ok(socket.into())
}

impl Chaos {
    /// A proxy in front of a server's port. The first connections meet these fates, one each, and all others pass; so do those
    /// before [`begin`](Self::begin), if that is `awaited`.
    ///
    /// # Panics
    /// When there is no port.
    #[must_use]
    pub fn start(server: u16, fates: Vec<Fate>, awaited: bool) -> Self {
        let holder = bound(0).expect("a port");
        let port = holder.local_addr().expect("an address").as_socket().expect("of TCP").port();
        let mut listener = Some(listening(port).expect("a listener"));
        let shared = Arc::new(Shared {
            server,
            fates,
            met: AtomicUsize::new(0),
            past: AtomicUsize::new(0),
            begun: AtomicBool::new(!awaited),
            over: AtomicBool::new(false),
            overlaps: AtomicUsize::new(0),
            open: Mutex::default(),
            changed: Condvar::new(),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            let _held = holder;
            while !serving.over.load(Ordering::SeqCst) {
                let fate = serving.fate();
                if let Some(Fate::Refuse(time)) = fate {
                    // Once there is a client that comes back.
                    serving.await_gone(PATIENCE);
                    drop(listener.take());
                    thread::sleep(time);
                    serving.met.fetch_add(1, Ordering::SeqCst);
                    serving.past.fetch_add(1, Ordering::SeqCst);
                    continue;
                }
                let own = listener.get_or_insert_with(|| listening(port).expect("a listener"));
                let Ok((client, _)) = own.accept() else { break };
                if serving.over.load(Ordering::SeqCst) {
                    break;
                }
                let fate = serving.fate();
                if let Some(Fate::Refuse(_)) = fate {
                    // It began meanwhile.
                    continue;
                }
                if !serving.await_gone(SEEN_GONE) {
                    serving.overlaps.fetch_add(1, Ordering::SeqCst);
                }
                if fate.is_some() {
                    serving.met.fetch_add(1, Ordering::SeqCst);
                }
                serving.serve(client, fate);
            }
        });
        Self { port, shared }
    }

    /// Begins, with the end of every connection that passed before.
    pub fn begin(&self) {
        self.shared.begun.store(true, Ordering::SeqCst);
        lock(&self.shared.open).iter().for_each(|connection| connection.abort());
    }

    /// Whether every fate is over, so that whoever comes now can stay.
    #[must_use]
    pub fn is_calm(&self) -> bool {
        self.shared.past.load(Ordering::SeqCst) >= self.shared.fates.len()
    }

    /// How often a client came while it had another connection.
    #[must_use]
    pub fn overlaps(&self) -> usize {
        self.shared.overlaps.load(Ordering::SeqCst)
    }
}

impl fmt::Debug for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let past = self.shared.past.load(Ordering::SeqCst);
        write!(f, "Chaos({past} of {} fates are past)", self.shared.fates.len())
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        for connection in lock(&self.shared.open).iter() {
            connection.abort();
        }
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

impl Shared {
    /// The next fate.
    fn fate(&self) -> Option<Fate> {
        let begun = self.begun.load(Ordering::SeqCst);
        self.fates.get(self.met.load(Ordering::SeqCst)).copied().filter(|_| begun)
    }

    /// Waits until no client is here; whether that came.
    fn await_gone(&self, patience: Duration) -> bool {
        let open = lock(&self.open);
        let waited = self
            .changed
            .wait_timeout_while(open, patience, |open| !open.is_empty() && !self.over.load(Ordering::SeqCst));
        !waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    fn serve(self: &Arc<Self>, client: TcpStream, fated: Option<Fate>) {
        let fate = fated.unwrap_or(Fate::Pass(Pace::Whole));
        let asks = matches!(fate, Fate::Pass(_) | Fate::End { .. });
        let server = asks.then(|| TcpStream::connect((Ipv4Addr::LOCALHOST, self.server)).ok()).flatten();
        for io in [Some(&client), server.as_ref()].into_iter().flatten() {
            drop(io.set_nodelay(true));
            drop(io.set_read_timeout(Some(PATIENCE)));
        }
        let state = Mutex::new(State { phase: Phase::Passing, up: 0, down: 0 });
        let connection = Arc::new(Connection { client, server, state, changed: Condvar::new() });
        lock(&self.open).push(Arc::clone(&connection));
        if fated.is_none() && self.fate().is_some() {
            // It began meanwhile.
            connection.abort();
        }
        let shared = Arc::clone(self);
        thread::spawn(move || {
            match fate {
                Fate::Answer(status) => connection.answer(status),
                Fate::Pass(pace) => connection.pass(pace, None),
                Fate::End { pace, way, bytes, within, ending } => {
                    connection.pass(pace, Some((way, bytes, within, ending)));
                }
                Fate::Refuse(_) => {}
            }
            let mut open = lock(&shared.open);
            open.retain(|own| !Arc::ptr_eq(own, &connection));
            // The last to hold it closes it, before anybody thinks it gone.
            drop(connection);
            shared.past.fetch_add(usize::from(fated.is_some()), Ordering::SeqCst);
            shared.changed.notify_all();
        });
    }
}

/// When a connection ends, and how.
type End = Option<(Way, usize, Duration, Ending)>;

impl Connection {
    fn abort(&self) {
        for io in [Some(&self.client), self.server.as_ref()].into_iter().flatten() {
            drop(io.shutdown(Shutdown::Both));
        }
    }

    /// Answers whatever is asked, and waits for the client to leave.
    fn answer(&self, status: u16) {
        if read_request(&mut &self.client).is_some() {
            let answer = format!("HTTP/1.1 {status} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
            drop((&self.client).write_all(answer.as_bytes()));
        }
        drop(self.client.shutdown(Shutdown::Write));
        self.drain();
    }

    /// Reads until the client has left.
    fn drain(&self) {
        while (&self.client).read(&mut [0; 1024]).is_ok_and(|count| count > 0) {}
    }

    /// Passes on, to the end of it; returns once the client has left.
    fn pass(&self, pace: Pace, end: End) {
        let Some(server) = &self.server else { return };
        thread::scope(|scope| {
            scope.spawn(|| self.copy(Way::Up, &self.client, server, pace, end));
            scope.spawn(|| self.copy(Way::Down, server, &self.client, pace, end));
            let Some((_, _, within, ending)) = end else { return };
            let state = lock(&self.state);
            let waited = self.changed.wait_timeout_while(state, within, |state| state.phase == Phase::Passing);
            let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
            state.phase = Phase::Ended;
            drop(state);
            drop(server.shutdown(Shutdown::Both));
            match ending {
                Ending::BlackHole => {}
                Ending::Fin => drop(self.client.shutdown(Shutdown::Write)),
                Ending::Reset => {
                    // Closing tells it; the reader is woken, and nothing is sent, by this.
                    drop(SockRef::from(&self.client).set_linger(Some(Duration::ZERO)));
                    drop(self.client.shutdown(Shutdown::Read));
                }
            }
        });
    }

    fn copy(&self, way: Way, mut from: &TcpStream, mut to: &TcpStream, pace: Pace, end: End) {
        let mut bytes = [0; 4096];
        loop {
            let count = from.read(&mut bytes).unwrap_or(0);
            if count == 0 {
                break;
            }
            if let Pace::Late(time) = pace {
                thread::sleep(time);
            }
            let passed = self.take(way, count, end);
            let piece = if pace == Pace::Bytewise { 1 } else { count };
            // Whoever left is noticed by reading.
            if bytes[..passed].chunks(piece).try_for_each(|piece| to.write_all(piece)).is_err() && way == Way::Down {
                break;
            }
        }
        let mut state = lock(&self.state);
        let ended = std::mem::replace(&mut state.phase, Phase::Ended) == Phase::Ended;
        drop(state);
        self.changed.notify_all();
        if !ended {
            drop(to.shutdown(Shutdown::Write));
        }
    }

    /// How many of the bytes that came pass; notes that its fate has come.
    fn take(&self, way: Way, count: usize, end: End) -> usize {
        let mut state = lock(&self.state);
        if state.phase == Phase::Ended {
            return 0;
        }
        let counted = if way == Way::Up { &mut state.up } else { &mut state.down };
        *counted += count;
        let Some((_, bytes, ..)) = end.filter(|end| end.0 == way) else { return count };
        let beyond = counted.saturating_sub(bytes);
        if beyond > 0 {
            state.phase = Phase::Ended;
            self.changed.notify_all();
        }
        count.saturating_sub(beyond)
    }
}
