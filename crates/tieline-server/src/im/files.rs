//! Files over HTTP: `POST im/file` and `GET im/file/ID`.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use http::request::Parts;
use http::{HeaderValue, Method, Request, Response, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming as Receiving;
use tieline_core::http::{BadRequest, Serve as _};
use tieline_core::{Random, Secret, Timestamp};
use tieline_portsip_im::file::{
    Download, FileHead, Incoming, IncomingFile, PATH, ReceiveUpload, Received, UploadLimits, UploadRefused, refused,
    token_of, uploaded,
};
use tieline_portsip_im::{FileRef, Status};
use tokio::task::spawn_blocking;

use crate::clock::unix_micros;
use crate::exchange::answer;
use crate::{Answer, Body, HttpHandler, Paths};

/// What a sink does, to come.
pub type Sinking<'s, T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send + 's>>;

/// Where files are kept.
pub trait FileStore: Send + Sync + 'static {
    /// Whether a token may send files, and fetch them where that needs one. Compare it with [`Secret::matches`]. Called on threads
    /// of the runtime, so it does not block for long.
    fn admits(&self, token: &Secret) -> bool;

    /// Begins to keep a file that the bearer of this token sends. Called on a thread that may block.
    ///
    /// # Errors
    /// What to answer: [`Status::POLICY`] for a type that is not taken, say.
    fn begin(&self, token: &Secret, file: &IncomingFile) -> Result<Box<dyn FileSink>, Status>;

    /// A file by its bare id; `None` when there is none. Called on a thread that may block.
    fn open(&self, id: &str) -> Option<StoredFile>;
}

/// A new bare id for a file: 192 bits drawn, in 32 characters of URL-safe base64. The first is a letter: what begins with a
/// hyphen is taken for an option on command lines.
pub fn new_file_id(random: &mut Random) -> String {
    let mut bytes = [0; 24];
    random.fill(&mut bytes);
    let [first, ..] = &mut bytes;
    *first &= 0x7F;
    BASE64URL_NOPAD.encode(&bytes)
}

impl<S: FileStore> FileStore for Arc<S> {
    fn admits(&self, token: &Secret) -> bool {
        S::admits(self, token)
    }

    fn begin(&self, token: &Secret, file: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        S::begin(self, token, file)
    }

    fn open(&self, id: &str) -> Option<StoredFile> {
        S::open(self, id)
    }
}

/// Where the bytes of one file go. Dropped before [`finish`](Self::finish), the file did not come whole: keep nothing.
pub trait FileSink: Send {
    /// Takes the next bytes. The sender waits meanwhile.
    fn write(&mut self, bytes: Bytes) -> Sinking<'_, ()>;

    /// The file is whole. Returns its bare id.
    fn finish(self: Box<Self>, received: Received) -> Sinking<'static, FileRef<String>>;
}

/// A file on its way: its head, and its bytes piece by piece.
pub struct StoredFile {
    /// Its length, type and name.
    pub head: FileHead,
    /// Its bytes; as many as the head says.
    pub body: Body,
}

impl fmt::Debug for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredFile").field("head", &self.head).finish_non_exhaustive()
    }
}

/// The paths of files: `/im/file`, and all below.
#[must_use]
pub fn file_paths() -> Paths {
    Paths::exact([format!("/{PATH}")]).and(Paths::below(format!("/{PATH}/")))
}

/// Takes and gives files.
#[derive(Clone)]
pub struct FileService {
    store: Arc<dyn FileStore>,
    limits: UploadLimits,
    piece_timeout: Duration,
    guarded: bool,
}

impl FileService {
    /// A service over a store, with the usual limits. The next bytes of an upload may take 30 s, and a download needs no
    /// token, as the document shows it: whoever knows the id has the file.
    #[must_use]
    pub fn new(store: impl FileStore) -> Self {
        let limits = UploadLimits::default();
        Self { store: Arc::new(store), limits, piece_timeout: Duration::from_secs(30), guarded: false }
    }

    /// With other limits.
    #[must_use]
    pub const fn limits(mut self, limits: UploadLimits) -> Self {
        self.limits = limits;
        self
    }

    /// How long the next bytes of an upload may take.
    #[must_use]
    pub const fn piece_timeout(mut self, within: Duration) -> Self {
        self.piece_timeout = within;
        self
    }

    /// Gives files only to who has a token, as Tinode does.
    #[must_use]
    pub const fn guard_downloads(mut self) -> Self {
        self.guarded = true;
        self
    }

