//! The simulator on real sockets, seen by a client of others.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_core::Instant;
use tieline_core::json::Encode as _;
use tieline_portsip_wsi::{Dialect, Subscription, Subscriptions, Topic, Viewer};
use tieline_sim::day::Day;
use tieline_sim::{Sim, wsi};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

const START: i64 = 1_700_000_000;

async fn paused() -> Sim {
    Sim::builder().paused(true).seed(7).start_time(START).start().await.expect("a free port")
}

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(url: &str) -> Self {
        Self(connect_async(url).await.expect("the simulator answers").0)
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the line is open");
    }

    async fn hear(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("the line is open").expect("no failure") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                other => assert!(!other.is_close(), "{other:?}"),
            }
        }
    }

    async fn ask(&mut self, message: Value) -> Value {
        self.say(message).await;
        self.hear().await
    }

    /// All that had been sent when this was called.
    async fn rest(&mut self) -> Vec<Value> {
        self.0.send(Message::Ping("so far".into())).await.expect("the line is open");
        let mut heard = Vec::new();
        loop {
            match self.0.next().await.expect("the line is open").expect("no failure") {
                Message::Text(text) => heard.push(serde_json::from_str(&text).expect("JSON")),
                Message::Pong(_) => return heard,
                _ => {}
            }
        }
    }
}

fn user(contract: &Value, extension: &str) -> Value {
    let users = contract["wsi"]["users"].as_array().expect("a list");
    users.iter().find(|user| user["extension"] == extension).expect("a user").clone()
}

/// The documents' own login of a dialect, for the whole tenant.
fn auth(contract: &Value, dialect: Dialect) -> Value {
    let (wsi, admin) = (&contract["wsi"], user(contract, "110"));
    match dialect {
        Dialect::V12 => {
            json!({"command": "auth", "name": wsi["tenant"]["name"], "password": wsi["tenant"]["password"]})
        }
        Dialect::V16 => json!({"command": "auth", "username": admin["username"], "domain": wsi["domain"],
                               "password": admin["password"]}),
        _ => {
            json!({"command": "auth", "extension_number": "110", "domain": wsi["domain"], "password": admin["password"]})
        }
    }
}

/// What a tenant's administrator is to receive of a day between two times.
fn expected(dialect: Dialect, subscription: &Subscription, from: Duration, to: Duration) -> Vec<Value> {
    let mut seed = [0; 16];
    (seed[0], seed[8]) = (7, 7);
    let mut day = Day::new(seed, START).expect("the offices open");
    let viewer = Viewer::tenant_admin(day.world().tenants().next().expect("a tenant").id.as_str());
    let mut subscriptions = Subscriptions::new();
    subscriptions.apply(subscription);
    let _before = day.advance(Instant::from_epoch(from));
    let occurrences = day.advance(Instant::from_epoch(to));
    let clock = day.world().clock();
    occurrences
        .iter()
        .flat_map(|occurrence| wsi::render(occurrence, dialect, clock))
        .filter(|one| subscriptions.wants(one.event.event_type(), &one.subject(), &viewer))
        .map(|one| serde_json::from_str(&one.event.to_json()).expect("JSON"))
        .collect()
}

