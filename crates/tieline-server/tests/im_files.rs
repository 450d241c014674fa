//! Files of PortSIP IM over real sockets, with the client of this project.
#![cfg(feature = "portsip-im")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use tieline_core::http::{ApiErrorKind, CallError};
use tieline_core::{Random, Secret};
use tieline_portsip_im::file::{FileHead, IncomingFile, Received, UploadLimits};
use tieline_portsip_im::{FileRef, Status};
use tieline_server::im::{FileService, FileSink, FileStore, Sinking, StoredFile, file_paths, new_file_id};
use tieline_server::{Router, Server, ServerHandle, ServerOptions, whole};
use tieline_tokio::im::{FileError, Files, FilesConfig, NewUpload};
use tieline_tokio::{Credentials, Proxy};

#[derive(Default)]
struct Shelf {
    files: Mutex<BTreeMap<String, (IncomingFile, Vec<u8>)>>,
    begun: Mutex<usize>,
}

/// A shelf that many hold.
#[derive(Clone, Default)]
struct Store(Arc<Shelf>);

struct Sink {
    store: Store,
    file: IncomingFile,
    bytes: Vec<u8>,
}

impl FileStore for Store {
    fn admits(&self, token: &Secret) -> bool {
        token.matches(&"TOKEN".into())
    }

    fn begin(&self, _: &Secret, file: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        *self.0.begun.lock().unwrap() += 1;
        if file.content_type.as_deref() == Some("text/html") {
            return Err(Status::PERMISSION_DENIED);
        }
        Ok(Box::new(Sink { store: self.clone(), file: file.clone(), bytes: Vec::new() }))
    }

    fn open(&self, id: &str) -> Option<StoredFile> {
        let files = self.0.files.lock().unwrap();
        let (file, bytes) = files.get(id)?;
        let head = FileHead::new(Some(bytes.len() as u64), file.content_type.clone(), Some(&file.name));
        Some(StoredFile { head, body: whole(bytes.clone()) })
    }
}

impl FileSink for Sink {
    fn write(&mut self, bytes: Bytes) -> Sinking<'_, ()> {
        self.bytes.extend_from_slice(&bytes);
        let full = self.bytes.starts_with(b"full");
        Box::pin(async move { if full { Err(io::Error::other("the disk is full")) } else { Ok(()) } })
    }

    fn finish(self: Box<Self>, received: Received) -> Sinking<'static, FileRef<String>> {
        Box::pin(async move {
            assert_eq!(received.length, self.bytes.len() as u64);
            let mut files = self.store.0.files.lock().unwrap();
            let id = format!("file{}", files.len());
            files.insert(id.clone(), (self.file, self.bytes));
            Ok(FileRef::from(id))
        })
    }
}

/// Who opens a file here waits for another who does.
#[derive(Default)]
struct Meeting {
    came: Mutex<usize>,
    both: std::sync::Condvar,
}

impl FileStore for Meeting {
    fn admits(&self, _: &Secret) -> bool {
        true
    }

    fn begin(&self, _: &Secret, _: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        self.open("").map(|_| ()).ok_or(Status::INTERNAL)?;
        Err(Status::POLICY)
    }

    fn open(&self, _: &str) -> Option<StoredFile> {
        let mut came = self.came.lock().unwrap();
        *came += 1;
        self.both.notify_all();
        let waited = self.both.wait_timeout_while(came, std::time::Duration::from_secs(20), |came| *came < 2).unwrap();
        (!waited.1.timed_out()).then(|| StoredFile { head: FileHead::new(Some(4), None, None), body: whole("soup") })
    }
}

#[tokio::test]
async fn a_store_that_blocks_holds_up_nobody_else() {
    let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
    let running = server.spawn(Router::new().http(file_paths(), FileService::new(Meeting::default())));
    let base: tieline_core::http::BaseUrl = format!("http://{}", running.local_addr()).parse().unwrap();
    let config = FilesConfig::new(base).proxy(Proxy::direct());
    let client = Files::new(config, Credentials::fixed("TOKEN".into())).unwrap();
    let mut fetched = Vec::new();
    let (file, upload) = (FileRef::from("file0"), send(&client, "text/plain", b"soup"));
    let (fetched_all, upload) = tokio::join!(client.download(&file, &mut fetched, |_| {}), upload);
    fetched_all.expect("both were in the store at once");
    assert_eq!(fetched, b"soup");
    assert!(upload.is_err());
}

struct Site {
    _running: ServerHandle,
    base: tieline_core::http::BaseUrl,
    store: Store,
}

