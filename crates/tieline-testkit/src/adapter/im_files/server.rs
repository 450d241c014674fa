//! A server of files that keeps what it took.

use std::io::{Cursor, Read, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::Timestamp;
use tieline_core::http::header;
use tieline_dial::Proxy;
use tieline_dial::im::{FileError, FilesConfig, NewUpload};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::{Incoming, ReceiveUpload, UploadLimits, Uploaded, uploaded};

use super::{AskToken, FilesAdapter, Transfers as _};
use crate::adapter::Pbx;
use crate::adapter::pbx::request as request_head;

pub(super) const FILE: &str = "NDW4_NYseeH20iuC3rih_wAAwItyRIMM";

pub(super) fn file() -> FileRef<String> {
    FileRef::from(FILE)
}

/// What a server took of one upload.
#[derive(Clone, Debug, Default)]
pub(super) struct Taken {
    pub(super) head: String,
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
    pub(super) length: u64,
    /// Whether it came whole.
    pub(super) whole: bool,
}

/// A server of files, and what it took.
pub(super) struct Server {
    pub(super) pbx: Pbx,
    pub(super) taken: Arc<Mutex<Vec<Taken>>>,
}

/// One request, on its way into what the server took.
pub(super) struct Asked {
    pub(super) taken: Arc<Mutex<Vec<Taken>>>,
    pub(super) number: usize,
    /// Whether the connection ends with it.
    pub(super) last: bool,
}

impl Asked {
    /// Tells what came of it: before it is answered, so that a client that has the answer finds it.
    pub(super) fn took(&self, taken: Taken) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)[self.number] = taken;
    }
}

impl Server {
    /// Serves each request as told; `serve` gets its head.
    pub(super) fn start(serve: impl Fn(&str, &mut TcpStream, &mut Asked) + Send + Sync + 'static) -> Self {
        let taken: Arc<Mutex<Vec<Taken>>> = Arc::default();
        let all = Arc::clone(&taken);
        let pbx = Pbx::raw(move |mut io, _| {
            while io.peek(&mut [0]).is_ok_and(|count| count > 0) {
                let head = request_head(&mut io);
                let number = {
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(Taken { head: head.clone(), ..Taken::default() });
                    all.len() - 1
                };
                let mut asked = Asked { taken: Arc::clone(&all), number, last: false };
                serve(&head, &mut io, &mut asked);
                if asked.last {
                    return;
                }
            }
        });
        Self { pbx, taken }
    }

    pub(super) fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn config(&self) -> FilesConfig {
        let base = format!("http://127.0.0.1:{}", self.pbx.port).parse().expect("an address");
        FilesConfig::new(base).proxy(Proxy::direct())
    }

    pub(super) fn client<A: FilesAdapter>(&self) -> A::Files {
        A::files(self.config(), tokens(["TOKEN"])).expect("a client")
    }
}

/// These tokens in order, and then the last one again and again.
pub(super) fn tokens<const N: usize>(tokens: [&'static str; N]) -> AskToken {
    let asked = Mutex::new(0);
    Arc::new(move || {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens[(*asked).min(N - 1)];
        *asked += 1;
        Ok(token.into())
    })
}

pub(super) fn value<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.and_then(|line| line.split_once(": ")).expect("a header").1
}

/// Reads the form of an upload, up to so many bytes, and keeps the file if it is wanted.
pub(super) fn take(head: &str, io: &mut TcpStream, most: u64, keep: bool, asked: &Asked) {
    let mut taken = Taken { head: head.to_owned(), ..Taken::default() };
    let length: u64 = value(head, "content-length").parse().expect("a length");
    let mut request = tieline_core::http::RequestBuilder::new(
        tieline_core::http::Method::POST,
        &"http://x".parse().expect("an address"),
        "im/file",
    )
    .finish()
    .expect("a request")
    .0;
    request.headers.insert(header::CONTENT_TYPE, value(head, "content-type").parse().expect("a value"));
    let mut limits = UploadLimits::default();
    limits.file = u64::MAX;
    let mut receiving = ReceiveUpload::new(&request, limits).expect("a form");
    let (mut left, mut piece) = (length.min(most), vec![0; 64 << 10]);
    while left > 0 {
        let now = piece.len().min(left as usize);
        let Ok(count @ 1..) = io.read(&mut piece[..now]) else { break };
        left -= count as u64;
        receiving.feed(&piece[..count]);
        while let Some(incoming) = receiving.poll().expect("a form") {
            match incoming {
                Incoming::File(file) => taken.name = file.name,
                Incoming::Data(bytes) if keep => taken.bytes.extend_from_slice(&bytes),
                Incoming::Data(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    if let Ok(received) = receiving.finish() {
        taken.length = received.length;
        taken.whole = true;
    }
    asked.took(taken);
}

pub(super) fn say(io: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    drop(io.write_all(&[head.as_bytes(), body].concat()));
}

pub(super) fn say_uploaded(io: &mut TcpStream) {
    let response = uploaded(Some("id"), &file(), Timestamp::new("2024-10-24T01:13:54.464796Z".into()));
    let tieline_core::http::Body::Whole(body) = response.into_body() else { panic!("a body") };
    say(io, "200 OK", "", &body);
}

/// Takes every upload.
pub(super) fn willing(keep: bool) -> Server {
    Server::start(move |head, io, asked| {
        take(head, io, u64::MAX, keep, asked);
        say_uploaded(io);
    })
}

pub(super) fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

pub(super) fn send<A: FilesAdapter>(client: &A::Files, bytes: &[u8]) -> Result<Uploaded, FileError> {
    client.upload(&NewUpload::new("a.bin", bytes.len() as u64), &mut Cursor::new(bytes), &mut |_| {})
}

pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

/// A server that answers every download with this file.
pub(super) fn holding(all: &'static [u8]) -> Server {
    Server::start(move |head, io, _| {
        let path = head.split(' ').nth(1).expect("a path");
        assert_eq!(path, format!("/im/file/{FILE}"));
        say(
            io,
            "200 OK",
            "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=\"../../x.txt\"\r\n",
            all,
        );
    })
}
