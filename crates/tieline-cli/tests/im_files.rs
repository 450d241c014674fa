//! `tieline im upload` and `im download`, run against the service of `tieline-server`, and against servers that do wrong.

mod common;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Output;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use common::{code, lines, run, stderr, stdout, tieline};
use serde_json::{Value, json};
use tempfile::TempDir;
use tieline_core::{Secret, Text};
use tieline_portsip_im::file::{FileHead, IncomingFile, Received, UploadLimits};
use tieline_portsip_im::server::Accepted;
use tieline_portsip_im::{ClientMessage, Credentials, FileRef, Note, Status};
use tieline_server::im::{
    ClientId, Desk, Exchange, FileService, FileSink, FileStore, ImHub, ImService, Sinking, StoredFile, file_paths,
    im_paths,
};
use tieline_server::{HttpHandler, Router, Server, ServerHandle, ServerOptions, whole};
use tieline_testkit::adapter::im::Chat;
use tokio::runtime::Runtime;

const ACCESS: &str = "V1TC8EQWN2ZLJQ";

/// Lets everybody in who has the access token, with a token for files.
struct Door(&'static str);

impl Desk for Door {
    fn login(&self, _: ClientId, credentials: &Credentials) -> Result<Accepted, Status> {
        match credentials {
            Credentials::AccessToken { token, .. } if token.matches(&ACCESS.into()) => {
                Ok(Accepted::user("usr1").with_token(self.0))
            }
            _ => Err(Status::AUTHENTICATION_FAILED),
        }
    }

    fn request(&self, _: &ClientMessage<Text>, _: Exchange<'_>) {}

    fn note(&self, _: ClientId, _: &Note<Text>) {}

    fn left(&self, _: ClientId) {}
}

/// Files by their ids.
type Kept = BTreeMap<String, (IncomingFile, Vec<u8>)>;

#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Kept>>);

impl Shelf {
    fn files(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Sink {
    shelf: Shelf,
    file: IncomingFile,
    bytes: Vec<u8>,
}

impl FileStore for Shelf {
    fn admits(&self, token: &Secret) -> bool {
        token.matches(&"TOKEN".into())
    }

    fn begin(&self, _: &Secret, file: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        Ok(Box::new(Sink { shelf: self.clone(), file: file.clone(), bytes: Vec::new() }))
    }

    fn open(&self, id: &str) -> Option<StoredFile> {
        let files = self.files();
        let (file, bytes) = files.get(id)?;
        let head = FileHead::new(Some(bytes.len() as u64), file.content_type.clone(), Some(&file.name));
        Some(StoredFile { head, body: whole(bytes.clone()) })
    }
}

impl FileSink for Sink {
    fn write(&mut self, bytes: Bytes) -> Sinking<'_, ()> {
        self.bytes.extend_from_slice(&bytes);
        Box::pin(async { Ok(()) })
    }

    fn finish(self: Box<Self>, _: Received) -> Sinking<'static, FileRef<String>> {
        Box::pin(async move {
            let mut files = self.shelf.files();
            let id = format!("file{}", files.len());
            files.insert(id.clone(), (self.file, self.bytes));
            Ok(FileRef::from(id))
        })
    }
}

/// A PBX with a chat and files.
struct Site {
    url: String,
    _running: ServerHandle,
    _runtime: Runtime,
}

impl Site {
    fn start(token: &'static str, files: impl HttpHandler) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("threads");
        let running = runtime.block_on(async {
            let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.expect("a port");
            let chat = ImService::new(Door(token), ImHub::new());
            server.spawn(Router::new().http(file_paths(), files).websocket(im_paths(), chat))
        });
        Self { url: format!("ws://{}/im", running.local_addr()), _running: running, _runtime: runtime }
    }

    fn keeping(shelf: &Shelf) -> Self {
        Self::start("TOKEN", FileService::new(shelf.clone()).guard_downloads())
    }

    fn im(&self, arguments: &[&str]) -> Output {
        im(&self.url, arguments)
    }
}

/// A command with the login.
fn im(url: &str, arguments: &[&str]) -> Output {
    let mut command = tieline();
    command.arg("im").args(arguments).args(["--server", url, "--user", "alice", "--domain", "portsip.io"]);
    command.env("TIELINE_TOKEN", ACCESS);
    run(command)
}

/// A chat whose files are answered as told, by method and path, in the bytes of the wire. What was asked is in the list.
fn saying(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> (Chat, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let log = Arc::clone(&asked);
    let chat = Chat::with_files(move |head, mut io| {
        let length =
            head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        // Read whole, so that the answer is to all of it.
        let read = std::io::copy(&mut (&io).take(length.unwrap_or(0)), &mut std::io::sink());
        read.expect("a request");
        let request = head.split(" HTTP/").next().expect("a request").to_owned();
        let answer = answer(&request);
        log.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        io.write_all(&answer).expect("a client");
    });
    (chat, asked)
}

fn asked(asked: &Mutex<Vec<String>>) -> Vec<String> {
    asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A file of so many bytes, called so, of which these come.
fn file(length: usize, disposition: &str, bytes: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {length}\r\ncontent-disposition: {disposition}\r\nconnection: close\r\n\r\n{bytes}"
    )
    .into_bytes()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}

#[test]
fn what_is_uploaded_comes_back_under_its_name() {
    let shelf = Shelf::default();
    let site = Site::keeping(&shelf);
    let folder = folder();
    let (menu, empty) = (folder.path().join("menu \"1\".pdf"), folder.path().join("empty"));
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(&menu, &bytes).expect("written");
    std::fs::write(&empty, "").expect("written");
    let (menu, empty) = (text(&menu), text(&empty));
    let output = site.im(&["upload", menu, empty, menu, "--type", "application/pdf"]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let expected = |n: u64, id: &str, file: &str, bytes: u64| json!({"v":1,"kind":"upload","n":n,"vendor":"portsip","stream":"im","id":id,"file":file,"outcome":"sent","bytes":bytes});
    assert_eq!(
        lines(&output),
        [
            expected(1, "file0", menu, 300_000),
            expected(2, "file1", empty, 0),
            json!({"v":1,"kind":"summary","n":3,"vendor":"portsip","stream":"im","sent":2,"failed":0,"unknown":0}),
        ]
    );
    assert!(stderr(&output).contains("2/2 sent"), "{}", stderr(&output));
    assert_eq!(shelf.files()["file0"].0.content_type.as_deref(), Some("application/pdf"));

    let dir = folder.path().join("new/files");
    let output = site.im(&["download", "file0", "file1", "--dir", text(&dir)]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert_eq!(names(&dir), ["empty", "menu _1_.pdf"]);
    assert!(std::fs::read(dir.join("menu _1_.pdf")).expect("a file") == bytes, "other bytes came");
    let first = &lines(&output)[0];
    let path = dir.join("menu _1_.pdf");
    assert_eq!(
        *first,
        json!({"v":1,"kind":"download","n":1,"vendor":"portsip","stream":"im","id":"file0","file":text(&path),
            "outcome":"fetched","bytes":300_000,"type":"application/pdf"})
    );
    let human = stdout(&site.im(&["download", "file1", "--to", text(&dir.join("other")), "-o", "human"]));
    assert!(human.starts_with("fetched  file1  ") && human.ends_with("other  0 bytes\n"), "{human}");
}

#[test]
fn a_file_that_is_there_is_replaced_by_force_only_and_never_by_another_of_the_run() {
    let shelf = Shelf::default();
    let site = Site::keeping(&shelf);
    let folder = folder();
    let path = folder.path().join("a.txt");
    for words in ["one", "two"] {
        std::fs::write(&path, words).expect("written");
        assert_eq!(code(&site.im(&["upload", text(&path)])), Some(0));
    }
    std::fs::write(&path, "mine").expect("written");
    let dir = text(folder.path());
    let kept = site.im(&["download", "file0", "--dir", dir]);
    assert_eq!(code(&kept), Some(1), "{}", stderr(&kept));
    assert!(stderr(&kept).contains("a.txt is there already"), "{}", stderr(&kept));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "mine");
    let forced = site.im(&["download", "file0", "file1", "--dir", dir, "--force"]);
    assert_eq!(code(&forced), Some(1), "{}", stderr(&forced));
    let outcomes: Vec<Value> = lines(&forced).iter().map(|line| line["outcome"].clone()).collect();
    assert_eq!(outcomes, [json!("fetched"), json!("failed"), Value::Null]);
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "one");
    assert_eq!(code(&site.im(&["download", "file1", "--to", text(&path)])), Some(1));
    assert_eq!(code(&site.im(&["download", "file1", "--to", text(&path), "--force"])), Some(0));
    assert_eq!(std::fs::read_to_string(&path).expect("a file"), "two");
    assert_eq!(names(folder.path()), ["a.txt"]);
}

#[test]
fn a_refused_token_ends_the_run_with_3() {
    let site = Site::start("OTHER", FileService::new(Shelf::default()).guard_downloads());
    let folder = folder();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| std::fs::write(path, "x").expect("written"));
    let dir = folder.path().join("dir");
    let up = site.im(&["upload", text(&paths[0]), text(&paths[1])]);
    let down = site.im(&["download", "file0", "file1", "--dir", text(&dir)]);
    for output in [&up, &down] {
        assert_eq!(code(output), Some(3), "{}", stderr(output));
        let kinds: Vec<Value> = lines(output).iter().map(|line| line["kind"].clone()).collect();
        assert_eq!(kinds.len(), 2, "the second was not tried: {kinds:?}");
        let said = stderr(output) + &stdout(output);
        assert!(!said.contains("OTHER") && !said.contains(ACCESS), "{said}");
    }
    assert!(names(&dir).is_empty());
}

#[test]
fn a_refused_login_ends_with_3_before_anything_is_sent() {
    let shelf = Shelf::default();
    let site = Site::keeping(&shelf);
    let folder = folder();
    let (path, token) = (folder.path().join("a"), folder.path().join("token"));
    std::fs::write(&path, "x").expect("written");
    std::fs::write(&token, "WRONG\n").expect("written");
    let output = site.im(&["upload", text(&path), "--token-file", text(&token)]);
    assert_eq!(code(&output), Some(3), "{}", stderr(&output));
    assert!(shelf.files().is_empty());
}

#[test]
fn a_file_that_is_too_long_is_refused_here_and_there() {
    let shelf = Shelf::default();
    let mut limits = UploadLimits::default();
    limits.file = 10;
    let site = Site::start("TOKEN", FileService::new(shelf.clone()).limits(limits));
    let folder = folder();
    let paths = ["short", "long"].map(|name| folder.path().join(name));
    std::fs::write(&paths[0], "x").expect("written");
    std::fs::write(&paths[1], "eleven byte").expect("written");
    let here = site.im(&["upload", text(&paths[0]), text(&paths[1]), "--max-bytes", "5"]);
    assert_eq!(code(&here), Some(2), "{}", stderr(&here));
    assert!(stderr(&here).contains("longer than 5 bytes; nothing was sent"), "{}", stderr(&here));
    assert!(shelf.files().is_empty());
    let there = site.im(&["upload", text(&paths[1])]);
    assert_eq!(code(&there), Some(7), "{}", stderr(&there));
    assert_eq!(lines(&there)[0]["outcome"], "failed");
    let folderish = site.im(&["upload", text(folder.path())]);
    assert_eq!(code(&folderish), Some(2), "{}", stderr(&folderish));

    assert_eq!(code(&site.im(&["upload", text(&paths[0])])), Some(0));
    let dir = folder.path().join("dir");
    let down = site.im(&["download", "file0", "--dir", text(&dir), "--max-bytes", "0"]);
    assert_eq!(code(&down), Some(1), "{}", stderr(&down));
    assert!(names(&dir).is_empty());
}

#[test]
fn an_upload_without_a_clear_answer_ends_with_10_and_is_not_repeated() {
    let folder = folder();
    let paths = ["a", "b"].map(|name| folder.path().join(name));
    paths.iter().for_each(|path| std::fs::write(path, "hello").expect("written"));
    for answer in [
        "",
        "HTTP/1.1 500 -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok",
    ] {
        let (chat, log) = saying(move |_| answer.into());
        let output = im(&chat.pbx.url, &["upload", text(&paths[0]), text(&paths[1])]);
        assert_eq!(code(&output), Some(10), "{}", stderr(&output));
        let lines = lines(&output);
        assert!(lines[..2].iter().all(|line| line["outcome"] == "unknown" && line["id"].is_null()), "{lines:?}");
        assert_eq!(lines[2]["unknown"], 2);
        assert_eq!(asked(&log), ["POST /im/file", "POST /im/file"], "one for each file");
    }
}

#[test]
fn a_cut_download_leaves_no_file() {
    let folder = folder();
    let (chat, _) = saying(|_| file(10, "attachment; filename=a", "half"));
    let output = im(&chat.pbx.url, &["download", "id", "--dir", text(folder.path())]);
    assert_eq!(code(&output), Some(5), "{}", stderr(&output));
    assert_eq!(names(folder.path()), Vec::<String>::new());
}

#[test]
fn no_name_leaves_the_folder() {
    let folder = folder();
    let dir = folder.path().join("dir");
    let (chat, _) = saying(|request| match request {
        "GET /im/file/up" => file(1, "attachment; filename=\"../../evil\"", "x"),
        "GET /im/file/root" => file(1, "attachment; filename*=UTF-8''%2Fetc%2Fpasswd", "x"),
        "GET /im/file/dots" => file(1, "attachment; filename=\"..\"", "x"),
        "GET /im/file/hidden" => file(1, "attachment; filename=\".bashrc\"", "x"),
        _ => file(1, "attachment", "x"),
    });
    let output = im(&chat.pbx.url, &["download", "up", "root", "dots", "hidden", ".nameless", "--dir", text(&dir)]);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    assert_eq!(names(&dir), ["bashrc", "evil", "file", "nameless", "passwd"]);
    assert_eq!(names(folder.path()), ["dir"]);
}

#[test]
fn a_file_that_fails_does_not_stop_the_others() {
    let folder = folder();
    let (chat, _) = saying(|request| match request {
        "GET /im/file/gone" => b"HTTP/1.1 404 -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_vec(),
        "GET /im/file/cut" => file(10, "attachment; filename=cut", "half"),
        _ => file(4, "attachment; filename=good", "good"),
    });
    let dir = text(folder.path());
    let output = im(&chat.pbx.url, &["download", "gone", "cut", "good", "--dir", dir]);
    assert_eq!(code(&output), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 fetched, 2 failed"), "{}", stderr(&output));
    assert_eq!(names(folder.path()), ["good"]);
    assert_eq!(code(&im(&chat.pbx.url, &["download", "gone", "--dir", dir])), Some(7));
}

#[test]
fn what_is_no_id_or_too_many_for_one_file_is_refused_before_anything_is_asked() {
    let (chat, log) = saying(|_| file(1, "attachment", "x"));
    for arguments in [
        &["download", "https://elsewhere.example/x"][..],
        &["download", "../x"],
        &["download", "a", "b", "--to", "file"],
        &["download", "a", "--to", "file", "--dir", "."],
        &["download"],
        &["upload"],
    ] {
        let output = im(&chat.pbx.url, arguments);
        assert_eq!(code(&output), Some(2), "{arguments:?}: {}", stderr(&output));
    }
    assert_eq!((asked(&log).len(), chat.pbx.accepted()), (0, 0));
}
