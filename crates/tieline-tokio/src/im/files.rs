//! The client of files.

use std::fmt;
use std::io::{self, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::stream::try_unfold;
use tieline_core::Secret;
use tieline_core::http::{Authorization, CallError};
use tieline_dial::im::{FileError, FilesConfig, NewUpload, TokenTry};
use tieline_dial::{Authorized, ConnectError, Place, Progress};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::{Download, FileHead, Upload, Uploaded, redirected};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncSeek, AsyncSeekExt as _, AsyncWrite, AsyncWriteExt as _};

use crate::http::{self, HttpClient};
use crate::{Credentials, disk};

/// So much of a file is read at once.
const PIECE: u64 = 64 << 10;

/// Sends files to the IM server and fetches them. Cheap to clone; clones share connections.
///
/// The token is that of the chat's login (`params.token` of its answer), asked for anew for each transfer, and once more
/// when it is refused with 401.
#[derive(Clone)]
pub struct Files(Arc<Inner>);

struct Inner {
    http: HttpClient,
    config: FilesConfig,
    tokens: Credentials<Secret>,
}

impl Files {
    /// A client. Nothing is dialled yet.
    ///
    /// # Errors
    /// When the address cannot be dialled, or the trust cannot be set up.
    pub fn new(config: FilesConfig, tokens: Credentials<Secret>) -> Result<Self, ConnectError> {
        let http = HttpClient::new(config.http.clone())?;
        Ok(Self(Arc::new(Inner { http, config, tokens })))
    }

    /// Sends a file: as many bytes of `source` as `file` says, from where it stands. It is read again from there when the
    /// token was refused. `progress` is told after each piece that the line took.
    ///
    /// # Errors
    /// [`FileError`]; [`FileError::sent`] says whether the server may have the file.
    pub async fn upload<R: AsyncRead + AsyncSeek + Unpin>(
        &self,
        file: &NewUpload,
        source: &mut R,
        mut progress: impl FnMut(Progress),
    ) -> Result<Uploaded, FileError> {
        let Inner { http, config, tokens } = &*self.0;
        let start = source.stream_position().await.map_err(FileError::unopened)?;
        let upload = config.upload(file)?;
        let mut attempt = TokenTry::new();
        loop {
            let auth = attempt.authorize(tokens.get().await?)?;
            let pieces = pieces(&upload, source, &mut progress);
            match http.upload(&Authorized::new(&upload, auth), pieces).await {
                Ok(uploaded) => return Ok(uploaded),
                Err(error) => attempt.failed(error.into())?,
            }
            source.seek(SeekFrom::Start(start)).await.map_err(FileError::unopened)?;
        }
    }

