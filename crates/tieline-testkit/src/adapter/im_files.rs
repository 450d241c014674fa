//! Files of PortSIP IM over real connections.

use std::io::{self, Cursor, Read, Seek, SeekFrom, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::http::{ApiErrorKind, CallError, Serve as _, header};
use tieline_core::{Class, ExchangeFailureKind, Secret, Sent, Timestamp};
use tieline_dial::im::{FileError, FilesConfig, NewUpload};
use tieline_dial::{ConnectError, CredentialsError, Place, Progress, Proxy};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::{
    Download, FileHead, Incoming, MAX_REDIRECTS, ReceiveUpload, RedirectError, UploadLimits, Uploaded, uploaded,
};

use super::pbx::request as request_head;
use super::{Gate, Pbx, millis};

/// Where the token of each transfer comes from.
pub type AskToken = Arc<dyn Fn() -> Result<Secret, CredentialsError> + Send + Sync>;

/// An adapter for files.
pub trait FilesAdapter {
    /// Its client.
    type Files: Transfers;

    /// Makes a client.
    fn files(config: FilesConfig, token: AskToken) -> Result<Self::Files, ConnectError>;
}

/// A client of files. Each call blocks, and does all of it on the thread that calls.
pub trait Transfers {
    fn upload(
        &self,
        file: &NewUpload,
        source: &mut (impl Read + Seek + Unpin),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Uploaded, FileError>;
    fn upload_file(&self, path: &Path, content_type: &str) -> Result<Uploaded, FileError>;
    fn download(
        &self,
        file: &FileRef<String>,
        sink: &mut Vec<u8>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<FileHead, FileError>;
    /// Downloads, and throws the bytes away.
    fn discard(&self, file: &FileRef<String>) -> Result<FileHead, FileError>;
    fn download_to_file(&self, file: &FileRef<String>, path: &Path) -> Result<FileHead, FileError>;

    /// Downloads to where `place` says for the name of the file.
    fn download_to_place(
        &self,
        file: &FileRef<String>,
        place: impl FnOnce(&FileHead) -> Place + Send,
    ) -> Result<FileHead, FileError>;
}

const FILE: &str = "NDW4_NYseeH20iuC3rih_wAAwItyRIMM";

fn file() -> FileRef<String> {
    FileRef::from(FILE)
}

/// What a server took of one upload.
#[derive(Clone, Debug, Default)]
struct Taken {
    head: String,
    name: String,
    bytes: Vec<u8>,
    length: u64,
    /// Whether it came whole.
    whole: bool,
}

/// A server of files, and what it took.
struct Server {
    pbx: Pbx,
    taken: Arc<Mutex<Vec<Taken>>>,
}

/// One request, on its way into what the server took.
struct Asked {
    taken: Arc<Mutex<Vec<Taken>>>,
    number: usize,
    /// Whether the connection ends with it.
    last: bool,
}

impl Asked {
    /// Tells what came of it: before it is answered, so that a client that has the answer finds it.
    fn took(&self, taken: Taken) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)[self.number] = taken;
    }
}

impl Server {
    /// Serves each request as told; `serve` gets its head.
    fn start(serve: impl Fn(&str, &mut TcpStream, &mut Asked) + Send + Sync + 'static) -> Self {
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

    fn taken(&self) -> MutexGuard<'_, Vec<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn config(&self) -> FilesConfig {
        let base = format!("http://127.0.0.1:{}", self.pbx.port).parse().expect("an address");
        FilesConfig::new(base).proxy(Proxy::direct())
    }

    fn client<A: FilesAdapter>(&self) -> A::Files {
        A::files(self.config(), tokens(["TOKEN"])).expect("a client")
    }
}

/// These tokens in order, and then the last one again and again.
fn tokens<const N: usize>(tokens: [&'static str; N]) -> AskToken {
    let asked = Mutex::new(0);
    Arc::new(move || {
        let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
        let token = tokens[(*asked).min(N - 1)];
        *asked += 1;
        Ok(token.into())
    })
}

fn value<'h>(head: &'h str, name: &str) -> &'h str {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}: ")));
    line.and_then(|line| line.split_once(": ")).expect("a header").1
}

