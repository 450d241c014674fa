//! The IM service behind sockets, and clients that know nothing of tieline.

// Every test binary uses another part of this.
#![allow(dead_code)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_core::{Secret, Text};
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::{Arrival, ServiceConfig};
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::engine::Running;
use tieline_server::im::host::{Accounts, Admitted, HostedIm};
use tieline_server::im::im_paths;
use tieline_server::im::store::Store;
use tieline_server::{Router, Server, ServerHandle, ServerOptions};
use tieline_tokio::Proxy;
use tieline_tokio::im::{Client, Config, Events, connect};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

pub(crate) const LONG: Duration = Duration::from_secs(60);

/// Whoever knows the token is who he says.
pub(crate) struct Anybody(pub(crate) Secret, pub(crate) Channels);

/// The channels that everybody has.
pub(crate) type Channels = Arc<Mutex<Vec<Text>>>;

impl Accounts for Anybody {
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        match credentials {
            Credentials::AccessToken { user, token, .. } if token.matches(&self.0) => {
                let mut arrival = Arrival::new(user.parse().map_err(|_| Status::AUTHENTICATION_FAILED)?);
                arrival.channels.clone_from(&self.1.lock().unwrap());
                Ok(Admitted::new(arrival).with_token("dG9rZW4="))
            }
            Credentials::AccessToken { .. } => Err(Status::AUTHENTICATION_FAILED),
            _ => Err(Status::UNKNOWN_SCHEME),
        }
    }

    fn channels(&self, _: u64) -> Option<Vec<Text>> {
        Some(self.1.lock().unwrap().clone())
    }
}

pub(crate) struct Site {
    pub(crate) server: ServerHandle,
    pub(crate) running: Running,
    pub(crate) url: String,
    pub(crate) forwarded: Arc<Mutex<Vec<String>>>,
    pub(crate) channels: Channels,
    pub(crate) im: HostedIm,
}

impl Site {
    pub(crate) async fn start(store: &impl Store) -> Self {
        Self::start_with(store, ServerConfig::new(0)).await
    }

    pub(crate) async fn start_with(store: &impl Store, lines: ServerConfig) -> Self {
        let channels = Channels::default();
        let anybody = Anybody("swordfish".into(), Arc::clone(&channels));
        Self { channels, ..Self::start_of(store, lines, anybody).await }
    }

    pub(crate) async fn start_of(store: &impl Store, lines: ServerConfig, accounts: impl Accounts) -> Self {
        let forwarded = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&forwarded);
        let outside = move |channel: &Text, _| noted.lock().unwrap().push(channel.to_string());
        let config = ServiceConfig::new(0, [6; 16]);
        let (im, running) = HostedIm::start(store, config, accounts, Box::new(outside)).unwrap();
        let im = im.lines(lines);
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
        let url = format!("ws://{}/im", server.local_addr());
        let server = server.spawn(Router::new().websocket(im_paths(), im.clone()));
        Self { server, running, url, forwarded, channels: Channels::default(), im }
    }

    pub(crate) async fn join(&self, user: &str) -> (Client, Events) {
        let config = Config::new(Credentials::access_token(user, "portsip.io", "swordfish"));
        connect(&self.url, config.proxy(Proxy::direct())).await.unwrap()
    }

    /// A bare socket that is logged in.
    pub(crate) async fn socket(&self, user: u64) -> WebSocketStream<TcpStream> {
        self.socket_over(TcpStream::connect(self.server.local_addr()).await.unwrap(), user).await
    }

    pub(crate) async fn socket_over(&self, stream: TcpStream, user: u64) -> WebSocketStream<TcpStream> {
        let (mut socket, _) = tokio_tungstenite::client_async(&self.url, stream).await.unwrap();
        let login = Credentials::access_token(user.to_string(), "portsip.io", "swordfish").to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned());
        let login = json!({"login": {"id": "l", "scheme": "access_token", "secret": secret}});
        assert_eq!(ask(&mut socket, &login).await["params"]["user"], format!("usr{user}"));
        socket
    }

    /// The server goes, its lines are told, and what was said is kept.
    pub(crate) async fn stop(self) {
        self.im.engine().drain();
        self.server.shutdown().await;
        drop(self.im);
        tokio::task::spawn_blocking(move || drop(self.running)).await.unwrap();
    }
}

/// Says something and waits for the answer.
pub(crate) async fn ask(socket: &mut WebSocketStream<TcpStream>, message: &Value) -> Value {
    socket.send(Message::text(message.to_string())).await.unwrap();
    loop {
        let heard = hear(socket).await;
        if heard["ctrl"]["id"].is_string() {
            return heard["ctrl"].clone();
        }
    }
}

pub(crate) async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Value {
    let heard = tokio::time::timeout(LONG, socket.next()).await.expect("something hangs");
    serde_json::from_str(heard.unwrap().unwrap().to_text().unwrap()).unwrap()
}

/// Waits until something holds.
pub(crate) async fn until(holds: impl Fn() -> bool) {
    let holding = async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, holding).await.expect("it never came");
}

/// A group of two: `owner` made it.
pub(crate) async fn group(owner: &mut WebSocketStream<TcpStream>, member: &mut WebSocketStream<TcpStream>) -> String {
    let group = ask(owner, &json!({"sub": {"id": "g", "topic": "new"}})).await["topic"].as_str().unwrap().to_owned();
    assert_eq!(ask(member, &json!({"sub": {"id": "g", "topic": group}})).await["code"], 202);
    group
}
