//! Clients of others, for the tests of faults.
#![allow(dead_code, reason = "no test file uses all of it")]

pub(crate) mod im;

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_portsip_wsi::Dialect;
use tieline_sim::Sim;
use tieline_sim::fault::Rule;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// A simulator whose time stands still.
pub(crate) async fn sim(rules: &[&str]) -> Sim {
    let mut builder = Sim::builder().paused(true);
    for rule in rules {
        builder = builder.fault(rule.parse::<Rule>().expect("a rule"));
    }
    builder.start().await.expect("a free port")
}

/// Waits for what comes for sure; fails the test if it does not.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it never came")
}

/// Waits until something holds.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    within(async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await;
}

pub(crate) struct Client(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub(crate) async fn open(url: &str) -> Result<Self, Error> {
        Ok(Self(within(connect_async(url)).await?.0))
    }

    /// A listener to the stream of CloudPBX.
    pub(crate) async fn stream(sim: &Sim) -> Self {
        Self::open(sim.cloudpbx_stream_url().expose()).await.expect("open")
    }

    /// A client of WSI that has logged in.
    pub(crate) async fn wsi(sim: &Sim, dialect: Dialect) -> Self {
        let mut client = Self::open(&sim.wsi_url(dialect)).await.expect("open");
        client.say(login(sim)).await;
        assert_eq!(client.hear().await["status"], 0);
        client
    }

    /// One that has subscribed, past its snapshots.
    pub(crate) async fn subscriber(sim: &Sim) -> Self {
        let mut client = Self::wsi(sim, Dialect::V16).await;
        client.say(json!({"command": "subscribe", "topics": ["cdr_events"]})).await;
        assert_eq!(client.hear().await["status"], 0);
        client
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.expect("the line is open");
    }

    pub(crate) async fn next(&mut self) -> Option<Result<Message, Error>> {
        within(self.0.next()).await
    }

    pub(crate) async fn text(&mut self) -> String {
        loop {
            match self.next().await.expect("the line is open").expect("no failure") {
                Message::Text(text) => return text.to_string(),
                other => assert!(!other.is_close(), "{other:?}"),
            }
        }
    }

    pub(crate) async fn hear(&mut self) -> Value {
        serde_json::from_str(&self.text().await).expect("JSON")
    }

    /// All that had been sent when this was called.
    pub(crate) async fn rest(&mut self) -> Vec<String> {
        self.0.send(Message::Ping("so far".into())).await.expect("the line is open");
        let mut heard = Vec::new();
        loop {
            match self.next().await.expect("the line is open").expect("no failure") {
                Message::Text(text) => heard.push(text.to_string()),
                Message::Pong(_) => return heard,
                _ => {}
            }
        }
    }

    /// Reads to the close frame, past everything else: its code and reason.
    pub(crate) async fn close(&mut self) -> (u16, String) {
        loop {
            if let Message::Close(close) = self.next().await.expect("a close frame").expect("no failure") {
                let close = close.expect("a code");
                return (close.code.into(), close.reason.to_string());
            }
        }
    }

    /// Reads to the end of the stream, past everything else. Whether there was a close frame.
    pub(crate) async fn ended(&mut self) -> bool {
        let mut closed = false;
        while let Some(Ok(message)) = self.next().await {
            closed |= message.is_close();
        }
        closed
    }
}

/// The tenant administrator of v16.
pub(crate) fn login(sim: &Sim) -> Value {
    let contract = sim.contract();
    let users = contract["wsi"]["users"].as_array().expect("a list");
    let admin = users.iter().find(|user| user["role"] == "tenant_admin").expect("an administrator");
    json!({"command": "auth", "username": admin["username"], "domain": contract["wsi"]["domain"],
           "password": admin["password"]})
}

/// The answer to a GET: head and body. What breaks off is empty.
pub(crate) async fn get(sim: &Sim, target: &str, authorization: &str) -> (String, String) {
    let mut tcp = TcpStream::connect(sim.local_addr()).await.expect("connected");
    let request =
        format!("GET {target} HTTP/1.1\r\nHost: pbx\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n");
    let mut answer = Vec::new();
    let exchange = async {
        tcp.write_all(request.as_bytes()).await?;
        tcp.read_to_end(&mut answer).await
    };
    let _broken = within(exchange).await;
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.to_owned(), body.to_owned())
}

/// The events after a number, and the status of the answer.
pub(crate) async fn poll(sim: &Sim, query: &str) -> (u16, String) {
    let key = data_encoding::BASE64.encode(format!("apiKey:{}", sim.axeos_key().expose()).as_bytes());
    let (head, body) = get(sim, &format!("/apis/pbx/events?timeout=0{query}"), &format!("Basic {key}")).await;
    (head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), body)
}

/// The numbers of the events of an answer.
pub(crate) fn numbers(body: &str) -> Vec<u64> {
    let events: Vec<Value> = serde_json::from_str(body).expect("JSON");
    events.iter().map(|event| event["seq"].as_u64().expect("a number")).collect()
}

/// The status and the body of the answer to a POST.
pub(crate) async fn post(
    address: SocketAddr,
    path: &str,
    kind: &str,
    authorization: &str,
    body: &str,
) -> (u16, String) {
    let mut tcp = TcpStream::connect(address).await.expect("connected");
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: pbx\r\nAuthorization: {authorization}\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut answer = Vec::new();
    let exchange = async {
        tcp.write_all(request.as_bytes()).await?;
        tcp.read_to_end(&mut answer).await
    };
    within(exchange).await.expect("an answer");
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
    (head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), body.to_owned())
}