impl Site {
    async fn start(change: impl FnOnce(FileService) -> FileService) -> Self {
        let store = Store::default();
        let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
        let service = change(FileService::new(store.clone()));
        let running = server.spawn(Router::new().http(file_paths(), service));
        let base = format!("http://{}", running.local_addr()).parse().unwrap();
        Self { _running: running, base, store }
    }

    fn client(&self, token: &'static str) -> Files {
        let config = FilesConfig::new(self.base.clone()).proxy(Proxy::direct());
        Files::new(config, Credentials::fixed(token.into())).unwrap()
    }

    fn kept(&self) -> usize {
        self.store.0.files.lock().unwrap().len()
    }
}

async fn send(client: &Files, kind: &str, bytes: &[u8]) -> Result<FileRef<tieline_core::Text>, FileError> {
    let new = NewUpload::new("../report.pdf", bytes.len() as u64).content_type(kind);
    client.upload(&new, &mut Cursor::new(bytes), |_| {}).await.map(|uploaded| uploaded.file)
}

/// The status and the words of a refusal.
fn refusal(error: &FileError) -> (u16, Option<&'static str>) {
    match error {
        FileError::Call(CallError::Api(api)) | FileError::TokenRefused(api) => match api.kind {
            ApiErrorKind::Refused { code } => (api.status, code),
            _ => (api.status, None),
        },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_file_goes_up_and_comes_down_again() {
    let site = Site::start(|service| service).await;
    let client = site.client("TOKEN");
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 253) as u8).collect();
    let file = send(&client, "application/pdf", &bytes).await.unwrap();
    let mut came = Vec::new();
    let head = client.download(&file, &mut came, |_| {}).await.unwrap();
    assert!(came == bytes);
    assert_eq!((head.name.as_deref(), head.content_type.as_deref()), (Some("report.pdf"), Some("application/pdf")));
    // Whoever knows the id has the file, as the document shows it.
    site.client("WRONG").download(&file, &mut Vec::new(), |_| {}).await.unwrap();
}

#[tokio::test]
async fn who_has_no_token_neither_sends_nor_fetches_where_that_is_guarded() {
    let site = Site::start(FileService::guard_downloads).await;
    let file = send(&site.client("TOKEN"), "", b"hello").await.unwrap();
    let stranger = site.client("WRONG");
    let refused = (401, Some("authentication failed"));
    assert_eq!(refusal(&send(&stranger, "", b"hello").await.unwrap_err()), refused);
    assert_eq!(refusal(&stranger.download(&file, &mut Vec::new(), |_| {}).await.unwrap_err()), refused);
    assert_eq!((site.kept(), *site.store.0.begun.lock().unwrap()), (1, 1));
}

#[tokio::test]
async fn what_is_refused_is_not_kept_and_says_why() {
    let mut limits = UploadLimits::default();
    limits.file = 10;
    let site = Site::start(|service| service.limits(limits)).await;
    let client = site.client("TOKEN");
    let too_large = send(&client, "", b"hello world").await.unwrap_err();
    assert_eq!(refusal(&too_large), (413, Some("too large")));
    assert_eq!(refusal(&send(&client, "text/html", b"hello").await.unwrap_err()), (403, Some("permission denied")));
    assert_eq!(refusal(&send(&client, "", b"full").await.unwrap_err()), (500, Some("internal error")));
    let none = client.download(&FileRef::from("file7"), &mut Vec::new(), |_| {}).await.unwrap_err();
    assert_eq!(refusal(&none), (404, Some("not found")));
    assert_eq!(site.kept(), 0);
    send(&client, "", b"0123456789").await.unwrap();
}

#[tokio::test]
async fn an_upload_that_breaks_off_is_not_kept() {
    let site = Site::start(|service| service).await;
    let client = site.client("TOKEN");
    let new = NewUpload::new("a.bin", 100_000);
    let error = client.upload(&new, &mut Cursor::new(vec![7; 99_999]), |_| {}).await.unwrap_err();
    assert!(matches!(error, FileError::Read { .. }), "{error}");
    send(&client, "", b"hello").await.unwrap();
    assert_eq!(site.kept(), 1);
}

#[test]
fn a_new_id_is_no_option_on_a_command_line_and_the_bare_id_of_a_file() {
    let mut random = Random::new([7; 16], 1);
    let ids: BTreeSet<String> = (0..1000).map(|_| new_file_id(&mut random)).collect();
    assert_eq!(ids.len(), 1000);
    for id in ids {
        assert!(id.len() == 32 && id.starts_with(|first: char| first.is_ascii_alphabetic()), "{id}");
        assert_eq!(FileRef::new(id.as_str()).bare_id(), Some(&*id));
    }
}
