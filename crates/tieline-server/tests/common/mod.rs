//! A small PBX, a server around it, and a client that knows nothing of tieline.

// Every test binary uses another part of this.
#![allow(dead_code)]

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tieline_core::Text;
use tieline_core::json::Encode as _;
use tieline_portsip_wsi::server::ServerConfig;
use tieline_portsip_wsi::{
    Auth, CallHold, Dialect, Event, ExtensionStatus, Login, QueueCallerStatus, Subscription, Topic, Viewer,
};
use tieline_server::wsi::{self, Directory, Hub, Publication, Refused, WsiService};
use tieline_server::{Router, Server, ServerHandle, ServerOptions};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{self, Message};

pub(crate) const TENANT: &str = "236047118140313600";
pub(crate) const LOGIN_V12: &str = r#"{"command":"auth","extension":"101","domain":"test.com","password":"111111"}"#;
pub(crate) const LOGIN_V16: &str = r#"{"command":"auth","username":"boss","domain":"portsip.io","password":"111111"}"#;
pub(crate) const LOGIN_V22: &str =
    r#"{"command":"auth","extension_number":"101","domain":"test.io","password":"111111","id":"1"}"#;
pub(crate) const WRONG: &str = r#"{"command":"auth","username":"boss","domain":"portsip.io","password":"222222"}"#;
pub(crate) const SUBSCRIBE: &str = r#"{"command":"subscribe","topics":["extension_events"]}"#;
pub(crate) const UNSUBSCRIBE: &str = r#"{"command":"unsubscribe","topics":["extension_events"]}"#;
pub(crate) const OK: &str = r#"{"status":0}"#;

/// The PBX: everybody's password is 111111, and a counter is its whole state.
#[derive(Default)]
pub(crate) struct Pbx {
    pub(crate) count: Mutex<u64>,
}

impl Directory for Pbx {
    fn login(&self, auth: &Auth, _: Dialect) -> Result<Viewer, Refused> {
        if !auth.password.matches(&"111111".into()) {
            return Err(Refused::new("access_token , username , domain or password error"));
        }
        Ok(match &auth.login {
            Login::Admin { .. } => Viewer::system_admin(),
            Login::Extension { extension: number, .. } | Login::ExtensionNumber { extension_number: number, .. } => {
                Viewer::extension(TENANT, number).with_groupmates(["102", "103"])
            }
            _ => Viewer::tenant_admin(TENANT),
        })
    }

    fn snapshots(&self, _: &Viewer, subscription: &Subscription, dialect: Dialect) -> Vec<Text> {
        if dialect == Dialect::V12 || subscription.topics.iter().all(|topic| topic.topic != Topic::ExtensionEvents) {
            return Vec::new();
        }
        let mut status = ExtensionStatus::<String>::default();
        status.tenant_id = Some(self.count.lock().unwrap().to_string());
        vec![Event::ExtensionStatus(status).to_json().into()]
    }
}

pub(crate) struct Site {
    pub(crate) running: ServerHandle,
    pub(crate) hub: Hub,
    pub(crate) pbx: Arc<Pbx>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        Self::with(ServerOptions::default(), ServerConfig::default()).await
    }

    pub(crate) async fn with(options: ServerOptions, config: ServerConfig) -> Self {
        let (pbx, hub) = (Arc::<Pbx>::default(), Hub::new());
        let service = WsiService::new(pbx.clone(), hub.clone()).config(config);
        let server = Server::bind("127.0.0.1:0", options).await.unwrap();
        let running = server.spawn(Router::new().websocket(wsi::paths(), service));
        Self { running, hub, pbx }
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        self.running.local_addr()
    }

    pub(crate) async fn connect(&self) -> Client {
        self.connect_to("/wsi").await.unwrap()
    }

    pub(crate) async fn connect_to(&self, path: &str) -> Result<Client, tungstenite::Error> {
        let stream = TcpStream::connect(self.addr()).await?;
        Client::over(stream, &format!("ws://{}{path}", self.addr())).await
    }

    /// A client that has logged in.
    pub(crate) async fn login(&self, path: &str, login: &str) -> Client {
        let mut client = self.connect_to(path).await.unwrap();
        client.send(login).await;
        assert_eq!(client.next().await["status"], 0);
        client
    }

    /// A client of v16 that gets extension events.
    pub(crate) async fn subscriber(&self) -> Client {
        let mut client = self.login("/", LOGIN_V16).await;
        client.send(SUBSCRIBE).await;
        assert_eq!(client.text().await, OK);
        assert_eq!(client.next().await["event_type"], "extension_status");
        client
    }

    /// Publishes that `by` put somebody on hold, which v12 and v16 tell by `call_hold`.
    pub(crate) fn hold(&self, by: &str) -> usize {
        self.hub.publish(|dialect| (dialect < Dialect::V22).then(|| Publication::of(&hold(by))))
    }
}

pub(crate) fn hold(by: &str) -> Event<String> {
    let mut hold = CallHold::default();
    hold.aor = Some(format!("sip:{by}@portsip.io"));
    hold.peer_aor = Some("sip:900@portsip.io".into());
    hold.tenant_id = Some(TENANT.into());
    Event::CallHold(hold)
}

pub(crate) fn queue_callers() -> Event<String> {
    let mut callers = QueueCallerStatus::default();
    callers.tenant_id = Some(TENANT.into());
    Event::QueueCallerStatus(callers)
}

pub(crate) struct Client<S = TcpStream>(pub WebSocketStream<S>);

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    pub(crate) async fn over(stream: S, url: &str) -> Result<Self, tungstenite::Error> {
        Ok(Self(tokio_tungstenite::client_async(url, stream).await?.0))
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// The next message; a test that waits for one in vain fails.
    pub(crate) async fn message(&mut self) -> Option<Result<Message, tungstenite::Error>> {
        loop {
            let message = within(self.0.next()).await;
            if !matches!(message, Some(Ok(Message::Ping(_) | Message::Pong(_)))) {
                return message;
            }
        }
    }

    pub(crate) async fn text(&mut self) -> String {
        self.message().await.unwrap().unwrap().into_text().unwrap().to_string()
    }

    pub(crate) async fn next(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Reads to the close frame, past everything else, and says its code.
    pub(crate) async fn close_code(&mut self) -> u16 {
        loop {
            if let Message::Close(close) = self.message().await.unwrap().unwrap() {
                return close.unwrap().code.into();
            }
        }
    }

    /// Reads to the end of the stream, past everything else. Whether there was a close frame.
    pub(crate) async fn ended(&mut self) -> bool {
        let mut closed = false;
        while let Some(Ok(message)) = self.message().await {
            closed |= message.is_close();
        }
        closed
    }
}

/// Waits for something that comes for sure; fails the test if it does not.
pub(crate) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(60), future).await.expect("it never came")
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