    async fn respond(&self, head: &Parts, body: Receiving) -> Result<Response<Body>, BadRequest> {
        let is_upload = head.uri.path().trim_matches('/') == PATH;
        let given = token_of(head);
        let lacks = if given.is_none() {
            no(Status::AUTHENTICATION_REQUIRED, None, "no token")
        } else {
            no(Status::AUTHENTICATION_FAILED, None, "a wrong token")
        };
        let token = given.filter(|token| self.store.admits(token));
        if token.is_none() && (is_upload || self.guarded) {
            return Err(lacks);
        }
        match (&head.method, is_upload, token) {
            (&(Method::POST | Method::PUT), true, Some(token)) => self.receive(head, body, &token).await,
            (&(Method::GET | Method::HEAD), false, _) => {
                let asked = Download::from_request(head.uri.path(), head, &[])?;
                let store = Arc::clone(&self.store);
                let found = spawn_blocking(move || store.open(&asked.id)).await.unwrap_or_else(|error| {
                    tracing::error!(%error, "a file cannot be looked up");
                    None
                });
                let StoredFile { head, body } = found.ok_or_else(|| no(Status::NOT_FOUND, None, "no such file"))?;
                Ok(answer(Download::to_response(&head), Some(body)))
            }
            _ => Err(no(Status::NOT_ALLOWED, None, "another method")
                .with_header(header::ALLOW, if is_upload { "POST, PUT" } else { "GET, HEAD" })),
        }
    }

    async fn receive(&self, head: &Parts, body: Receiving, token: &Secret) -> Result<Response<Body>, BadRequest> {
        let refuse = |error: UploadRefused, id: Option<&str>| no(error.status(), id, error.reason());
        let mut receiving = ReceiveUpload::new(head, self.limits).map_err(|error| refuse(error, None))?;
        let mut sink = None;
        match self.take(body, &mut receiving, &mut sink, token).await {
            Ok(()) => {}
            Err(Stop::Refused(error)) => return Err(refuse(error, receiving.id())),
            Err(Stop::Status(status, reason)) => return Err(no(status, receiving.id(), reason)),
        }
        let id = receiving.id().map(str::to_owned);
        let received = receiving.finish().map_err(|error| refuse(error, id.as_deref()))?;
        let sink: Box<dyn FileSink> = sink.ok_or_else(|| refuse(UploadRefused::NoFile, id.as_deref()))?;
        match sink.finish(received).await {
            Ok(file) => Ok(answer(uploaded(id.as_deref(), &file, now()), None)),
            Err(error) => {
                tracing::warn!(%error, "a file was not kept");
                Err(no(Status::INTERNAL, id.as_deref(), "the file was not kept"))
            }
        }
    }

    async fn take(
        &self,
        mut body: Receiving,
        receiving: &mut ReceiveUpload,
        sink: &mut Option<Box<dyn FileSink>>,
        token: &Secret,
    ) -> Result<(), Stop> {
        loop {
            let frame = tokio::time::timeout(self.piece_timeout, body.frame()).await;
            let frame = match frame.map_err(|_| Stop::Status(Status::DISCONNECTED, "the body took too long"))? {
                None => return Ok(()),
                Some(frame) => frame.map_err(|_| Stop::Status(Status::MALFORMED, "the body broke off"))?,
            };
            let Ok(bytes) = frame.into_data() else { continue };
            receiving.feed(&bytes);
            while let Some(incoming) = receiving.poll().map_err(Stop::Refused)? {
                match incoming {
                    Incoming::File(file) => {
                        let (store, token) = (Arc::clone(&self.store), token.clone());
                        let begun = spawn_blocking(move || store.begin(&token, &file)).await;
                        let begun = begun.unwrap_or_else(|error| {
                            tracing::error!(%error, "a file cannot be begun");
                            Err(Status::INTERNAL)
                        });
                        *sink = Some(begun.map_err(|status| Stop::Status(status, "the store refused the file"))?);
                    }
                    Incoming::Data(bytes) => {
                        let Some(sink) = sink else { continue };
                        if let Err(error) = sink.write(bytes).await {
                            tracing::warn!(%error, "a file was not kept");
                            return Err(Stop::Status(Status::INTERNAL, "the file was not kept"));
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}

/// Why an upload is not read on.
enum Stop {
    Refused(UploadRefused),
    Status(Status, &'static str),
}

fn no(status: Status, id: Option<&str>, reason: &'static str) -> BadRequest {
    refused(status, id, now(), reason)
}

fn now() -> Timestamp<String> {
    Timestamp::from_unix_micros(unix_micros())
}

impl fmt::Debug for FileService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileService").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl HttpHandler for FileService {
    fn answer(&self, request: Request<Receiving>, _: SocketAddr) -> Answer {
        let this = self.clone();
        Box::pin(async move {
            let (head, body) = request.into_parts();
            match this.respond(&head, body).await {
                Ok(response) => response,
                Err(bad) => {
                    tracing::debug!(status = bad.status, reason = bad.reason, "file refused");
                    let mut response = answer(bad.to_response(), None);
                    // What is left of an upload would be taken for the next request.
                    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
                    response
                }
            }
        })
    }
}