/// Reads the form of an upload, up to so many bytes, and keeps the file if it is wanted.
fn take(head: &str, io: &mut TcpStream, most: u64, keep: bool, asked: &Asked) {
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

fn say(io: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    drop(io.write_all(&[head.as_bytes(), body].concat()));
}

fn say_uploaded(io: &mut TcpStream) {
    let response = uploaded(Some("id"), &file(), Timestamp::new("2024-10-24T01:13:54.464796Z".into()));
    let tieline_core::http::Body::Whole(body) = response.into_body() else { panic!("a body") };
    say(io, "200 OK", "", &body);
}

/// Takes every upload.
fn willing(keep: bool) -> Server {
    Server::start(move |head, io, asked| {
        take(head, io, u64::MAX, keep, asked);
        say_uploaded(io);
    })
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

fn send<A: FilesAdapter>(client: &A::Files, bytes: &[u8]) -> Result<Uploaded, FileError> {
    client.upload(&NewUpload::new("a.bin", bytes.len() as u64), &mut Cursor::new(bytes), &mut |_| {})
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect()
}

pub fn an_upload_says_who_asks_and_brings_the_file<A: FilesAdapter>() {
    let server = willing(true);
    let client = server.client::<A>();
    for length in [0, 1, 200_000] {
        let (all, mut told) = (bytes(length), Vec::new());
        let new = NewUpload::new("../a\"b.bin", length as u64).content_type("application/pdf");
        let sent = client.upload(&new, &mut Cursor::new(&all), &mut |progress| told.push(progress)).expect("a file");
        assert_eq!(sent.file.bare_id(), Some(FILE));
        let taken = server.taken().pop().expect("an upload");
        assert!(taken.head.starts_with("POST /im/file HTTP/1.1\r\n"), "{}", taken.head);
        assert_eq!(value(&taken.head, "authorization"), "token TOKEN");
        assert_eq!((taken.name.as_str(), taken.whole), ("a_b.bin", true));
        assert!(taken.bytes == all, "other bytes came");
        assert!(told.is_sorted_by_key(|progress| progress.bytes), "{told:?}");
        assert_eq!(told.last(), Some(&Progress::new(length as u64, Some(length as u64))));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("zażółć.txt");
    std::fs::write(&path, "hello").expect("a file");
    client.upload_file(&path, "text/plain").expect("a file");
    let taken = server.taken().pop().expect("an upload");
    assert_eq!((taken.name.as_str(), &*taken.bytes), ("zażółć.txt", &b"hello"[..]));
}

/// A server that answers every download with this file.
fn holding(all: &'static [u8]) -> Server {
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

pub fn a_download_brings_the_file_and_a_harmless_name<A: FilesAdapter>() {
    let server = holding(b"hello");
    let (mut sink, mut told) = (Vec::new(), Vec::new());
    let client = server.client::<A>();
    let head = client.download(&file(), &mut sink, &mut |progress| told.push(progress)).expect("a file");
    assert_eq!((&*sink, head.length, head.name.as_deref()), (&b"hello"[..], Some(5), Some("x.txt")));
    assert_eq!((told.first(), told.last()), (Some(&Progress::new(0, Some(5))), Some(&Progress::new(5, Some(5)))));
    assert_eq!(value(&server.taken()[0].head, "authorization"), "token TOKEN");
    let folder = tempfile::tempdir().expect("a folder");
    client.download_to_file(&file(), &folder.path().join("mine")).expect("a file");
    assert_eq!(
        (names(folder.path()), std::fs::read(folder.path().join("mine")).expect("a file")),
        (vec!["mine".to_owned()], b"hello".to_vec())
    );
}

pub fn a_download_stands_where_its_name_decides_and_replaces_nothing_unasked<A: FilesAdapter>() {
    let server = holding(b"hello");
    let client = server.client::<A>();
    let folder = tempfile::tempdir().expect("a folder");
    let at = |head: &FileHead| Place::new(folder.path().join(head.name.as_deref().expect("a name")));
    client.download_to_place(&file(), at).expect("a file");
    let path = folder.path().join("x.txt");
    assert_eq!(std::fs::read(&path).expect("a file"), b"hello");
    std::fs::write(&path, "mine").expect("written");
    let error = client.download_to_place(&file(), at).expect_err("taken");
    assert!(matches!(&error, FileError::Write(error) if error.kind() == std::io::ErrorKind::AlreadyExists), "{error}");
    assert_eq!(
        (names(folder.path()), std::fs::read(&path).expect("a file")),
        (vec!["x.txt".to_owned()], b"mine".into())
    );
    client.download_to_place(&file(), |head| at(head).replacing()).expect("a file");
    assert_eq!(std::fs::read(&path).expect("a file"), b"hello");
}

pub fn what_is_too_long_is_neither_sent_nor_taken<A: FilesAdapter>() {
    let server = Server::start(|_, io, asked| match asked.number {
        0 => say(io, "200 OK", "", b"hello"),
        _ => {
            drop(io.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"))
        }
    });
    let mut config = server.config();
    (config.max_upload, config.max_download) = (4, 4);
    let client = A::files(config, tokens(["TOKEN"])).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("too long");
    assert!(matches!(error, FileError::TooLong { limit: 4 }), "{error}");
    assert_eq!((error.sent(), server.pbx.accepted()), (Sent::Nothing, 0));
    for _ in 0..2 {
        let error = client.discard(&file()).expect_err("too long");
        assert!(matches!(error, FileError::TooLong { limit: 4 }), "{error}");
    }
    assert_eq!(server.taken().len(), 2);
}

/// A source that ends with an error, or too early, after so many bytes.
struct Failing {
    at: u64,
    fails_at: u64,
    error: bool,
}

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = buffer.len().min((self.fails_at - self.at) as usize);
        if count == 0 && self.error {
            return Err(io::Error::other("the disk is on fire"));
        }
        buffer[..count].fill(7);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for Failing {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.at = at;
        }
        Ok(self.at)
    }
}

pub fn an_upload_whose_source_fails_anywhere_is_never_whole_at_the_server<A: FilesAdapter>() {
    let server = willing(false);
    let client = server.client::<A>();
    let length = 300_000;
    for fails_at in [0, 1, 65_535, 65_536, 65_537, 131_072, 299_999] {
        for error in [false, true] {
            let new = NewUpload::new("a.bin", length);
            let outcome = client.upload(&new, &mut Failing { at: 0, fails_at, error }, &mut |_| {});
            let failed = outcome.expect_err("half a file");
            assert!(matches!(failed, FileError::Read { .. }), "{failed}");
            assert!(failed.sent() != Sent::All && failed.class() == Class::Terminal, "{failed:?}");
        }
    }
    let whole = server.taken().iter().filter(|taken| taken.whole).count();
    assert_eq!(whole, 0);
}

pub fn an_upload_whose_line_is_cut_anywhere_is_an_error_that_says_how_much_was_sent<A: FilesAdapter>() {
    let all = bytes(4 << 20);
    for most in [0, 1, 300, 65_536, 1 << 20, 4 << 20] {
        let server = Server::start(move |head, io, asked| {
            take(head, io, most, false, asked);
            asked.last = true;
            drop(io.shutdown(Shutdown::Both));
        });
        let error = send::<A>(&server.client::<A>(), &all).expect_err("cut");
        let FileError::Call(CallError::Failed(failure)) = &error else { panic!("{error:?}") };
        assert_eq!(failure.kind, ExchangeFailureKind::Broken, "cut after {most}");
        assert!(error.sent() >= Sent::Maybe, "cut after {most}: {error}");
        assert_eq!(server.pbx.accepted(), 1, "cut after {most}");
    }
}

pub fn a_download_cut_anywhere_is_an_error_and_no_file<A: FilesAdapter>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.bin");
    let plain: Vec<u8> = [b"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n".as_slice(), &[7; 40]].concat();
    let chunked =
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n".to_vec();
    for answer in [plain, chunked] {
        for cut in 0..answer.len() {
            let part = answer[..cut].to_vec();
            let server = Server::start(move |_, io, asked| {
                asked.last = true;
                drop(io.write_all(&part));
                drop(io.shutdown(Shutdown::Both));
            });
            let error = server.client::<A>().download_to_file(&file(), &path).expect_err("half a file");
            assert!(matches!(error, FileError::Call(CallError::Failed(_))), "cut at {cut}: {error}");
            assert!(names(folder.path()).is_empty(), "cut at {cut}: {:?}", names(folder.path()));
        }
    }
}

pub fn a_download_that_is_refused_leaves_the_file_that_was_there<A: FilesAdapter>() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.bin");
    std::fs::write(&path, "the old one").expect("a file");
    let server =
        Server::start(|_, io, _| say(io, "404 Not Found", "", b"{\"ctrl\":{\"code\":404,\"text\":\"not found\"}}"));
    let error = server.client::<A>().download_to_file(&file(), &path).expect_err("none");
    let FileError::Call(CallError::Api(api)) = &error else { panic!("{error:?}") };
    assert_eq!((api.status, &api.kind), (404, &ApiErrorKind::Refused { code: Some("not found") }));
    assert_eq!(
        (names(folder.path()), std::fs::read(&path).expect("a file")),
        (vec!["a.bin".to_owned()], b"the old one".to_vec())
    );
}

pub fn a_redirect_within_the_host_is_followed_with_the_token_and_no_other_is<A: FilesAdapter>() {
    let elsewhere = holding(b"evil");
    let away = format!("Location: http://127.0.0.1:{}/im/file/{FILE}\r\n", elsewhere.pbx.port);
    let server = Server::start(move |head, io, _| match head.split(' ').nth(1) {
        Some("/blob/7?x=1") => say(io, "200 OK", "", b"hello"),
        Some("/im/file/away") => say(io, "307 Temporary Redirect", &away, b""),
        Some("/im/file/round" | "/round") => say(io, "302 Found", "Location: /round\r\n", b""),
        _ => say(io, "307 Temporary Redirect", "Location: /blob/7?x=1\r\n", b""),
    });
    let client = server.client::<A>();
    let mut sink = Vec::new();
    client.download(&file(), &mut sink, &mut |_| {}).expect("a file");
    assert_eq!(sink, b"hello");
    assert_eq!(value(&server.taken()[1].head, "authorization"), "token TOKEN");
    let error = client.discard(&FileRef::from("away")).expect_err("elsewhere");
    assert!(matches!(error, FileError::Redirect(RedirectError::Elsewhere)), "{error}");
    assert_eq!(elsewhere.pbx.accepted(), 0);
    let before = server.taken().len();
    let error = client.discard(&FileRef::from("round")).expect_err("for ever");
    assert!(matches!(error, FileError::Redirect(RedirectError::TooMany)), "{error}");
    assert_eq!(server.taken().len() - before, MAX_REDIRECTS as usize + 1);
}

pub fn a_redirect_of_an_upload_is_a_refusal<A: FilesAdapter>() {
    let elsewhere = willing(false);
    let away = format!("Location: http://127.0.0.1:{}/im/file\r\n", elsewhere.pbx.port);
    let server = Server::start(move |head, io, asked| {
        take(head, io, u64::MAX, false, asked);
        say(io, "307 Temporary Redirect", &away, b"");
    });
    let error = send::<A>(&server.client::<A>(), b"hello").expect_err("elsewhere");
    assert!(matches!(&error, FileError::Call(CallError::Api(api)) if api.status == 307), "{error}");
    assert_eq!((elsewhere.pbx.accepted(), server.taken().len()), (0, 1));
}

/// Takes what carries the token `NEW`, and refuses the rest.
fn strict() -> Server {
    Server::start(|head, io, asked| {
        let is_upload = head.starts_with("POST");
        if is_upload {
            take(head, io, u64::MAX, true, asked);
        }
        match (value(head, "authorization"), is_upload) {
            ("token NEW", true) => say_uploaded(io),
            ("token NEW", false) => say(io, "200 OK", "", b"hello"),
            _ => say(io, "401 Unauthorized", "", b"{\"ctrl\":{\"code\":401,\"text\":\"authentication failed\"}}"),
        }
    })
}

pub fn a_refused_token_is_asked_for_anew_once_and_the_file_sent_from_its_beginning<A: FilesAdapter>() {
    let server = strict();
    let client = A::files(server.config(), tokens(["OLD", "NEW"])).expect("a client");
    let all = bytes(100_000);
    let mut source = Cursor::new([b"before".as_slice(), &all].concat());
    source.set_position(6);
    client.upload(&NewUpload::new("a.bin", all.len() as u64), &mut source, &mut |_| {}).expect("a file");
    assert_eq!(server.taken().len(), 2);
    assert!(server.taken()[1].bytes == all, "other bytes came");
    let client = A::files(server.config(), tokens(["OLD", "OLDER", "NEW"])).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("refused");
    assert!(matches!(error, FileError::TokenRefused(_)), "{error}");
    assert_eq!((error.class(), server.taken().len()), (Class::Terminal, 4));
}

pub fn a_download_with_a_refused_token_is_asked_for_once_more<A: FilesAdapter>() {
    let server = strict();
    let client = A::files(server.config(), tokens(["OLD", "NEW"])).expect("a client");
    let mut sink = Vec::new();
    client.download(&file(), &mut sink, &mut |_| {}).expect("a file");
    assert_eq!((&*sink, server.taken().len()), (&b"hello"[..], 2));
    let client = A::files(server.config(), tokens(["OLD", "OLDER", "NEW"])).expect("a client");
    let error = client.discard(&file()).expect_err("refused");
    assert!(matches!(error, FileError::TokenRefused(_)), "{error}");
    assert_eq!((error.class(), server.taken().len()), (Class::Terminal, 4));
}

pub fn the_same_token_again_is_not_sent_again<A: FilesAdapter>() {
    let server = strict();
    let client = A::files(server.config(), tokens(["OLD"])).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("refused");
    assert!(matches!(&error, FileError::TokenRefused(api) if api.status == 401), "{error}");
    client.discard(&file()).expect_err("refused");
    assert_eq!(server.taken().len(), 2);
}

pub fn without_a_token_nothing_is_dialled<A: FilesAdapter>() {
    let server = willing(false);
    let none: AskToken = Arc::new(|| Err(CredentialsError::new(Class::Retry, "the chat is not live")));
    let client = A::files(server.config(), none).expect("a client");
    let error = send::<A>(&client, b"hello").expect_err("no token");
    assert_eq!((error.class(), error.sent(), server.pbx.accepted()), (Class::Retry, Sent::Nothing, 0));
}

pub fn an_early_refusal_of_a_long_upload_is_heard<A: FilesAdapter>() {
    let over = Gate::default();
    let told = over.clone();
    let server = Server::start(move |_, io, asked| {
        say(io, "413 Too Large", "Connection: close\r\n", b"{\"ctrl\":{\"code\":413,\"text\":\"too large\"}}");
        // Whoever closes with unread bytes takes the answer back. This one listens until nobody speaks.
        let (mut taken, mut piece) = (Taken::default(), vec![0; 64 << 10]);
        while let Ok(count @ 1..) = io.read(&mut piece) {
            taken.length += count as u64;
        }
        asked.last = true;
        asked.took(taken);
        told.open();
    });
    let length = 256 << 20;
    let error = server.client::<A>().upload(&NewUpload::new("a.bin", length), &mut Zeros::default(), &mut |_| {});
    let error = error.expect_err("refused");
    assert!(matches!(&error, FileError::Call(CallError::Api(api)) if api.status == 413), "{error}");
    over.pass();
    let taken = server.taken()[0].length;
    assert!(taken < length, "{taken}");
}

pub fn a_server_that_takes_nothing_is_given_up<A: FilesAdapter>() {
    let gate = Gate::default();
    let held = gate.clone();
    let server = Server::start(move |_, _, asked| {
        asked.last = true;
        held.pass();
    });
    let mut config = server.config();
    config.http.piece_timeout = millis(50);
    let client = A::files(config, tokens(["TOKEN"])).expect("a client");
    let error = client.upload(&NewUpload::new("a.bin", 256 << 20), &mut Zeros::default(), &mut |_| {});
    let error = error.expect_err("a stall");
    let FileError::Call(CallError::Failed(failure)) = &error else { panic!("{error:?}") };
    assert_eq!((&failure.kind, failure.sent), (&ExchangeFailureKind::Timeout, Sent::Maybe));
    gate.open();
}

/// As many zeros as are wanted.
#[derive(Debug, Default)]
struct Zeros(u64);

impl Read for Zeros {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(0);
        self.0 += buffer.len() as u64;
        Ok(buffer.len())
    }
}

