//! Axeos over real sockets, with requests as other programs write them.
#![cfg(all(feature = "axeos", feature = "wsi"))]

mod common;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{until, within};
use data_encoding::BASE64;
use serde_json::{Value, json};
use tieline_axeos::http::Auth;
use tieline_axeos::server::LogConfig;
use tieline_axeos::{CallReply, CallRequest, CallStatus, Event, Listing, Phone, PhoneStatus, Scalar, User};
use tieline_core::Text;
use tieline_server::axeos::{Api, AxeosService, CallAnswer, EventHub, paths};
use tieline_server::{Router, Server, ServerHandle, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const KEY: &str = "8d0a0704a96db1773fcb52db2f3e0979";

/// A PBX of one user and one phone. Calls to 1 go through, those to 2 wait for ever.
#[derive(Default)]
struct Pbx {
    calls: Mutex<Vec<(String, CallRequest)>>,
    waiting: Arc<AtomicUsize>,
}

/// Counts a call that waits for as long as it does.
struct Waits(Arc<AtomicUsize>);

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Api for Pbx {
    fn admits(&self, who: &Auth) -> bool {
        who.matches(&Auth::api_key(KEY)) || who.matches(&Auth::user("änna", "pass:wörd"))
    }

    fn users(&self, who: &Auth) -> Listing<User<Text>> {
        let mut user = User::default();
        user.uuid = Some("u1".into());
        user.username = Some("änna".into());
        // A user sees less.
        user.phone = matches!(who, Auth::ApiKey(_) | Auth::QueryKey(_)).then(|| Some("p1".into()));
        Listing::of([user])
    }

    fn phones(&self, _: &Auth) -> Listing<Phone<Text>> {
        let mut phone = Phone::default();
        phone.uuid = Some("p1".into());
        phone.status_code = Some(Scalar::Integer(0));
        Listing::of([phone])
    }

    fn call(&self, who: &Auth, call: &CallRequest) -> CallAnswer {
        let who = match who {
            Auth::User { name, .. } => name.clone(),
            _ => "key".to_owned(),
        };
        self.calls.lock().unwrap().push((who, call.clone()));
        if call.number == "1" {
            return Box::pin(std::future::ready(CallReply::success("1.1".into())));
        }
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let waits = Waits(self.waiting.clone());
        Box::pin(async move {
            std::future::pending::<()>().await;
            drop(waits);
            CallReply::not_put_through(CallStatus::NoAnswer)
        })
    }
}

struct Site {
    running: ServerHandle,
    hub: EventHub,
    pbx: Arc<Pbx>,
}

impl Site {
    async fn start() -> Self {
        Self::with(LogConfig::default()).await
    }

    async fn with(config: LogConfig) -> Self {
        let (pbx, hub) = (Arc::<Pbx>::default(), EventHub::new(config));
        let service = AxeosService::new(pbx.clone(), hub.clone());
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
        let running = server.spawn(Router::new().http(paths(), service));
        Self { running, hub, pbx }
    }

    async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.running.local_addr()).await.unwrap())
    }

    /// One request on a connection of its own.
    async fn get(&self, target: &str) -> Reply {
        let mut client = self.connect().await;
        client.get(target).await
    }

    async fn post(&self, content_type: &str, body: &str) -> Reply {
        let mut client = self.connect().await;
        client.send_post(content_type, body).await;
        client.reply().await
    }

    /// Says that the phone changed; the number of the event.
    fn publish(&self, status: &str) -> u64 {
        self.hub.publish(None, changed(status))
    }

    async fn waiting(&self, polls: usize) {
        until(|| self.hub.stats().waiting == polls).await;
    }
}

fn changed(status: &str) -> Event<String> {
    let mut change = PhoneStatus::default();
    change.phone_uuid = Some("p1".to_owned());
    change.status = Some(status.to_owned());
    Event::PhoneStatusUpdate(change)
}

struct Client(TcpStream);

#[derive(Debug)]
struct Reply {
    status: u16,
    headers: HashMap<String, String>,
    body: String,
}

