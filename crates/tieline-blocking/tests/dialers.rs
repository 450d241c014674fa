//! Dialers of one's own, and dials that are given up.
#![cfg(feature = "wsi")]

mod common;

use std::io::{self, IoSlice, Read, Write};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use common::{Stream, config};
use tieline_blocking::{Attempt, ClientError, ConnectError, Dialed, Dialer, Io, NoEvent, UrlDialer, mio, wsi};
use tieline_core::supervisor::Phase;
use tieline_portsip_wsi::Auth;
use tieline_testkit::adapter::{Ask, Gate, PATIENCE, Pbx, calls, kills, millis, names_to, setup, soon};

type Dialing<I> = Result<Dialed<I, Auth>, ConnectError>;

/// A stream that is counted as long as it lives.
struct Counted<I>(I, Arc<Count>);

#[derive(Default)]
struct Count {
    now: AtomicUsize,
    most: AtomicUsize,
    ever: AtomicUsize,
}

impl<I> Counted<I> {
    fn new(io: I, count: &Arc<Count>) -> Self {
        count.ever.fetch_add(1, Ordering::SeqCst);
        let now = count.now.fetch_add(1, Ordering::SeqCst) + 1;
        count.most.fetch_max(now, Ordering::SeqCst);
        Self(io, Arc::clone(count))
    }
}

impl<I> Drop for Counted<I> {
    fn drop(&mut self) {
        self.1.now.fetch_sub(1, Ordering::SeqCst);
    }
}