    /// As [`upload`](Self::upload), a file of the disk under its own name.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn upload_file(
        &self,
        path: &Path,
        content_type: &str,
        progress: impl FnMut(Progress),
    ) -> Result<Uploaded, FileError> {
        let mut source = tokio::fs::File::open(path).await.map_err(FileError::unopened)?;
        let length = source.metadata().await.map_err(FileError::unopened)?.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.upload(&NewUpload::new(name, length).content_type(content_type), &mut source, progress).await
    }

    /// Copies a file to `sink` piece by piece. After each `progress` is told.
    ///
    /// # Errors
    /// [`FileError`]; `sink` then has part of it.
    pub async fn download<S: AsRef<str>, W: AsyncWrite + Unpin>(
        &self,
        file: &FileRef<S>,
        sink: &mut W,
        progress: impl FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        let (head, body) = self.open(file).await?;
        self.copy(&head, body, sink, progress).await?;
        Ok(head)
    }

    /// As [`download`](Self::download), to a file of the disk: there is none at `path` unless it is whole, and one that
    /// was there stays until it is. The name that the server gives is in the answer, and nothing is done with it.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn download_to_file<S: AsRef<str>>(
        &self,
        file: &FileRef<S>,
        path: &Path,
        progress: impl FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        let (new, mut sink) = disk::create(path).await.map_err(FileError::Write)?;
        let head = self.download(file, &mut sink, progress).await?;
        disk::finish(new).await.map_err(FileError::Write)?;
        Ok(head)
    }

    /// As [`download_to_file`](Self::download_to_file), where `place` says once the head of the file is known: its name, say,
    /// which is [safe](tieline_portsip_im::file::safe_name). A place that is taken is an error of kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) before the bytes come, unless they are to replace what is there.
    ///
    /// # Errors
    /// [`FileError`].
    pub async fn download_to_place<S: AsRef<str>>(
        &self,
        file: &FileRef<S>,
        place: impl FnOnce(&FileHead) -> Place,
        progress: impl FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        let (head, body) = self.open(file).await?;
        let (new, mut sink) = disk::create_at(place(&head)).await.map_err(FileError::Write)?;
        self.copy(&head, body, &mut sink, progress).await?;
        disk::finish(new).await.map_err(FileError::Write)?;
        Ok(head)
    }

    async fn copy<W: AsyncWrite + Unpin>(
        &self,
        head: &FileHead,
        mut body: http::Download,
        sink: &mut W,
        mut progress: impl FnMut(Progress),
    ) -> Result<(), FileError> {
        let limit = self.0.config.max_download;
        let mut came = 0;
        progress(Progress::new(0, head.length));
        while let Some(piece) = body.next().await.map_err(CallError::Failed)? {
            came += piece.len() as u64;
            if came > limit {
                return Err(FileError::TooLong { limit });
            }
            sink.write_all(&piece).await.map_err(FileError::Write)?;
            progress(Progress::new(came, head.length));
        }
        sink.flush().await.map_err(FileError::Write)?;
        Ok(())
    }

    /// The head of a file, and its body.
    async fn open<S: AsRef<str>>(&self, file: &FileRef<S>) -> Result<(FileHead, http::Download), FileError> {
        let Inner { http, config, tokens } = &*self.0;
        let mut call = Download::new(file).map_err(CallError::Build)?.limit(config.max_download);
        let mut attempt = TokenTry::new();
        let mut auth: Option<Authorization> = None;
        loop {
            let asks = match auth.take() {
                Some(auth) => auth,
                None => attempt.authorize(tokens.get().await?)?,
            };
            match http.download(&Authorized::new(&call, asks.clone())).await {
                Ok((FileHead { moved_to: Some(location), .. }, _)) => {
                    call = redirected(http.base(), &call, &location)?;
                    auth = Some(asks);
                }
                Ok((head, body)) => return body.map(|body| (head, body)).ok_or_else(FileError::no_body),
                Err(error) => attempt.failed(FileError::of_download(error, config.max_download))?,
            }
        }
    }
}

/// The form of an upload, with the file's bytes as they are read.
fn pieces<'s, R: AsyncRead + Unpin>(
    upload: &'s Upload,
    source: &'s mut R,
    progress: &'s mut impl FnMut(Progress),
) -> impl Stream<Item = io::Result<Bytes>> + 's {
    try_unfold((Stage::Prefix, source, progress), move |(stage, source, progress)| async move {
        let length = upload.file_length;
        Ok(match stage {
            Stage::Prefix => Some((upload.form.prefix.clone(), (Stage::File(0), source, progress))),
            Stage::File(sent) => {
                // Whoever asks for the next piece has given the one before away.
                progress(Progress::new(sent, Some(length)));
                let left = length.saturating_sub(sent);
                if left == 0 {
                    return Ok(Some((upload.form.suffix.clone(), (Stage::Over, source, progress))));
                }
                let mut piece = BytesMut::zeroed(left.min(PIECE) as usize);
                let count = source.read(&mut piece).await?;
                if count == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                piece.truncate(count);
                Some((piece.freeze(), (Stage::File(sent + count as u64), source, progress)))
            }
            Stage::Over => None,
        })
    })
}

enum Stage {
    Prefix,
    /// So many bytes of the file are given.
    File(u64),
    Over,
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("base", self.0.http.base()).finish_non_exhaustive()
    }
}