#[tokio::test]
async fn the_contract_is_complete_and_its_logins_work() {
    let sim = paused().await;
    let contract = sim.contract();
    assert_eq!((&contract["ready"], &contract["seed"]), (&json!(true), &json!(7)));
    let wsi = &contract["wsi"];
    assert_eq!(wsi["queues"], json!(["8001", "8002"]));
    assert_eq!(wsi["users"].as_array().expect("a list").len(), 12);
    assert_eq!(user(&contract, "109")["role"], "queue_manager");
    assert!(contract.get("pin").is_none());
    for dialect in Dialect::ALL {
        let url = wsi["dialects"][dialect.as_str()].as_str().expect("a URL");
        assert_eq!(url, sim.wsi_url(*dialect));
        assert_eq!(Client::connect(url).await.ask(auth(&contract, *dialect)).await["status"], 0);
    }
    let admin = json!({"command": "auth", "username": wsi["admin"]["username"], "password": wsi["admin"]["password"]});
    assert_eq!(Client::connect(wsi["url"].as_str().expect("a URL")).await.ask(admin).await["status"], 0);
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_the_documents_words() {
    let sim = paused().await;
    let url = format!("ws://{}/", sim.local_addr());
    let v16 = json!({"command": "auth", "username": "alice", "domain": "acme.test", "password": "111111"});
    let answer = Client::connect(&url).await.ask(v16).await;
    assert_eq!(answer, json!({"error": "name or password error", "status": -1}));
    let v22 = json!({"command": "auth", "extension_number": "101", "domain": "acme.test", "password": "x", "id": "2"});
    let answer = Client::connect(&url).await.ask(v22).await;
    let words = "access_token , username , domain or password error";
    assert_eq!(answer, json!({"command": "auth", "error": words, "id": "2", "status": -1}));
}

#[tokio::test]
async fn each_dialect_receives_exactly_what_it_subscribed_to_and_nothing_after() {
    let sim = paused().await;
    let contract = sim.contract();
    let half = Duration::from_secs(40);
    let mut clients = Vec::new();
    for dialect in Dialect::ALL {
        let mut client = Client::connect(&sim.wsi_url(*dialect)).await;
        client.ask(auth(&contract, *dialect)).await;
        let topics = match dialect {
            Dialect::V12 => json!([{"topic": "extension_events"}, {"topic": "cdr_events", "keys": ["call_cdr"]}]),
            _ => json!(["extension_events", "cdr_events"]),
        };
        let answer = client.ask(json!({"command": "subscribe", "topics": topics, "extensions": ["101", "102"]})).await;
        assert_eq!(answer["status"], 0, "{answer}");
        let snapshot = client.rest().await;
        assert_eq!(snapshot.len(), usize::from(*dialect != Dialect::V12));
        clients.push((*dialect, topics, client));
    }
    sim.advance(half);
    let subscription = Subscription::to(Topic::ExtensionEvents).and(Topic::CdrEvents).extensions(["101", "102"]);
    for (dialect, topics, client) in &mut clients {
        let heard = client.rest().await;
        assert!(heard.len() > 5);
        assert_eq!(heard, expected(*dialect, &subscription, Duration::ZERO, half), "{dialect}");
        client.ask(json!({"command": "unsubscribe", "topics": topics})).await;
    }
    sim.advance(half);
    for (dialect, _, client) in &mut clients {
        assert_eq!(client.rest().await, Vec::<Value>::new(), "{dialect}");
    }
}

#[tokio::test]
async fn both_events_that_tell_an_agents_state_are_delivered() {
    let sim = paused().await;
    let mut client = Client::connect(&sim.wsi_url(Dialect::V22)).await;
    client.ask(auth(&sim.contract(), Dialect::V22)).await;
    client.ask(json!({"command": "subscribe", "topics": ["extension_events", "queue_events"]})).await;
    assert_eq!(client.rest().await.len(), 3, "the extensions and two queues");
    sim.advance(Duration::from_secs(20));
    let heard = client.rest().await;
    let subscription = Subscription::to(Topic::ExtensionEvents).and(Topic::QueueEvents);
    assert_eq!(heard, expected(Dialect::V22, &subscription, Duration::ZERO, Duration::from_secs(20)));
    for word in ["queue_agent_status", "extension_agent_status"] {
        assert!(heard.iter().any(|event| event["event_type"] == word));
    }
}

#[tokio::test]
async fn a_subscriber_in_the_middle_begins_with_what_holds_now() {
    let sim = paused().await;
    sim.advance(Duration::from_secs(30));
    let mut client = Client::connect(&sim.wsi_url(Dialect::V16)).await;
    client.ask(auth(&sim.contract(), Dialect::V16)).await;
    client.ask(json!({"command": "subscribe", "topics": ["queue_events"], "queues": ["8001"]})).await;
    let status = client.hear().await;
    assert_eq!((&status["event_type"], &status["queue_number"]), (&json!("queue_status"), &json!("8001")));
    assert_eq!(status["waiting_list"].as_array().expect("a list").len(), 5);
    sim.advance(Duration::from_secs(2));
    let next = client.hear().await;
    assert_eq!(next["updated_callers"][0]["reason"], "hangup");
}

#[tokio::test]
async fn time_runs_by_itself_unless_it_is_paused() {
    let sim = Sim::builder().speed(50.0).start().await.expect("a free port");
    let mut client = Client::connect(&sim.wsi_url(Dialect::V16)).await;
    client.ask(auth(&sim.contract(), Dialect::V16)).await;
    client.ask(json!({"command": "subscribe", "topics": ["extension_events", "queue_events"]})).await;
    for _ in 0..30 {
        client.hear().await;
    }
    sim.pause();
    client.rest().await;
    assert_eq!(client.rest().await, Vec::<Value>::new());
    sim.resume();
    client.hear().await;
}

#[tokio::test]
async fn killed_connections_end_without_a_goodbye_and_new_ones_are_taken() {
    let sim = paused().await;
    let mut client = Client::connect(&sim.wsi_url(Dialect::V16)).await;
    client.ask(auth(&sim.contract(), Dialect::V16)).await;
    sim.kill_connections();
    let end = client.0.next().await;
    assert!(matches!(end, None | Some(Err(Error::Protocol(_) | Error::Io(_)))), "{end:?}");
    let mut client = Client::connect(&sim.wsi_url(Dialect::V16)).await;
    assert_eq!(client.ask(auth(&sim.contract(), Dialect::V16)).await["status"], 0);
    assert_eq!(sim.connections().connections_total, 2);
}

#[tokio::test]
async fn a_stopped_simulator_says_goodbye() {
    let sim = paused().await;
    let mut client = Client::connect(&sim.wsi_url(Dialect::V22)).await;
    client.ask(auth(&sim.contract(), Dialect::V22)).await;
    let stopped = tokio::spawn(sim.stop());
    let close = client.0.next().await.expect("a frame").expect("no failure");
    assert!(close.is_close());
    drop(client);
    stopped.await.expect("it stops");
}

#[tokio::test]
async fn a_given_dialect_holds_for_clients_that_do_not_say_theirs() {
    let sim = Sim::builder().paused(true).dialect(Dialect::V22).start().await.expect("a free port");
    let contract = sim.contract();
    let mut client = Client::connect(contract["wsi"]["url"].as_str().expect("a URL")).await;
    let answer = client.ask(auth(&contract, Dialect::V16)).await;
    assert_eq!(answer, json!({"command": "auth", "status": 0}));
}

#[tokio::test]
async fn a_speed_of_nothing_is_refused() {
    for speed in [0.0, -2.0, f64::NAN] {
        let error = Sim::builder().speed(speed).start().await.expect_err("no such speed");
        assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
    }
}

#[cfg(feature = "tls")]
#[tokio::test]
async fn with_tls_the_contract_names_the_certificate() {
    let sim = Sim::builder().paused(true).tls(true).start().await.expect("a free port");
    let contract = sim.contract();
    assert!(contract["wsi"]["url"].as_str().expect("a URL").starts_with("wss://127.0.0.1:"));
    let pin = contract["pin"].as_str().expect("a pin");
    assert!(pin.starts_with("sha256:") && pin.len() == 71, "{pin}");
    assert_eq!(sim.pin(), Some(pin));
}

#[test]
fn a_simulator_can_be_shared_between_threads() {
    const fn shared<T: Send + Sync>() {}
    shared::<Sim>();
}
