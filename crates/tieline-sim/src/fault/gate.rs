//! Stands between the server and its clients.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hyper::Request;
use hyper::body::Incoming;
use tieline_server::{Accepted, Answer, ConnectionHook, Line, Next, Opening, ServerHook};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::answer;
use super::conn::Conn;
use super::io::{WatchedIo, hold};
use super::kind::{Fault, Occasion, Service};
use super::line::WatchedLine;
use crate::record::{Ended, What, redacted_target};
use crate::sim::Pbx;

/// Watches every connection of a simulator, and lets its faults befall it.
pub(crate) struct Gate {
    pbx: Arc<Pbx>,
    accepted: AtomicU64,
    /// Says when the simulator is gone.
    gone: watch::Receiver<()>,
}

impl Gate {
    /// Connections that are held half-open are let go when the sender of `gone` is dropped.
    pub(crate) const fn new(pbx: Arc<Pbx>, gone: watch::Receiver<()>) -> Self {
        Self { pbx, accepted: AtomicU64::new(0), gone }
    }
}

impl ServerHook for Gate {
    fn accept(&self, tcp: TcpStream, peer: SocketAddr) -> Accepted {
        let number = self.accepted.fetch_add(1, Ordering::Relaxed) + 1;
        let conn = Arc::new(Conn::new(number, Arc::clone(&self.pbx)));
        conn.note(What::Opened { address: peer });
        let faults = conn.judge(Occasion::Connection);
        if faults.contains(&Fault::Refuse) {
            conn.ended(Ended::Dropped);
            return Accepted::Taken(Box::pin(async move { drop(tcp) }));
        }
        if faults.contains(&Fault::Mute) {
            let (held, mute) = (hold(tcp, self.gone.clone()), Mute(conn));
            return Accepted::Taken(Box::pin(async move {
                held.await;
                drop(mute);
            }));
        }
        let mut io = WatchedIo::new(tcp, Arc::clone(&conn), self.gone.clone());
        faults.iter().for_each(|fault| io.befall(fault));
        Accepted::Hooked(Box::new(io), Box::new(Watch(conn)))
    }
}

/// A connection that says nothing, until it ends in one way or another.
struct Mute(Arc<Conn>);

impl Drop for Mute {
    fn drop(&mut self) {
        self.0.ended(Ended::BlackHole);
    }
}

/// Watches one connection.
struct Watch(Arc<Conn>);

impl ConnectionHook for Watch {
    fn answer(&self, request: Request<Incoming>, next: Next<'_>) -> Answer {
        let conn = &self.0;
        let (head, body) = request.into_parts();
        let path = head.uri.path();
        let service = Service::of_path(path);
        conn.asks_for(service, path);
        conn.note(What::Request { method: head.method.to_string(), target: redacted_target(&head) });
        // Those that had to know the path: the stream learns of them with its next byte, and these now.
        let faults = conn.judge(Occasion::Connection);
        conn.defer(faults);
        if conn.is_cut() || conn.is_silenced() {
            return Box::pin(std::future::pending());
        }
        let faults = conn.judge(Occasion::Request);
        if let Some(response) = faults.iter().find_map(|fault| answer::instead(fault, service, path, &conn.pbx)) {
            return Box::pin(std::future::ready(response));
        }
        let events = service.filter(|service| answer::holds_events(*service, path));
        let answer = next(Request::from_parts(head, body));
        match events {
            Some(service) if conn.is_armed() => Box::pin(answer::changed(answer, Arc::clone(conn), service)),
            _ => answer,
        }
    }

    fn line(&self, opening: &Opening<'_>, line: Box<dyn Line>) -> Box<dyn Line> {
        let Some(service) = Service::of_path(opening.path) else { return line };
        Box::new(WatchedLine::new(line, Arc::clone(&self.0), service))
    }
}