impl Reply {
    fn json(&self) -> Value {
        assert_eq!(self.headers["content-type"], "application/json", "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The numbers of a list of events.
    fn seqs(&self) -> Vec<u64> {
        assert_eq!(self.status, 200, "{self:?}");
        self.json().as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect()
    }

    /// What a refusal says.
    fn error(&self) -> (u16, String) {
        (self.status, self.json()["error"].as_str().unwrap().to_owned())
    }
}

impl Client {
    async fn send(&mut self, request: &str) {
        within(self.0.write_all(request.as_bytes())).await.unwrap();
    }

    async fn send_get(&mut self, target: &str) {
        let key = BASE64.encode(format!("apiKey:{KEY}").as_bytes());
        self.send(&format!("GET {target} HTTP/1.1\r\nHost: pbx\r\nAuthorization: Basic {key}\r\n\r\n")).await;
    }

    async fn send_post(&mut self, content_type: &str, body: &str) {
        let length = body.len();
        let head = format!("POST /apis/pbx/call?key={KEY} HTTP/1.1\r\nHost: pbx\r\nContent-Type: {content_type}\r\n");
        self.send(&format!("{head}Content-Length: {length}\r\n\r\n{body}")).await;
    }

    async fn get(&mut self, target: &str) -> Reply {
        self.send_get(target).await;
        self.reply().await
    }

    async fn reply(&mut self) -> Reply {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(within(self.0.read_u8()).await.expect("an answer"));
        }
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut body = vec![0; headers["content-length"].parse().unwrap()];
        within(self.0.read_exact(&mut body)).await.unwrap();
        Reply { status, headers, body: String::from_utf8(body).unwrap() }
    }

    async fn is_closed(&mut self) -> bool {
        within(self.0.read_u8()).await.is_err()
    }
}

#[tokio::test]
async fn the_three_forms_of_authentication_are_taken() {
    let site = Site::start().await;
    let user = BASE64.encode("änna:pass:wörd".as_bytes());
    let key = BASE64.encode(format!("apiKey:{KEY}").as_bytes());
    for (query, header, phone) in [
        ("", format!("Authorization: Basic {key}\r\n"), json!("p1")),
        ("", format!("authorization: basic {user}\r\n"), Value::Null),
        (&format!("&key={KEY}"), String::new(), json!("p1")),
    ] {
        let mut client = site.connect().await;
        client.send(&format!("GET /apis/pbx/users?status=1{query} HTTP/1.1\r\nHost: pbx\r\n{header}\r\n")).await;
        let reply = client.reply().await;
        assert_eq!(reply.status, 200);
        let users = reply.json();
        assert_eq!((&users[0]["username"], &users[0]["phone"]), (&json!("änna"), &phone));
    }
}

#[tokio::test]
async fn who_is_unknown_gets_401_and_is_told_how_to_ask() {
    let site = Site::start().await;
    let wrong = BASE64.encode(b"apiKey:wrong");
    for (query, header) in [
        ("", String::new()),
        ("?key=wrong", String::new()),
        ("", format!("Authorization: Basic {wrong}\r\n")),
        ("", "Authorization: Basic ???\r\n".to_owned()),
        ("", format!("Authorization: Bearer {KEY}\r\n")),
        // A header that is wrong is not made good by a query.
        (&format!("?key={KEY}"), format!("Authorization: Basic {wrong}\r\n")),
    ] {
        for path in ["users", "events", "nowhere"] {
            let mut client = site.connect().await;
            client.send(&format!("GET /apis/pbx/{path}{query} HTTP/1.1\r\nHost: pbx\r\n{header}\r\n")).await;
            let reply = client.reply().await;
            assert_eq!(reply.error().0, 401, "{path} {query} {header}");
            assert!(reply.headers["www-authenticate"].starts_with("Basic realm="));
        }
    }
    assert_eq!(site.hub.stats().polls, 0);
}

#[tokio::test]
async fn users_and_phones_are_arrays_with_or_without_the_suffix_json() {
    let site = Site::start().await;
    let phones = json!([{"uuid": "p1", "status_code": 0}]);
    for target in ["/apis/pbx/phones?status=1", "/apis/pbx/phones.json?status=1", "/apis/pbx/phones"] {
        assert_eq!(site.get(target).await.json(), phones);
    }
    assert_eq!(site.get("/apis/pbx/users.json").await.json()[0]["uuid"], "u1");
}

#[tokio::test]
async fn other_paths_methods_and_formats_are_refused_by_their_status() {
    let site = Site::start().await;
    for (target, status) in [("/apis/pbx/queues", 404), ("/apis/pbx/", 404), ("/apis/pbx/users.xml", 406)] {
        assert_eq!(site.get(target).await.error().0, status, "{target}");
    }
    let reply = site.get("/apis/pbx/call").await;
    assert_eq!((reply.error().0, reply.headers["allow"].as_str()), (405, "POST"));
    let mut client = site.connect().await;
    client.send(&format!("DELETE /apis/pbx/users?key={KEY} HTTP/1.1\r\nHost: pbx\r\n\r\n")).await;
    let reply = client.reply().await;
    assert_eq!((reply.error().0, reply.headers["allow"].as_str()), (405, "GET"));
}

#[tokio::test]
async fn odd_parameters_of_a_poll_are_a_clear_400_and_the_connection_goes_on() {
    let site = Site::start().await;
    site.publish("idle");
    let mut client = site.connect().await;
    for (query, words) in [
        ("last=x", "`last` must be a whole number, 0 or more"),
        ("last=-1", "`last` must be a whole number, 0 or more"),
        ("last=99999999999999999999", "`last` must be a whole number, 0 or more"),
        ("limit=0", "`limit` must be a whole number, 1 or more"),
        ("timeout=soon", "`timeout` must be a whole number of seconds, 0 or more"),
    ] {
        let reply = client.get(&format!("/apis/pbx/events?{query}")).await;
        assert_eq!(reply.error(), (400, words.to_owned()), "{query}");
    }
    assert_eq!(client.get("/apis/pbx/events?limit=1&timeout=0&what=x").await.seqs(), [1]);
}

#[tokio::test]
async fn a_poll_of_timeout_0_is_answered_at_once() {
    let site = Site::start().await;
    assert_eq!(site.get("/apis/pbx/events?limit=1&timeout=0").await.body, "[]");
    for status in ["idle", "ringing", "busy"] {
        site.publish(status);
    }
    assert_eq!(site.get("/apis/pbx/events?limit=1&timeout=0").await.seqs(), [3]);
    assert_eq!(site.get("/apis/pbx/events?last=1&timeout=0").await.seqs(), [2, 3]);
    assert_eq!(site.get("/apis/pbx/events?last=3&timeout=0").await.body, "[]");
    assert_eq!(site.get("/apis/pbx/events?last=9&timeout=0").await.body, "[]");
}

#[tokio::test]
async fn an_event_answers_every_poll_that_waits_for_it() {
    let site = Site::start().await;
    site.publish("idle");
    let mut clients = Vec::new();
    for query in ["last=1&timeout=20", "last=1", "last=0&limit=1"] {
        let mut client = site.connect().await;
        client.send_get(&format!("/apis/pbx/events?{query}")).await;
        clients.push(client);
    }
    assert_eq!(clients.pop().unwrap().reply().await.seqs(), [1]);
    site.waiting(2).await;
    site.publish("ringing");
    for mut client in clients {
        let reply = client.reply().await;
        let event = json!({"seq": 2, "event_type": "phone status update", "phone_uuid": "p1", "status": "ringing"});
        assert_eq!(reply.json(), json!([event]));
    }
    assert_eq!(site.hub.stats().waiting, 0);
}

#[tokio::test]
async fn events_that_happened_together_are_one_answer() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send_get("/apis/pbx/events?timeout=20").await;
    site.waiting(1).await;
    let timed = |status| (Some(Scalar::Text("2026-01-01T07:00:00Z".to_owned())), changed(status));
    assert_eq!(site.hub.publish_all([timed("ringing"), timed("busy")]), Some(2));
    let reply = client.reply().await;
    assert_eq!(reply.seqs(), [1, 2]);
    assert_eq!(reply.json()[0]["timestamp"], "2026-01-01T07:00:00Z");
}