impl Seek for Zeros {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        if let SeekFrom::Start(at) = to {
            self.0 = at;
        }
        Ok(self.0)
    }
}

pub fn files_of_256_mib_never_have_8_mib_in_memory<A: FilesAdapter>() {
    const LENGTH: u64 = 256 << 20;
    let server = Server::start(|head, io, asked| {
        if head.starts_with("POST") {
            take(head, io, u64::MAX, false, asked);
            return say_uploaded(io);
        }
        let (mut response, _) = Download::to_response(&FileHead::new(Some(LENGTH), None, None)).into_parts();
        let length = response.headers.remove(header::CONTENT_LENGTH).expect("a length");
        let length = length.to_str().expect("text");
        drop(io.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes()));
        let piece = vec![0; 1 << 20];
        for _ in 0..LENGTH >> 20 {
            if io.write_all(&piece).is_err() {
                return;
            }
        }
    });
    let client = server.client::<A>();
    let mut told = Vec::with_capacity(64);
    let (mut sent, mut came) = (None, None);
    // Adapters do all of it on this thread, so all of the client is measured.
    let measured = allocation_counter::measure(|| {
        let mut progress = |progress: Progress| {
            if told.last().is_none_or(|last| progress.bytes - last > LENGTH / 10) {
                told.push(progress.bytes);
            }
        };
        sent = Some(client.upload(&NewUpload::new("a.bin", LENGTH), &mut Zeros::default(), &mut progress));
        came = Some(client.discard(&file()));
    });
    sent.expect("run").expect("a file");
    assert_eq!(came.expect("run").expect("a file").length, Some(LENGTH));
    let taken = server.taken()[0].clone();
    assert_eq!((taken.length, taken.whole), (LENGTH, true));
    assert!(measured.bytes_max < 8 << 20, "{} bytes", measured.bytes_max);
    assert!(told.len() >= 9 && told.is_sorted(), "{told:?}");
}
