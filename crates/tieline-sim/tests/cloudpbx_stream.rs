//! The event stream of CloudPBX over real sockets, by a client of others; the events are read by tieline's codec.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use tieline_cloudpbx::rest::{Dial, SendSms};
use tieline_cloudpbx::stream::{DeviceState, Event, Message as Wire, State};
use tieline_core::Instant;
use tieline_core::http::Authorization;
use tieline_sim::Sim;
use tieline_sim::day::{Day, TOUR};
use tieline_sim::world::{LineStatus, WaitingKind};
use tieline_tokio::Proxy;
use tieline_tokio::http::{HttpClient, HttpConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const START: i64 = 1_767_250_800;

/// A simulator whose time stands still at the beginning of its day.
async fn paused() -> Sim {
    Sim::builder().paused(true).seed(7).start_time(START).start().await.expect("a simulator")
}

fn rest(sim: &Sim) -> HttpClient {
    let base = sim.cloudpbx_url().parse().expect("an address");
    let auth = Authorization::Bearer(sim.cloudpbx_key().clone());
    HttpClient::new(HttpConfig::new(base, auth).proxy(Proxy::direct())).expect("a client")
}

struct Listener {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The number of the last message.
    last: i64,
}

impl Listener {
    async fn of(sim: &Sim) -> Self {
        let url = sim.cloudpbx_stream_url();
        Self { socket: connect_async(url.expose()).await.expect("the simulator answers").0, last: 0 }
    }

    /// The event of a message, which must be the next one and in order.
    fn read(&mut self, text: &str) -> Event<String> {
        let Ok(Wire::Events(envelope)) = Wire::decode_owned(text) else { panic!("no envelope: {text}") };
        assert!(!envelope.repaired && envelope.omitted == 0, "{text}");
        assert_eq!((envelope.id, envelope.channel.as_deref()), (Some(self.last + 1), Some("pbx_Acme")), "{text}");
        self.last += 1;
        assert_eq!(envelope.events.len(), 1, "{text}");
        let entry = envelope.events.into_iter().next().expect("one event");
        entry.event.unwrap_or_else(|bad| panic!("{bad}: {text}"))
    }

    async fn hear(&mut self) -> Message {
        self.socket.next().await.expect("the line is open").expect("no failure")
    }

    async fn next(&mut self) -> Event<String> {
        loop {
            if let Message::Text(text) = self.hear().await {
                return self.read(&text);
            }
        }
    }

    /// What happens when scenario time is skipped, a little at a time so that the answer to the ping comes last.
    async fn skip(&mut self, sim: &Sim, time: Duration) -> Vec<Event<String>> {
        let mut heard = Vec::new();
        let mut left = time;
        while left > Duration::ZERO {
            let step = left.min(Duration::from_secs(5));
            sim.advance(step);
            left -= step;
            self.socket.send(Message::Ping("so far".into())).await.expect("the line is open");
            loop {
                match self.hear().await {
                    Message::Text(text) => heard.push(self.read(&text)),
                    Message::Pong(_) => break,
                    _ => {}
                }
            }
        }
        heard
    }
}

/// What the events of a subscriber say one after the other: the state, and with whom.
fn subscriber<'e>(events: &'e [Event<String>], number: &str) -> Vec<(i64, Option<&'e str>)> {
    let peer = format!("Acme-{number}");
    events
        .iter()
        .filter_map(|event| match event {
            Event::Subscriber(event) if event.peer.as_ref() == Some(&peer) => {
                Some((event.state.expect("a state").value(), event.connect_peer_number.as_deref()))
            }
            _ => None,
        })
        .collect()
}

/// The states of a text message one after the other.
fn states<'e>(events: &'e [Event<String>], id: &str) -> Vec<&'e str> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::SmsSendResponse(event) if event.message_id.as_deref() == Some(id) => event.status.as_ref(),
            _ => None,
        })
        .map(|state| state.as_str())
        .collect()
}

#[tokio::test]
async fn every_event_of_the_tour_is_read_whole_in_order_without_repair() {
    let sim = paused().await;
    let events = Listener::of(&sim).await.skip(&sim, TOUR).await;
    let types: BTreeSet<&str> = events.iter().map(Event::event_type).collect();
    assert_eq!(types, BTreeSet::from(["subscriber", "extstatus", "queue", "qmember"]));
    let mut seen = BTreeSet::new();
    for event in &events {
        let (value, complete) = match event {
            Event::Subscriber(event) => (event.state, event.peer.is_some()),
            Event::ExtensionStatus(event) => (event.status, event.exten.is_some()),
            _ => continue,
        };
        assert!(complete, "{event:?}");
        seen.insert(value.expect("a state").value());
    }
    let expected = [State::IDLE, State::IN_USE, State::UNAVAILABLE, State::RINGING, State::CONNECTING];
    let held = State::IN_USE | State::ON_HOLD;
    assert_eq!(seen, expected.iter().chain([&held]).map(|state| state.value()).collect());
}