impl<I: Io> Read for Counted<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl<I: Io> Write for Counted<I> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_vectored(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<usize> {
        self.0.write_vectored(pieces)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<I: Io> Io for Counted<I> {
    fn source(&mut self) -> &mut dyn mio::event::Source {
        self.0.source()
    }

    fn shutdown(&mut self) -> io::Result<()> {
        self.0.shutdown()
    }
}

#[test]
fn twenty_kills_in_a_row_are_survived_with_one_connection_at_a_time() {
    let pbx = kills::pbx();
    let config = config(setup().subscribe(&calls()));
    let count = Arc::new(Count::default());
    let counting = Arc::clone(&count);
    let inner: UrlDialer<Auth> = config.dialer(&pbx.url).expect("an address");
    let dialer = move |attempt: &Attempt| Ok(inner.dial(attempt)?.map(|io| Counted::new(io, &counting)));
    let (_client, events, driver) = wsi::connect_with(dialer, config).expect("a line");
    driver.spawn().expect("a thread");
    kills::survived(&mut Stream(events));
    assert_eq!(count.ever.load(Ordering::SeqCst), kills::KILLS + 1);
    assert_eq!(count.most.load(Ordering::SeqCst), 1);
}

/// Opens a line that is not live yet, and runs it.
fn run<D: Dialer<Auth>>(dialer: D, config: wsi::Config) -> (wsi::Client, wsi::Events, std::thread::JoinHandle<()>) {
    let (client, events, driver) = wsi::connect_with(dialer, config).expect("a line");
    let running = driver.spawn().expect("a thread");
    (client, events, running)
}

#[test]
fn a_dial_in_progress_is_given_up_when_the_line_is_closed() {
    let (tell, told) = mpsc::channel();
    let dialer = move |attempt: &Attempt| -> Dialing<mio::net::TcpStream> {
        let (cancelled, cancel) = mpsc::channel();
        attempt.on_cancel(move || cancelled.send("given up").expect("a dialer"));
        tell.send("dialling").expect("a test");
        cancel.recv_timeout(PATIENCE).expect("given up");
        assert!(attempt.is_cancelled());
        tell.send("given up").expect("a test");
        Err(ConnectError::Closed)
    };
    let (client, events, running) = run(dialer, config(setup()));
    assert_eq!(told.recv_timeout(PATIENCE), Ok("dialling"));
    soon(move || client.close());
    assert_eq!(told.recv_timeout(PATIENCE), Ok("given up"));
    assert_eq!(names_to(&mut Stream(events), "closed"), ["closed"]);
    soon(move || running.join()).expect("no panic");
}

/// Closes a line while its dial hangs after the server accepted it.
fn closed_while_dialling(scheme: &str) {
    let (accepted, end) = (Gate::new(), Gate::new());
    let (tell, held) = (accepted.clone(), end.clone());
    let pbx = Pbx::raw(move |io, _| {
        tell.open();
        held.pass();
        drop(io);
    });
    let config = config(setup());
    let dialer = config.dialer(&format!("{scheme}://127.0.0.1:{}/", pbx.port)).expect("an address");
    let (client, events, running) = run(dialer, config);
    accepted.pass();
    soon(move || client.close());
    assert_eq!(names_to(&mut Stream(events), "closed"), ["closed"]);
    soon(move || running.join()).expect("no panic");
    end.open();
}

#[test]
fn closing_ends_an_opening_that_hangs() {
    closed_while_dialling("ws");
}

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
#[test]
fn closing_ends_a_tls_handshake_that_hangs() {
    closed_while_dialling("wss");
}

#[test]
fn commands_and_closing_do_not_wait_for_credentials() {
    let (asked, end) = (Gate::new(), Gate::new());
    let (tell, held) = (asked.clone(), end.clone());
    let config = config(setup().credentials(Ask::new(move || {
        tell.open();
        held.pass();
        Ok(Auth::username("u", "d", "p"))
    })));
    let dialer = config.dialer("ws://127.0.0.1:1/").expect("an address");
    let (client, _events, running) = run(dialer, config);
    asked.pass();
    client.subscribe(calls(), PATIENCE).expect("noted");
    soon(move || client.close());
    soon(move || running.join()).expect("no panic");
    end.open();
}

#[test]
fn a_dialer_that_does_not_listen_is_never_called_twice_at_once() {
    let end = Gate::new();
    let (held, count) = (end.clone(), Arc::new(Count::default()));
    let counting = Arc::clone(&count);
    let dialer = move |_: &Attempt| -> Dialing<mio::net::TcpStream> {
        let _dial = Counted::new((), &counting);
        held.pass();
        Err(ConnectError::Closed)
    };
    let mut config = config(setup());
    config.options.policy.dial_timeout = millis(5);
    config.options.policy.retry_first = true;
    let (client, events, running) = run(dialer, config);
    // Several deadlines pass meanwhile.
    let downs = events.take(5).count();
    end.open();
    soon(move || client.close());
    soon(move || running.join()).expect("no panic");
    assert_eq!((downs, count.most.load(Ordering::SeqCst)), (5, 1));
}

#[test]
fn a_driver_dropped_before_it_ran_fails_whoever_waits() {
    let config = config(setup());
    let dialer = config.dialer("ws://127.0.0.1:1/").expect("an address");
    let (client, mut events, mut driver) = wsi::connect_with(dialer, config).expect("a line");
    let live = driver.first_live();
    drop(driver);
    assert!(matches!(live.wait(), Err(ConnectError::Closed)));
    assert_eq!(events.next_event(PATIENCE), Err(NoEvent::Ended));
    assert_eq!(client.subscribe(calls(), PATIENCE), Err(ClientError::Closed));
    soon(move || {
        client.close();
        assert_eq!(client.phase(), Phase::Closed);
    });
}

#[test]
fn a_dialer_that_panics_fails_whoever_waits() {
    let dialer = |_: &Attempt| -> Dialing<mio::net::TcpStream> { panic::resume_unwind(Box::new("a test")) };
    let (client, mut events, running) = run(dialer, config(setup()));
    assert_eq!(events.next_event(PATIENCE), Err(NoEvent::Ended));
    assert_eq!(client.subscribe(calls(), PATIENCE), Err(ClientError::Closed));
    soon(move || running.join()).expect_err("the panic goes on");
}

#[cfg(unix)]
mod any_stream {
    use std::os::unix::net::UnixStream;

    use tieline_testkit::adapter::{Peer, event};
    use tieline_websocket::OpeningRequest;

    use super::*;

    /// A socket that takes and gives a byte at a time.
    struct Bytewise(mio::net::UnixStream);

    impl Read for Bytewise {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    impl Write for Bytewise {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(&bytes[..1])
        }

        fn flush(&mut self) -> io::Result<()> {
            self.0.flush()
        }
    }

    impl Io for Bytewise {
        fn source(&mut self) -> &mut dyn mio::event::Source {
            &mut self.0
        }

        fn shutdown(&mut self) -> io::Result<()> {
            Io::shutdown(&mut self.0)
        }
    }

    #[test]
    fn it_runs_over_any_stream_byte_by_byte() {
        let (ends, accepted) = mpsc::channel();
        let dialer = move |_: &Attempt| -> Dialing<Bytewise> {
            let (ours, theirs) = mio::net::UnixStream::pair().map_err(ConnectError::System)?;
            ends.send(theirs).expect("a test");
            let request = OpeningRequest::new("pbx.example", "/wsi")?;
            Ok(Dialed::new(Bytewise(ours), request, Auth::username("u", "d", "p")))
        };
        let serving = std::thread::spawn(move || {
            let io = UnixStream::from(accepted.recv_timeout(PATIENCE).expect("a dial"));
            io.set_nonblocking(false).expect("a blocking socket");
            let mut peer = Peer::accept_bytewise(io);
            peer.log_in();
            (0..20).for_each(|at| peer.say(event(at)));
            peer.agree().len()
        });
        let (client, events, running) = run(dialer, config(setup()));
        assert_eq!(names_to(&mut Stream(events), "event 19").len(), 22);
        client.subscribe(calls(), PATIENCE).expect("answered");
        soon(move || client.close());
        soon(move || running.join()).expect("no panic");
        assert_eq!(serving.join().expect("no panic"), 1);
    }
}
