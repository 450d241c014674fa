//! The IM service by itself: paths, limits, health, what is left in its folder by a crash, and its end.
#![cfg(feature = "im-store")]

use std::path::Path;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::token::Account;
use tieline_server::im::accounts::{Roster, User};
use tieline_server::im::standing::{Standing, StandingConfig};
use tieline_server::im::store::StoreError;
use tieline_server::{Server, ServerHandle, ServerOptions};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

const LONG: Duration = Duration::from_secs(60);

struct Site {
    standing: Standing<Roster>,
    server: ServerHandle,
    watch: ServerHandle,
}

fn open(config: StandingConfig) -> Result<Standing<Roster>, StoreError> {
    let mut bob = User::new(1002, "bob", "example.com");
    bob.display_name = Some("Bob".into());
    let users = Roster::new().with(User::new(1001, "alice", "example.com"), "alice").with(bob, "bob");
    Standing::open(config, users, Box::new(|_, _| {}))
}

impl Site {
    async fn start(folder: &Path, change: impl FnOnce(&mut StandingConfig)) -> Self {
        let mut config = StandingConfig::new(folder, [5; 16]);
        change(&mut config);
        let standing = open(config).unwrap();
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap().spawn(standing.router());
        let watch = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
        let watch = watch.spawn(standing.watch_router(server.clone()));
        Self { standing, server, watch }
    }

    async fn open(&self, path: &str) -> Result<WebSocketStream<TcpStream>, Error> {
        let stream = TcpStream::connect(self.server.local_addr()).await.unwrap();
        let url = format!("ws://{}{path}", self.server.local_addr());
        tokio_tungstenite::client_async(url, stream).await.map(|(socket, _)| socket)
    }

    /// The status with which a line is refused.
    async fn refusal(&self) -> u16 {
        match self.open("/im").await {
            Err(Error::Http(response)) => response.status().as_u16(),
            other => panic!("{other:?}"),
        }
    }

    async fn login(&self, path: &str, user: &str) -> WebSocketStream<TcpStream> {
        let mut socket = self.open(path).await.unwrap();
        let grant = self.standing.desk().sign_in(&Account::new(user, "example.com", user)).unwrap();
        let login = Credentials::access_token(user, "example.com", grant.access_token).to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned());
        let login = json!({"login": {"id": "l", "scheme": "access_token", "secret": secret}});
        let answer = ask(&mut socket, &login).await;
        assert_eq!(answer["code"], 200);
        assert!(answer["params"]["token"].is_string(), "for files");
        socket
    }

    /// Head and body of an answer of `/healthz` or `/metrics`.
    async fn watch(&self, path: &str) -> String {
        get(&self.watch, path).await
    }

    async fn stop(self) {
        self.standing.stop(&self.server).await;
        self.watch.shutdown().await;
    }
}

async fn get(server: &ServerHandle, path: &str) -> String {
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn ask(socket: &mut WebSocketStream<TcpStream>, message: &Value) -> Value {
    socket.send(Message::text(message.to_string())).await.unwrap();
    loop {
        let heard = hear(socket).await;
        if heard["ctrl"]["id"].is_string() {
            return heard["ctrl"].clone();
        }
    }
}

async fn hear(socket: &mut WebSocketStream<TcpStream>) -> Value {
    let heard = tokio::time::timeout(LONG, socket.next()).await.expect("something hangs");
    serde_json::from_str(heard.unwrap().unwrap().to_text().unwrap()).unwrap()
}

#[tokio::test]
async fn a_client_of_the_tinode_family_is_served_with_any_key() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |_| {}).await;
    let mut alice = site.login("/v0/channels?apikey=AQEAAAABAAD_rAp4DJh05a1HAwFT3A6K", "alice").await;
    // Bob was never here, and is found with his name.
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "1", "topic": "usr1002"}})).await["code"], 200);
    let get = json!({"get": {"id": "2", "topic": "usr1002", "what": "desc"}});
    alice.send(Message::text(get.to_string())).await.unwrap();
    let desc = loop {
        let heard = hear(&mut alice).await;
        if heard["meta"].is_object() {
            break heard["meta"]["desc"].clone();
        }
    };
    assert_eq!(desc["public"], json!({"fn": "Bob"}));
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "3", "topic": "usr1003"}})).await["code"], 404, "nobody");
    alice.send(Message::text("1")).await.unwrap();
    let probed = tokio::time::timeout(LONG, alice.next()).await.expect("something hangs").unwrap().unwrap();
    assert_eq!(probed.to_text().unwrap(), "0");
    drop(alice);
    site.stop().await;
}

#[tokio::test]
async fn lines_beyond_the_limits_are_refused_in_words_and_counted() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |config| config.line_limits.per_address = 2).await;
    let lines = (site.open("/im").await.unwrap(), site.open("/im").await.unwrap());
    assert_eq!(site.refusal().await, 429);
    assert_eq!((site.standing.stats().lines, site.standing.stats().refused_lines), (2, 1));
    drop(lines);
    site.stop().await;
    let site = Site::start(folder.path(), |config| config.line_limits.lines = 1).await;
    let _line = site.open("/im").await.unwrap();
    assert_eq!(site.refusal().await, 503);
    site.stop().await;
    let site = Site::start(folder.path(), |config| config.line_limits.per_minute = 1).await;
    drop(site.open("/im").await.unwrap());
    assert_eq!(site.refusal().await, 429);
    site.stop().await;
}