#[tokio::test]
async fn agents_ring_talk_take_breaks_and_count_their_calls() {
    let sim = paused().await;
    let events = Listener::of(&sim).await.skip(&sim, TOUR).await;
    let members =
        || events.iter().filter_map(|event| if let Event::QueueMember(member) = event { Some(member) } else { None });
    let seen: BTreeSet<_> = members().filter_map(|member| member.status).collect();
    for state in [DeviceState::NotInUse, DeviceState::InUse, DeviceState::Unavailable, DeviceState::Ringing] {
        assert!(seen.contains(&state), "{state}");
    }
    for member in members() {
        let peer = member.peer.as_deref().expect("an agent");
        assert_eq!(member.location.as_ref().map(|location| location.resource()), Some(peer));
        assert!(member.name.is_some() && member.queue.is_some(), "{member:?}");
        let paused = member.paused.expect("a flag").0;
        assert!(paused || member.reason.is_none(), "{member:?}");
    }
    let breaks: BTreeSet<_> = members()
        .filter(|member| member.paused.is_some_and(|flag| flag.0))
        .map(|member| member.reason.as_deref())
        .collect();
    assert_eq!(breaks, BTreeSet::from([None, Some("Logged out")]));
    let mut taken: BTreeMap<_, u64> = BTreeMap::new();
    for member in members() {
        let now = member.calls_taken.expect("a count").0;
        let before = taken.insert((member.queue.clone(), member.peer.clone()), now).unwrap_or_default();
        assert!(now == before || now == before + 1, "{member:?}");
    }
    assert!(taken.values().sum::<u64>() > 3, "{taken:?}");
}

#[tokio::test]
async fn what_was_told_agrees_with_the_world_after_every_five_seconds() {
    let mut seed = [0; 16];
    (seed[0], seed[8]) = (7, 7);
    let mut day = Day::new(seed, START).expect("the offices open");
    let tenant = day.tenant();
    let sim = paused().await;
    let mut listener = Listener::of(&sim).await;
    let (mut lines, mut queues) = (BTreeMap::new(), BTreeMap::new());
    for step in 1..=60 {
        for event in listener.skip(&sim, Duration::from_secs(5)).await {
            match event {
                Event::ExtensionStatus(event) => {
                    lines.insert(event.exten.expect("a number"), event.status.expect("a state"));
                }
                Event::Queue(event) => {
                    queues.insert(event.peer.expect("a name"), event.calls.expect("a count").0);
                }
                _ => {}
            }
        }
        let _told = day.advance(Instant::from_epoch(Duration::from_secs(5 * step)));
        for extension in day.world().extension_states(tenant) {
            let Some(told) = lines.get(&extension.profile.number) else {
                assert_eq!(extension.line, LineStatus::Idle, "never told: {extension:?}");
                continue;
            };
            let expected = match extension.line {
                LineStatus::OnCall => told.contains(State::IN_USE) || *told == State::CONNECTING,
                LineStatus::Ringing => *told == State::RINGING,
                _ => *told == if extension.online { State::IDLE } else { State::UNAVAILABLE },
            };
            assert!(expected, "after {step} steps: {told} of {extension:?}");
        }
        for queue in day.world().queue_states(tenant) {
            let waiting = queue.waiting.iter().filter(|waiting| waiting.kind == WaitingKind::Normal).count() as u64;
            assert_eq!(queues.get(&queue.profile.name).copied().unwrap_or_default(), waiting, "after {step} steps");
        }
    }
    assert!(lines.len() > 10 && queues.len() > 2);
}

#[tokio::test]
async fn a_call_that_was_dialled_by_rest_is_seen_on_the_stream() {
    let sim = paused().await;
    let mut listener = Listener::of(&sim).await;
    rest(&sim).call(&Dial::new("110", "112")).await.expect("OK");
    let events = listener.skip(&sim, Duration::from_secs(25)).await;
    assert_eq!(subscriber(&events, "110")[..3], [(32, Some("112")), (1, Some("112")), (0, None)]);
    assert_eq!(subscriber(&events, "112")[..3], [(8, Some("110")), (1, Some("110")), (0, None)]);
}