#[tokio::test]
async fn a_poll_whose_time_is_up_is_answered_empty() {
    let mut config = LogConfig::default();
    config.longest_wait = Duration::from_millis(10);
    let site = Site::with(config).await;
    let mut client = site.connect().await;
    assert_eq!(client.get("/apis/pbx/events?last=0&timeout=20").await.body, "[]");
    site.publish("idle");
    assert_eq!(client.get("/apis/pbx/events?last=0&timeout=20").await.seqs(), [1]);
    assert_eq!(site.hub.stats().waiting, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whoever_polls_from_the_last_number_misses_nothing_whenever_it_is_published() {
    const EVENTS: u64 = 2_000;
    let site = Site::start().await;
    let mut readers = Vec::new();
    for _ in 0..4 {
        let mut client = site.connect().await;
        readers.push(tokio::spawn(async move {
            let mut last = 0;
            while last < EVENTS {
                for seq in client.get(&format!("/apis/pbx/events?last={last}&timeout=20")).await.seqs() {
                    assert_eq!(seq, last + 1);
                    last = seq;
                }
            }
        }));
    }
    let hub = site.hub.clone();
    let publisher = tokio::task::spawn_blocking(move || {
        for event in 1..=EVENTS {
            assert_eq!(hub.publish(None, changed("idle")), event);
            // Now and then everybody catches up and waits.
            while event % 100 == 0 && hub.stats().waiting < 4 && event < EVENTS {
                std::thread::yield_now();
            }
        }
    });
    for reader in readers {
        within(reader).await.unwrap();
    }
    within(publisher).await.unwrap();
}

#[tokio::test]
async fn a_client_that_goes_away_frees_its_waiter() {
    let site = Site::start().await;
    let mut clients = Vec::new();
    for _ in 0..10 {
        let mut client = site.connect().await;
        client.send_get("/apis/pbx/events?timeout=200").await;
        clients.push(client);
    }
    site.waiting(10).await;
    let mut stays = clients.pop().unwrap();
    drop(clients);
    site.waiting(1).await;
    assert_eq!(site.hub.stats().left, 9);
    until(|| site.running.connections_now() == 1).await;
    site.publish("idle");
    assert_eq!(stays.reply().await.seqs(), [1]);
}

#[tokio::test]
async fn more_polls_than_may_wait_are_503_and_those_that_wait_go_on() {
    let mut config = LogConfig::default();
    config.waiters = 1;
    let site = Site::with(config).await;
    let mut first = site.connect().await;
    first.send_get("/apis/pbx/events?timeout=20").await;
    site.waiting(1).await;
    assert_eq!(site.get("/apis/pbx/events?timeout=20").await.error().0, 503);
    assert_eq!(site.get("/apis/pbx/events?timeout=0").await.body, "[]");
    site.publish("idle");
    assert_eq!(first.reply().await.seqs(), [1]);
    assert_eq!(site.hub.stats().refused_busy, 1);
}

#[tokio::test]
async fn the_oldest_events_are_dropped_beyond_the_limit() {
    let mut config = LogConfig::default();
    config.events = 10;
    let site = Site::with(config).await;
    for _ in 0..100 {
        site.publish("idle");
    }
    assert_eq!((site.hub.oldest(), site.hub.newest()), (Some(91), Some(100)));
    assert_eq!(site.get("/apis/pbx/events?last=1").await.seqs(), Vec::from_iter(91..=100));
}

#[tokio::test]
async fn a_restart_counts_anew_and_ends_the_polls_that_wait() {
    let site = Site::start().await;
    site.publish("idle");
    let mut client = site.connect().await;
    client.send_get("/apis/pbx/events?last=1&timeout=20").await;
    site.waiting(1).await;
    site.hub.restart(1);
    assert_eq!(client.reply().await.error().0, 503);
    assert_eq!(site.hub.newest(), None);
    assert_eq!(site.publish("idle"), 1);
    assert_eq!(client.get("/apis/pbx/events?limit=1&timeout=0").await.seqs(), [1]);
}

#[tokio::test]
async fn a_shutdown_answers_the_polls_that_wait() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send_get("/apis/pbx/events?timeout=200").await;
    site.waiting(1).await;
    let (reply, ()) = tokio::join!(client.reply(), within(site.running.shutdown()));
    assert_eq!(reply.body, "[]");
    assert!(client.is_closed().await);
}

#[tokio::test]
async fn a_call_is_taken_as_json_and_as_a_form() {
    let site = Site::start().await;
    let form = "user_name=%C3%A4nna&number=1&auto_answer=true";
    let json = json!({"user_name": "änna", "number": "1", "auto_answer": true}).to_string();
    for (content_type, body) in [("application/x-www-form-urlencoded", form), ("application/json", &json)] {
        let reply = site.post(content_type, body).await;
        assert_eq!(reply.json(), json!({"status": "success", "unique_id": "1.1"}));
    }
    let call = CallRequest::new("änna", "1").auto_answer();
    assert_eq!(*site.pbx.calls.lock().unwrap(), [("key".to_owned(), call.clone()), ("key".to_owned(), call)]);
}

#[tokio::test]
async fn a_call_that_cannot_be_meant_is_refused_and_not_made() {
    let site = Site::start().await;
    for (content_type, body, status, words) in [
        ("application/json", "{", 400, "the body cannot be read"),
        ("application/json", r#"{"user_name":"anna"}"#, 400, "`number` is missing"),
        ("", "number=1", 400, "`user_name` is missing"),
        ("", "user_name=a&number=abc", 400, "`number` must be digits, perhaps after a `+`, fewer than 20 characters"),
        ("text/xml", "<call/>", 415, "the body must be JSON or a form"),
    ] {
        assert_eq!(site.post(content_type, body).await.error(), (status, words.to_owned()), "{body}");
    }
    assert_eq!(site.post("application/json", &" ".repeat(5_000)).await.status, 413);
    assert!(site.pbx.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_call_is_given_up_when_its_client_goes_away() {
    let site = Site::start().await;
    let mut client = site.connect().await;
    client.send_post("", "user_name=anna&number=2").await;
    until(|| site.pbx.waiting.load(Ordering::SeqCst) == 1).await;
    drop(client);
    until(|| site.pbx.waiting.load(Ordering::SeqCst) == 0).await;
}
