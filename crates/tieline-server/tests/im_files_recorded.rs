//! The recorded exchanges of files of a server of the same family, said again to ours: its paths and tokens are PortSIP's,
//! everything else that differs stands in `DEVIATIONS`, exchange by exchange and with the reason.
#![cfg(feature = "im-store")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::token::Account;
use tieline_server::im::accounts::{Roster, User};
use tieline_server::im::standing::{Standing, StandingConfig};
use tieline_server::{Server, ServerHandle, ServerOptions};
use tieline_testkit::IM_RECORDINGS;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

/// Recording, number of the exchange in it, what ours has otherwise, and why.
const DEVIATIONS: &[(&str, usize, &str, &str)] = &[
    ("file-errors", 0, REQUIRED, UNREAD),
    ("file-errors", 1, FAILED, UNREAD),
    ("file-errors", 2, FAILED, UNREAD),
    ("file-errors", 3, REQUIRED, TOKENS),
    ("file-errors", 4, REQUIRED, TOKENS),
    (
        "file-errors",
        9,
        r#"{"code":200,"id":"empty","status":200,"text":"ok","url":true}"#,
        "an oddity of the model: a file may be empty",
    ),
    (
        "file-errors",
        14,
        r#"{"code":405,"id":null,"status":405,"text":"operation or method not allowed","url":false}"#,
        "PortSIP has one path for both, so that no file stands for the path of uploads",
    ),
    (
        "file-errors",
        16,
        r#"{"code":200,"id":"e1","status":200,"text":"ok","url":true}"#,
        "PortSIP has no API keys: any is ignored",
    ),
    (
        "file-upload-download",
        5,
        r#"{"disposition":"attachment","length":11,"status":200,"type":"text/plain"}"#,
        "a range may be answered with the whole",
    ),
    ("file-upload-download", 8, REQUIRED, TOKENS),
    (
        "file-upload-download",
        12,
        r#"{"disposition":"attachment","length":48,"status":200,"type":"image/png"}"#,
        "images too are to be kept apart: what was uploaded is shown by no browser in the name of the server",
    ),
];
const REQUIRED: &str = r#"{"code":401,"id":null,"status":401,"text":"authentication required","url":false}"#;
const FAILED: &str = r#"{"code":401,"id":null,"status":401,"text":"authentication failed","url":false}"#;
const UNREAD: &str = "nothing is read of who has no token, no id either; a token of another form is a wrong one";
const TOKENS: &str = "files take tokens only, as PortSIP shows it, no passwords";

struct Site {
    _standing: Standing<Roster>,
    server: ServerHandle,
    /// Our tokens, by the recorded ones.
    tokens: BTreeMap<String, String>,
    /// Our paths of files, by the recorded ones.
    files: BTreeMap<String, String>,
}

impl Site {
    async fn start(folder: &std::path::Path, lines: &[Value]) -> Self {
        let mut config = StandingConfig::new(folder, [5; 16]);
        config.guard_downloads = true;
        let mut users = Roster::new();
        for (name, number) in ["alice", "bob"].into_iter().zip(1001..) {
            users = users.with(User::new(number, name, "example.com"), name);
        }
        let standing = Standing::open(config, users, Box::new(|_, _| {})).unwrap();
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap().spawn(standing.router());
        let mut tokens = BTreeMap::new();
        for line in lines {
            let heard: Value = serde_json::from_str(line["text"].as_str().unwrap_or("null")).unwrap();
            if let Some(recorded) = heard["ctrl"]["params"]["token"].as_str() {
                let user = line["session"].as_str().unwrap().trim_end_matches('1');
                tokens.insert(recorded.to_owned(), token(&standing, &server, user).await);
            }
        }
        Self { _standing: standing, server, tokens, files: BTreeMap::new() }
    }

    /// What is said, with our names.
    fn ours(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (theirs, ours) in self.tokens.iter().chain(&self.files) {
            text = text.replace(theirs, ours);
        }
        text.replace("/v0/file/u/", "/im/file").replace("/v0/file/s/", "/im/file/")
    }

    /// One request on a connection of its own. Status, headers and body of its answer.
    async fn exchange(&self, request: &Value) -> (u16, BTreeMap<String, String>, Vec<u8>) {
        let word = |key: &str| request[key].as_str().unwrap_or_default();
        let mut said =
            format!("{} {} HTTP/1.1\r\nHost: im\r\nConnection: close\r\n", word("method"), self.ours(word("path")));
        for (name, value) in request["headers"].as_object().into_iter().flatten() {
            // The model's own name of it.
            let name = if name == "X-Tinode-Auth" { "Authorization" } else { name };
            said.push_str(&format!("{name}: {}\r\n", self.ours(value.as_str().unwrap())));
        }
        // A character is a byte.
        let body: Vec<u8> = word("body").chars().map(|byte| u8::try_from(byte).unwrap()).collect();
        said.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        let mut stream = TcpStream::connect(self.server.local_addr()).await.unwrap();
        stream.write_all(&[said.as_bytes(), &body].concat()).await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        let end = heard.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
        let head = String::from_utf8(heard[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap().parse().unwrap();
        let headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.into()));
        (status, headers.collect(), heard[end + 4..].to_vec())
    }
}

