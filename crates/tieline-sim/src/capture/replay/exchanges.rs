//! Answers over HTTP.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode, body::Incoming};
use std::net::SocketAddr;
use tieline_axeos::Poll as Asked;
use tieline_axeos::server::LogConfig;
use tieline_core::Instant;
use tieline_core::http::query_pairs;
use tieline_server::{Answer, Body, HttpHandler, plain, read_body, whole};
use tokio::sync::watch;

use super::pace::{Speed, Steps};
use super::script::{Exchange, Script, is_poll};
use crate::capture::redact;

/// The longest body of a request; it is read, and not looked at.
const REQUEST_LIMIT: usize = 64 << 20;
const REQUEST_TIME: Duration = Duration::from_secs(60);
/// The most of a body that is not in the capture.
const FILL: usize = 64 << 20;
/// The header fields of an answer that are given again.
const FIELDS: [&str; 5] = ["content-type", "content-disposition", "etag", "location", "retry-after"];

/// Plays the exchanges of a script.
pub(super) struct Exchanges(Arc<Inner>);

struct Inner {
    script: Arc<Script>,
    speed: Speed,
    steps: Arc<Steps>,
    started: tokio::time::Instant,
    played: Box<dyn Fn() + Send + Sync>,
    state: Mutex<State>,
    /// The server stops: nobody waits any more.
    closing: watch::Sender<bool>,
}

#[derive(Default)]
struct State {
    /// The exchanges that were played.
    used: BTreeSet<usize>,
    /// When the log was first asked for, and how many of its events are told.
    log: Option<(Instant, usize)>,
    /// All events of the log were given.
    done: bool,
}

impl Exchanges {
    pub(super) fn new(
        script: Arc<Script>,
        speed: Speed,
        steps: Arc<Steps>,
        played: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (started, state) = (tokio::time::Instant::now(), Mutex::default());
        let (closing, played) = (watch::Sender::new(false), Box::new(played));
        Self(Arc::new(Inner { script, speed, steps, started, played, state, closing }))
    }
}

impl HttpHandler for Exchanges {
    fn answer(&self, request: Request<Incoming>, _: SocketAddr) -> Answer {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let (head, body) = request.into_parts();
            if let Err(refusal) = read_body(body, REQUEST_LIMIT, REQUEST_TIME).await {
                return *refusal;
            }
            let target = head.uri.path_and_query().map_or("/", |target| target.as_str()).to_owned();
            if is_poll(&target) && !inner.script.log.is_empty() {
                let query = head.uri.query().unwrap_or_default();
                return match Asked::from_pairs(query_pairs(query.as_bytes())) {
                    Ok(asked) => inner.poll(asked).await,
                    Err(error) => plain(StatusCode::BAD_REQUEST, error.words()),
                };
            }
            inner.find(head.method.as_str(), &target)
        })
    }

    fn begin_shutdown(&self) {
        self.0.closing.send_replace(true);
    }
}

impl Inner {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Instant {
        Instant::from_epoch(self.started.elapsed())
    }

