//! A PBX that keeps an event log, and breaks its answers as each test says.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tieline_axeos::server::{EventLog, LogAnswer, LogConfig, LogInput, WaiterId};
use tieline_axeos::{Call, Event, Poll};
use tieline_core::http::query_pairs;
use tieline_core::{Instant, Session as _, Text};
use tieline_tls::ServerTls;

use super::super::pbx::read_request;
use super::super::{PATIENCE, Pbx, Stream};

/// The users of every PBX of the tests.
pub const USERS: &str = r#"[{"uuid":"u1","username":"anna","phone":"p1","primary_phone":"p1"}]"#;
/// Their phones.
pub const PHONES: &str = r#"[{"uuid":"p1","phone_username":"desk","status":"idle","status_code":0}]"#;

/// What becomes of the answer to a poll that may wait.
#[derive(Clone, Debug)]
pub enum Fault {
    /// So many bytes of it are written, and the connection is closed.
    Cut(usize),
    /// This is written in its place, at once.
    Say(String),
    /// Nothing is written before the client goes away.
    Hang,
    /// It is written whole, and the connection is closed without a word of that.
    ThenClose,
}

/// An answer with a status, headers and a body.
#[must_use]
pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// One request, as the server read it.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Method and target: `GET /apis/pbx/users?status=1`.
    pub line: String,
    /// The head, and the body behind it.
    pub text: String,
}

/// A PBX on a port of this machine.
pub struct AxeosPbx {
    /// Its address.
    pub url: String,
    /// The listener.
    pub pbx: Pbx,
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    start: std::time::Instant,
}

struct State {
    log: EventLog,
    published: u64,
    polls: u64,
    answers: HashMap<WaiterId, LogAnswer>,
    /// Whose connections are to be closed.
    dropped: HashSet<WaiterId>,
    waiting: HashSet<WaiterId>,
    faults: VecDeque<Fault>,
    calls: VecDeque<Fault>,
    asked: Vec<Asked>,
}

/// Reads one request; `None` when the client is gone.
fn read(io: &mut impl Stream) -> Option<Asked> {
    let text = read_request(io)?;
    let line = text.split(" HTTP/1.1").next().unwrap_or_default().to_owned();
    Some(Asked { line, text })
}

impl AxeosPbx {
    /// A PBX whose log holds the event 1, over TCP.
    #[must_use]
    pub fn start() -> Self {
        let shared = Shared::new();
        let serving = Arc::clone(&shared);
        let pbx = Pbx::raw(move |io, _| serving.serve(io));
        Self::new("http", pbx, shared)
    }

    /// The same over TLS.
    #[must_use]
    pub fn secure(tls: &ServerTls) -> Self {
        let shared = Shared::new();
        let serving = Arc::clone(&shared);
        let pbx = Pbx::secure_raw(tls, move |io, _| serving.serve(io));
        Self::new("https", pbx, shared)
    }

    fn new(scheme: &str, pbx: Pbx, shared: Arc<Shared>) -> Self {
        let this = Self { url: format!("{scheme}://127.0.0.1:{}", pbx.port), pbx, shared };
        this.publish(1);
        this
    }

    /// Logs an event.
    pub fn tell(&self, event: Event<String>) {
        self.shared.lock().log.publish(None, event);
        self.shared.changed.notify_all();
    }

    /// Logs so many events; gives the number of the last.
    pub fn publish(&self, count: usize) -> u64 {
        let mut state = self.shared.lock();
        let last = (0..count).map(|_| state.publish()).last();
        drop(state);
        self.shared.changed.notify_all();
        last.unwrap_or_default()
    }

    /// How many events were logged.
    #[must_use]
    pub fn published(&self) -> u64 {
        self.shared.lock().published
    }

    /// Does this to the answers of the next polls that may wait.
    pub fn faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.lock().faults.extend(faults);
    }

    /// Does this to the answers of the next calls.
    pub fn break_calls(&self, faults: impl IntoIterator<Item = Fault>) {
        self.shared.lock().calls.extend(faults);
    }

    /// Loses the polls that wait, with their connections; the log stays.
    pub fn lose_polls(&self) {
        let mut state = self.shared.lock();
        let waiting: Vec<_> = state.waiting.iter().copied().collect();
        state.dropped.extend(waiting);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Is restarted, counts from `first_seq` on, and logs one event before anybody can ask.
    pub fn restart(&self, first_seq: u64) {
        let mut state = self.shared.lock();
        let dropped = state.log.restart(first_seq);
        state.dropped.extend(dropped);
        state.publish();
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Waits until a poll waits.
    ///
    /// # Panics
    /// When none comes.
    pub fn await_poll(&self) {
        self.wait_while(|state| state.waiting.is_empty());
    }

    /// Waits until every fault has its poll.
    ///
    /// # Panics
    /// When none comes.
    pub fn await_faults(&self) {
        self.wait_while(|state| !state.faults.is_empty());
    }

    /// Waits until this was asked, as [`lines`](Self::lines) has it.
    ///
    /// # Panics
    /// When it is not.
    pub fn await_line(&self, line: &str) {
        let target = line.replacen(' ', " /apis/pbx/", 1);
        self.wait_while(|state| !state.asked.iter().any(|asked| asked.line == target));
    }

    fn wait_while(&self, condition: impl Fn(&State) -> bool) {
        let waited = self.shared.changed.wait_timeout_while(self.shared.lock(), PATIENCE, |state| condition(state));
        let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
        let asked: Vec<_> = state.asked.iter().map(|asked| &asked.line).collect();
        assert!(!timeout.timed_out(), "nothing comes after {asked:#?}");
    }

    /// What was asked so far.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.lock().asked.clone()
    }

    /// The lines of what was asked, without the path that all have.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line.replace("/apis/pbx/", "")).collect()
    }
}