#[tokio::test]
async fn health_is_503_while_the_store_fails_and_200_again_when_it_works() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |_| {}).await;
    assert!(site.watch("/healthz").await.starts_with("HTTP/1.1 200"));
    let mut alice = site.login("/im", "alice").await;
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "1", "topic": "usr1002"}})).await["code"], 200);
    // Neither a message nor what the probe writes can be kept.
    let other = rusqlite::Connection::open(folder.path().join("im.db")).unwrap();
    other.execute_batch("ALTER TABLE messages RENAME TO elsewhere; CREATE TABLE probe (a TEXT) STRICT").unwrap();
    let publish = json!({"pub": {"id": "2", "topic": "usr1002", "content": "x"}});
    assert_eq!(ask(&mut alice, &publish).await["code"], 500);
    assert!(site.watch("/healthz").await.starts_with("HTTP/1.1 503"));
    assert!(get(&site.server, "/healthz").await.ends_with("the store is failing\n"));
    let page = site.watch("/metrics").await;
    assert!(page.contains("\ntieline_im_up 0\n") && page.contains("\ntieline_im_failed_commits_total 1\n"), "{page}");
    other.execute_batch("ALTER TABLE elsewhere RENAME TO messages; DROP TABLE probe").unwrap();
    // A commit says more than a probe.
    assert_eq!(ask(&mut alice, &publish).await["params"]["seq"], 1, "no number was lost");
    assert!(site.watch("/healthz").await.starts_with("HTTP/1.1 200"));
    drop(alice);
    site.stop().await;
}

#[tokio::test]
async fn what_was_said_before_the_end_is_answered_and_then_everybody_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |_| {}).await;
    let mut alice = site.login("/im", "alice").await;
    let mut nobody = site.open("/im").await.unwrap();
    assert_eq!(ask(&mut alice, &json!({"sub": {"id": "1", "topic": "usr1002"}})).await["code"], 200);
    site.stop().await;
    for socket in [&mut alice, &mut nobody] {
        let mut heard = Vec::new();
        let close = loop {
            match tokio::time::timeout(LONG, socket.next()).await.expect("something hangs") {
                Some(Ok(Message::Close(close))) => break close.map(|close| u16::from(close.code)),
                Some(Ok(message)) => heard.push(message.into_text().unwrap().to_string()),
                other => panic!("{other:?}"),
            }
        };
        assert!(heard.last().unwrap().contains("\"code\":205,\"text\":\"server shutdown\""), "{heard:?}");
        assert_eq!(close, Some(1001));
    }
    assert!(open(StandingConfig::new(folder.path(), [5; 16])).is_ok(), "and the folder is free");
}

#[tokio::test]
async fn health_is_503_when_the_thread_that_decides_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |_| {}).await;
    assert!(!site.standing.stats().has_died);
    site.standing.im().engine().when_settled(|_| panic!("a hook of the owner does what it must not"));
    let dies = async {
        while !site.standing.stats().has_died {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, dies).await.expect("the death is not told");
    let health = get(&site.server, "/healthz").await;
    assert!(health.starts_with("HTTP/1.1 503") && health.contains("died"), "{health}");
    assert!(site.watch("/metrics").await.contains("\ntieline_im_up 0\n"));
    site.stop().await;
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |config| config.settle = Duration::from_millis(20)).await;
    let (go_on, held) = std::sync::mpsc::channel::<()>();
    let (over, ended) = std::sync::mpsc::channel();
    site.standing.im().engine().when_settled(move |_| {
        let _ = held.recv();
        over.send(()).unwrap();
    });
    tokio::time::timeout(LONG, site.stop()).await.expect("it ends although the service hangs");
    assert!(ended.try_recv().is_err(), "it hangs still");
    drop(go_on);
    ended.recv_timeout(LONG).unwrap();
}

#[tokio::test]
async fn a_folder_is_opened_once() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |_| {}).await;
    assert!(matches!(open(StandingConfig::new(folder.path(), [5; 16])), Err(StoreError::InUse(_))));
    site.stop().await;
}

#[tokio::test]
async fn old_files_go_when_they_are_older_than_they_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::start(folder.path(), |config| config.keep_files = Some(Duration::from_secs(3600))).await;
    let id = "NDW4_NYseeH20iuC3rih_wAAwItyRIMM";
    std::fs::write(folder.path().join("files").join(id), "soup").unwrap();
    let other = rusqlite::Connection::open(folder.path().join("im.db")).unwrap();
    let row = "INSERT INTO files VALUES ('NDW4_NYseeH20iuC3rih_wAAwItyRIMM', 'a.txt', NULL, 4, x'00', 1001, 1)";
    // Of 1970.
    other.execute(&row.replace("x'00'", "zeroblob(32)"), []).unwrap();
    let path = format!("/im/file/{id}");
    assert!(get(&site.server, &path).await.ends_with("soup"));
    assert_eq!(site.standing.sweep().await.unwrap(), 1);
    assert!(get(&site.server, &path).await.starts_with("HTTP/1.1 404"));
    assert!(!folder.path().join("files").join(id).exists());
    assert_eq!(site.standing.sweep().await.unwrap(), 0);
    site.stop().await;
}

#[tokio::test]
async fn a_file_without_a_row_is_removed_at_the_start_and_what_is_nobodys_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let files = folder.path().join("files");
    std::fs::create_dir_all(files.join("coming")).unwrap();
    let stray = files.join("NDW4_NYseeH20iuC3rih_wAAwItyRIMM");
    let half = files.join("coming/half");
    let others = files.join("README");
    for path in [&stray, &half, &others] {
        std::fs::write(path, "x").unwrap();
    }
    Site::start(folder.path(), |_| {}).await.stop().await;
    assert!(!stray.exists() && !half.exists() && others.exists());
}