    /// The answer to the like of a request: to the same target, else to one that differs in what is mapped; one that was not
    /// given yet, else the last.
    fn find(&self, method: &str, target: &str) -> Response<Body> {
        let mut state = self.lock();
        let like = |same: fn(&str, &str) -> bool, fresh: bool| {
            let found = |(at, exchange): &(usize, &Exchange)| {
                exchange.method == method && same(&exchange.target, target) && (!fresh || !state.used.contains(at))
            };
            let mut all = self.script.exchanges.iter().enumerate();
            if fresh { all.find(found) } else { all.rfind(found) }
        };
        let same: fn(&str, &str) -> bool = |captured, asked| captured == asked;
        let found =
            like(same, true).or_else(|| like(same, false)).or_else(|| like(alike, true)).or_else(|| like(alike, false));
        let Some((at, exchange)) = found else {
            return plain(StatusCode::NOT_FOUND, "the capture holds no answer to this");
        };
        state.used.insert(at);
        let captured = &exchange.response;
        let mut answer = Response::new(whole(Bytes::from(captured.body.to_bytes(FILL))));
        *answer.status_mut() = StatusCode::from_u16(captured.status).unwrap_or(StatusCode::BAD_GATEWAY);
        for (name, value) in &captured.headers {
            if FIELDS.iter().any(|field| field.eq_ignore_ascii_case(name))
                && let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value))
            {
                answer.headers_mut().append(name, value);
            }
        }
        answer
    }

    /// The events of the log after a number, once there are any.
    async fn poll(self: Arc<Self>, asked: Asked) -> Response<Body> {
        // As a server does that was not told otherwise.
        let until = tokio::time::Instant::now() + LogConfig::default().wait(&asked);
        let mut closing = self.closing.subscribe();
        // Where the log is is asked before it is followed: time begins with that.
        if asked.last.is_some() {
            self.lock().log.get_or_insert((self.now(), 0));
        }
        let events = loop {
            self.release();
            let events = self.events(asked);
            if !events.is_empty() || tokio::time::Instant::now() >= until || *closing.borrow() {
                break events;
            }
            let step = std::future::poll_fn(|cx| self.take_step(cx));
            tokio::select! {
                () = tokio::time::sleep_until(self.next_release().map_or(until, |next| next.min(until))) => {}
                () = step, if self.speed == Speed::Step => {}
                _ = closing.wait_for(|closing| *closing) => {}
            }
        };
        let given = events.iter().map(|event| event.0).max();
        let last = self.script.log.last().map(|event| event.number);
        let mut state = self.lock();
        if !state.done && last.is_some_and(|last| given == Some(last) || asked.last >= Some(last)) {
            state.done = true;
            (self.played)();
        }
        drop(state);
        let body = events.iter().map(|event| event.1).collect::<Vec<_>>().join(",");
        let mut answer = Response::new(whole(format!("[{body}]")));
        answer.headers_mut().insert(hyper::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        answer
    }

    fn events(&self, asked: Asked) -> Vec<(u64, &str)> {
        let first = || self.script.log.iter().take_while(|event| event.at <= self.script.log_from).count();
        let told = self.lock().log.map_or_else(first, |(_, told)| told);
        let told = self.script.log.get(..told).unwrap_or_default();
        let limit = asked.limit.map_or(told.len(), |limit| usize::try_from(limit).unwrap_or(usize::MAX));
        let events = told.iter().map(|event| (event.number, &*event.raw));
        match asked.last {
            Some(last) => events.filter(|(number, _)| *number > last).take(limit).collect(),
            None => events.skip(told.len().saturating_sub(limit)).collect(),
        }
    }

    /// Tells the events whose time has come.
    fn release(&self) {
        let now = self.now();
        let mut state = self.lock();
        let Some((since, told)) = &mut state.log else { return };
        while let Some(event) = self.script.log.get(*told) {
            let after = event.at.saturating_sub(self.script.log_from);
            // What was there when the log was first asked for is there at once.
            let due = after.is_zero() || (self.speed != Speed::Step && self.speed.due(*since, after) <= now);
            if !due {
                return;
            }
            *told += 1;
        }
    }

    fn next_release(&self) -> Option<tokio::time::Instant> {
        let state = self.lock();
        let (since, told) = state.log?;
        let event = self.script.log.get(told).filter(|_| self.speed != Speed::Step)?;
        let due = self.speed.due(since, event.at.saturating_sub(self.script.log_from));
        self.started.checked_add(due.since_epoch())
    }

    fn take_step(&self, cx: &std::task::Context<'_>) -> Poll<()> {
        let mut state = self.lock();
        if let Some((_, told)) = &mut state.log
            && *told < self.script.log.len()
            && self.steps.take(cx.waker())
        {
            *told += 1;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}

/// Whether two targets differ only in what tells of somebody.
fn alike(captured: &str, asked: &str) -> bool {
    let parts = |target: &str| {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let segment =
            |segment: &str| if redact::is_of_paths(segment) { segment.to_ascii_lowercase() } else { String::new() };
        let path: Vec<String> = path.trim_end_matches('/').split('/').map(segment).collect();
        let mut names: Vec<String> = query_pairs(query.as_bytes()).map(|(name, _)| name.into_owned()).collect();
        // A key may stand in the header instead.
        names.retain(|name| !redact::SECRETS.contains(&&**name));
        names.sort_unstable();
        (path, names)
    };
    parts(captured) == parts(asked)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use tieline_axeos::Poll as Asked;
    use tieline_server::HttpHandler as _;
    use tokio::task::JoinHandle;
    use tokio::time::timeout;

    use super::{Exchanges, alike};
    use crate::capture::Capture;
    use crate::capture::replay::pace::Speed;
    use crate::capture::replay::script::Script;

    /// Whether a poll of a log without further events is answered within a time.
    async fn is_answered(poll: &mut JoinHandle<hyper::Response<super::Body>>, seconds: u64) -> bool {
        timeout(Duration::from_secs(seconds), poll).await.is_ok()
    }

    fn parked(timeout: Option<u64>) -> (Exchanges, JoinHandle<hyper::Response<super::Body>>) {
        let lines = [
            r#"{"tieline":"capture","v":1}"#,
            r#"{"t":1,"connection":1,"kind":"request","exchange":1,"method":"GET","target":"/events","headers":[],"body":""}"#,
            r#"{"t":1,"connection":1,"kind":"response","exchange":1,"status":200,"headers":[],"body":"[{\"seq\":7}]"}"#,
        ];
        let script = Arc::new(Script::new(Capture::read(lines.join("\n").as_bytes()).expect("a capture")));
        let exchanges = Exchanges::new(script, Speed::Max, Arc::default(), || {});
        let mut asked = Asked::after(7, 0);
        asked.timeout = timeout;
        let poll = tokio::spawn(Arc::clone(&exchanges.0).poll(asked));
        (exchanges, poll)
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_without_a_timeout_waits_as_long_as_a_pbx_lets_it() {
        let (_exchanges, mut poll) = parked(None);
        assert!(!is_answered(&mut poll, 29).await);
        assert!(is_answered(&mut poll, 2).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_poll_that_waits_is_answered_when_the_server_stops() {
        let (exchanges, mut poll) = parked(Some(200));
        assert!(!is_answered(&mut poll, 100).await);
        exchanges.begin_shutdown();
        assert!(is_answered(&mut poll, 1).await);
    }

    #[test]
    fn targets_are_alike_but_for_what_is_mapped() {
        assert!(alike("/apis/pbx/users?status=1&key=redacted-x", "/apis/pbx/users?status=1"));
        assert!(alike("/record/1552558647.371", "/record/1552558647.9"));
        assert!(alike(
            "/cdr?datestart=2021-01-01&datestop=2021-01-02",
            "/cdr?datestop=2022-01-01&datestart=2022-01-01"
        ));
        assert!(!alike("/apis/pbx/users?status=1", "/apis/pbx/phones?status=1"));
        assert!(!alike("/cdr", "/cdr?datestart=2021-01-01"));
    }
}