impl State {
    fn publish(&mut self) -> u64 {
        self.published += 1;
        // Of a number that comes again after a restart the event is another.
        let mut call = Call::<String>::default();
        call.unique_id = Some(self.published.to_string());
        self.log.publish(None, Event::CallAnswered(Box::new(call)))
    }
}

impl Shared {
    fn new() -> Arc<Self> {
        let state = State {
            log: EventLog::new(LogConfig::default()),
            published: 0,
            polls: 0,
            answers: HashMap::new(),
            dropped: HashSet::new(),
            waiting: HashSet::new(),
            faults: VecDeque::new(),
            calls: VecDeque::new(),
            asked: Vec::new(),
        };
        Arc::new(Self { state: Mutex::new(state), changed: Condvar::new(), start: std::time::Instant::now() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        Instant::from_epoch(self.start.elapsed())
    }

    /// Answers requests until the client goes away, or the connection is to be closed.
    fn serve(&self, mut io: impl Stream) {
        while let Some(asked) = read(&mut io) {
            self.lock().asked.push(asked.clone());
            self.changed.notify_all();
            let (method, target) = asked.line.split_once(' ').expect("a request");
            let (path, query) = target.split_once('?').unwrap_or((target, ""));
            let (fault, body) = match (method, path) {
                ("GET", "/apis/pbx/users") => (None, Some(USERS.into())),
                ("GET", "/apis/pbx/phones") => (None, Some(PHONES.into())),
                ("POST", "/apis/pbx/call") => {
                    (self.lock().calls.pop_front(), Some(r#"{"status":"success","unique_id":"1.2"}"#.into()))
                }
                ("GET", "/apis/pbx/events") => {
                    let poll = Poll::from_pairs(query_pairs(query.as_bytes())).expect("a poll");
                    let fault = if poll.timeout == Some(0) { None } else { self.lock().faults.pop_front() };
                    self.changed.notify_all();
                    match fault {
                        Some(Fault::Say(_) | Fault::Hang) => (fault, None),
                        fault => (fault, self.events(poll)),
                    }
                }
                _ => panic!("{}", asked.line),
            };
            let whole = body.map(|body: Text| answer("200 OK", "Content-Type: application/json\r\n", &body));
            let (bytes, closes) = match (&fault, whole) {
                (None, Some(whole)) => (whole, false),
                (Some(Fault::Cut(at)), Some(whole)) => (whole.get(..*at).unwrap_or(&whole).to_owned(), true),
                (Some(Fault::ThenClose), Some(whole)) => (whole, true),
                (Some(Fault::Say(said)), _) => (said.clone(), said.contains("Connection: close")),
                // The client's end is read as no request.
                (Some(Fault::Hang), _) => continue,
                (_, None) => return,
            };
            // A client that left is not the server's business.
            if io.write_all(bytes.as_bytes()).is_err() || io.flush().is_err() || closes {
                return;
            }
        }
    }

    /// The answer to a poll; `None` when its connection is to be closed.
    fn events(&self, poll: Poll) -> Option<Text> {
        let mut state = self.lock();
        state.polls += 1;
        let id = WaiterId(state.polls);
        state.log.handle_input(self.now(), LogInput::Poll(id, poll));
        state.waiting.insert(id);
        self.changed.notify_all();
        loop {
            state.log.handle_timeout(self.now());
            while let Some(answer) = state.log.poll_transmit() {
                state.answers.insert(answer.id(), answer);
                self.changed.notify_all();
            }
            if state.dropped.remove(&id) {
                state.waiting.remove(&id);
                state.log.handle_input(self.now(), LogInput::Gone(id));
                return None;
            }
            if let Some(answer) = state.answers.remove(&id) {
                state.waiting.remove(&id);
                let LogAnswer::Events(_, body) = answer else { panic!("{answer:?}") };
                return Some(body);
            }
            let due = state.log.poll_timeout().map_or(PATIENCE, |due| due.since(self.now()));
            let due = due.max(Duration::from_millis(1));
            state = self.changed.wait_timeout(state, due).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}