/// The token for files that a login is answered with.
async fn token(standing: &Standing<Roster>, server: &ServerHandle, user: &str) -> String {
    let grant = standing.desk().sign_in(&Account::new(user, "example.com", user)).unwrap();
    let login = Credentials::access_token(user, "example.com", grant.access_token).to_login();
    let secret = login.secret.map(|secret| secret.expose().to_owned());
    let login = json!({"login": {"id": "l", "scheme": "access_token", "secret": secret}});
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let url = format!("ws://{}/im", server.local_addr());
    let (mut socket, _) = tokio_tungstenite::client_async(url, stream).await.unwrap();
    socket.send(Message::text(login.to_string())).await.unwrap();
    loop {
        let heard = socket.next().await.unwrap().unwrap();
        let heard: Value = serde_json::from_str(heard.to_text().unwrap()).unwrap();
        if let Some(token) = heard["ctrl"]["params"]["token"].as_str() {
            return token.to_owned();
        }
    }
}

/// What is compared of an answer: its status, and the answer itself or the file with its type and whether it is to be kept
/// apart from the page.
fn shown(status: u16, headers: &BTreeMap<String, String>, body: &[u8], asked: &str) -> Value {
    let text = String::from_utf8_lossy(body);
    let answer: Option<Value> = serde_json::from_str(&text).ok();
    match answer.as_ref().and_then(|answer| answer["ctrl"].as_object()) {
        Some(ctrl) => {
            let has_file = ctrl.get("params").is_some_and(|params| params["url"].is_string());
            json!({"status": status, "id": ctrl.get("id"), "code": ctrl["code"], "text": ctrl["text"], "url": has_file})
        }
        None if asked == "HEAD" => json!({"status": status, "body": text}),
        None => {
            let header = |name: &str| headers.get(name).map(|value| value.split(';').next().unwrap_or_default());
            json!({"status": status, "type": header("content-type"), "disposition": header("content-disposition"), "length": body.len()})
        }
    }
}

async fn replay(name: &str, text: &str, left: &mut Vec<String>, used: &mut BTreeSet<usize>) {
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut site = Site::start(folder.path(), &lines).await;
    let exchanges = lines.iter().map(|line| &line["http"]).filter(|http| http.is_object());
    for (number, http) in exchanges.enumerate() {
        let (request, recorded) = (&http["request"], &http["response"]);
        let method = request["method"].as_str().unwrap();
        let (status, headers, body) = site.exchange(request).await;
        let url = |answer: &[u8]| -> Option<String> {
            let answer: Value = serde_json::from_reader(Cursor::new(answer)).ok()?;
            Some(answer["ctrl"]["params"]["url"].as_str()?.to_owned())
        };
        let mut recorded_body = recorded["body"].as_str().unwrap_or_default().as_bytes().to_vec();
        if let Some(length) = recorded["body_length"].as_u64() {
            recorded_body = vec![0; usize::try_from(length).unwrap()];
        } else if let (Some(theirs), Some(ours)) = (url(&recorded_body), url(&body)) {
            let theirs = theirs.trim_start_matches("/v0/file/s/").to_owned();
            site.files.insert(theirs, ours);
        } else if recorded["status"] == 200 && method == "GET" && status == 200 {
            assert_eq!(body, recorded_body, "{name} {number}");
        }
        let recorded_headers = recorded["headers"].as_object().into_iter().flatten();
        let recorded_headers = recorded_headers
            .map(|(name, value)| (name.to_ascii_lowercase(), value.as_str().unwrap().to_owned()))
            .collect();
        let recorded_status = u16::try_from(recorded["status"].as_u64().unwrap()).unwrap();
        let theirs = shown(recorded_status, &recorded_headers, &recorded_body, method);
        let ours = shown(status, &headers, &body, method);
        if theirs == ours {
            continue;
        }
        let named = |deviation: &(&str, usize, &str, &str)| {
            let deviating: Value = serde_json::from_str(deviation.2).unwrap();
            deviation.0 == name && deviation.1 == number && deviating == ours
        };
        match DEVIATIONS.iter().position(named) {
            Some(at) => drop(used.insert(at)),
            None => left.push(format!("{name} {number} {method} {}: {theirs}, ours {ours}", request["path"])),
        }
    }
}

#[tokio::test]
async fn every_recorded_exchange_of_files_is_answered_as_recorded_but_for_the_deviations_that_are_named() {
    let (mut left, mut used) = (Vec::new(), BTreeSet::new());
    let of_files = IM_RECORDINGS.iter().filter(|file| file.text.contains("\"http\":"));
    let mut played = Vec::new();
    for file in of_files {
        replay(file.name, file.text, &mut left, &mut used).await;
        played.push(file.name);
    }
    assert!(left.is_empty(), "not named:\n{}", left.join("\n"));
    assert_eq!(used.len(), DEVIATIONS.len(), "a deviation that is named is none any more");
    assert_eq!(played, ["file-errors", "file-upload-download"]);
}