#[tokio::test]
async fn the_states_of_a_text_message_are_told_when_they_are_due_up_to_the_final_one() {
    let sim = paused().await;
    let mut listener = Listener::of(&sim).await;
    let client = rest(&sim);
    let mut ids = Vec::new();
    for to in ["600100200", "600100201", "600100202", "600100203"] {
        let sent = client.call(&SendSms::new(to, "zażółć gęślą jaźń")).await.expect("a response");
        ids.push(sent.response_id.expect("an id").to_string());
    }
    let mut events = listener.skip(&sim, Duration::from_millis(999)).await;
    assert!(ids.iter().all(|id| states(&events, id).is_empty()), "{events:?}");
    events.extend(listener.skip(&sim, Duration::from_millis(1)).await);
    let first: Vec<_> = ids.iter().flat_map(|id| states(&events, id)).collect();
    assert_eq!(first, ["SENT", "REJECTED", "SENT", "SENT"]);
    events.extend(listener.skip(&sim, Duration::from_secs(6)).await);
    let all: Vec<_> = ids.iter().map(|id| states(&events, id)).collect();
    let expected: [&[&str]; 4] =
        [&["SENT", "DELIVERED"], &["REJECTED"], &["SENT", "EXPIRED"], &["SENT", "RENEWAL", "UNDELIVERED"]];
    assert_eq!(all, expected);
    for event in &events {
        if let Event::SmsSendResponse(event) = event {
            assert!(event.to.as_ref().is_some_and(|to| to.starts_with("486001002")), "{event:?}");
        }
    }
}

#[tokio::test]
async fn while_time_runs_the_final_state_comes_by_itself() {
    let sim = Sim::builder().speed(20.0).start().await.expect("a simulator");
    let mut listener = Listener::of(&sim).await;
    let sent = rest(&sim).call(&SendSms::new("600100200", "text")).await.expect("a response");
    let id = sent.response_id.expect("an id").to_string();
    // The day has begun already.
    let Message::Text(first) = listener.hear().await else { panic!("no event") };
    let Ok(Wire::Events(envelope)) = Wire::decode_owned(&first) else { panic!("{first}") };
    listener.last = envelope.id.expect("a number");
    let mut events = Vec::new();
    while states(&events, &id).last() != Some(&"DELIVERED") {
        let event = tokio::time::timeout(Duration::from_secs(20), listener.next()).await.expect("the final state");
        events.push(event);
    }
}

#[tokio::test]
async fn a_test_message_is_told_of_by_nothing() {
    let sim = paused().await;
    let mut listener = Listener::of(&sim).await;
    rest(&sim).call(&SendSms::new("600100200", "test").test()).await.expect("a response");
    let events = listener.skip(&sim, Duration::from_secs(10)).await;
    assert!(!events.is_empty() && events.iter().all(|event| event.event_type() != "smsSendResponse"), "{events:?}");
}

#[tokio::test]
async fn another_key_or_name_is_refused_with_403() {
    let sim = paused().await;
    let url = sim.cloudpbx_stream_url();
    for wrong in [format!("{}x", url.expose()), url.expose().replace("pbx_Acme", "pbx_Globex")] {
        match connect_async(&wrong).await.map(|_| "an open stream") {
            Err(Error::Http(response)) => assert_eq!(response.status(), 403),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_contract_says_where_the_stream_is() {
    let sim = paused().await;
    let contract = sim.contract();
    let url = contract["cloudpbx"]["stream"].as_str().expect("an address");
    assert_eq!(url, sim.cloudpbx_stream_url().expose());
    connect_async(url).await.expect("the stream");
}

#[tokio::test]
async fn the_opening_request_of_the_document_is_taken() {
    let sim = paused().await;
    let url = sim.cloudpbx_stream_url();
    let path = url.expose().find("/ws/").and_then(|at| url.expose().get(at..)).expect("a path");
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: pbxvisor1.cloudpbx.pl\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Origin: https://pbxvisor1.cloudpbx.pl\r\nSec-WebSocket-Key: SGVsbG8sIHdvcmxkIQ==\r\n\
         Sec-WebSocket-Version: 13\r\n\r\n"
    );
    let mut stream = TcpStream::connect(sim.local_addr()).await.expect("the simulator");
    stream.write_all(request.as_bytes()).await.expect("the request");
    let mut status = [0; 13];
    stream.read_exact(&mut status).await.expect("the answer");
    assert_eq!(&status, b"HTTP/1.1 101 ");
}
