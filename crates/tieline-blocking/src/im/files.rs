//! The client of files.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use tieline_core::Secret;
use tieline_core::http::{Authorization, CallError};
use tieline_dial::im::{FileError, FilesConfig, NewUpload, TokenTry};
use tieline_dial::{Authorized, ConnectError, NewFile, Place, Progress};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::{Download, FileHead, Upload, Uploaded, redirected};

use crate::Credentials;
use crate::http::{self, HttpClient};

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
    pub fn upload<R: Read + Seek>(
        &self,
        file: &NewUpload,
        source: &mut R,
        mut progress: impl FnMut(Progress),
    ) -> Result<Uploaded, FileError> {
        let Inner { http, config, tokens } = &*self.0;
        let start = source.stream_position().map_err(FileError::unopened)?;
        let upload = config.upload(file)?;
        let mut attempt = TokenTry::new();
        loop {
            let auth = attempt.authorize(tokens.get()?)?;
            let mut form = Form { upload: &upload, source, progress: &mut progress, at: 0 };
            match http.upload(&Authorized::new(&upload, auth), &mut form) {
                Ok(uploaded) => return Ok(uploaded),
                Err(error) => attempt.failed(error.into())?,
            }
            source.seek(SeekFrom::Start(start)).map_err(FileError::unopened)?;
        }
    }

    /// As [`upload`](Self::upload), a file of the disk under its own name.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn upload_file(
        &self,
        path: &Path,
        content_type: &str,
        progress: impl FnMut(Progress),
    ) -> Result<Uploaded, FileError> {
        let mut source = File::open(path).map_err(FileError::unopened)?;
        let length = source.metadata().map_err(FileError::unopened)?.len();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        self.upload(&NewUpload::new(name, length).content_type(content_type), &mut source, progress)
    }

    /// Copies a file to `sink` piece by piece. After each `progress` is told.
    ///
    /// # Errors
    /// [`FileError`]; `sink` then has part of it.
    pub fn download<S: AsRef<str>, W: Write>(
        &self,
        file: &FileRef<S>,
        sink: &mut W,
        progress: impl FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        let (head, body) = self.open(file)?;
        self.copy(&head, body, sink, progress)?;
        Ok(head)
    }

    fn copy<W: Write>(
        &self,
        head: &FileHead,
        mut body: http::Download,
        sink: &mut W,
        mut progress: impl FnMut(Progress),
    ) -> Result<(), FileError> {
        let limit = self.0.config.max_download;
        let mut came = 0;
        progress(Progress::new(0, head.length));
        while let Some(piece) = body.next_piece().map_err(CallError::Failed)? {
            came += piece.len() as u64;
            if came > limit {
                return Err(FileError::TooLong { limit });
            }
            sink.write_all(&piece).map_err(FileError::Write)?;
            progress(Progress::new(came, head.length));
        }
        sink.flush().map_err(FileError::Write)?;
        Ok(())
    }

    /// As [`download`](Self::download), to a file of the disk: there is none at `path` unless it is whole, and one that
    /// was there stays until it is. The name that the server gives is in the answer, and nothing is done with it.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn download_to_file<S: AsRef<str>>(
        &self,
        file: &FileRef<S>,
        path: &Path,
        progress: impl FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        let new = NewFile::create(path).map_err(FileError::Write)?;
        let head = self.download(file, &mut new.file(), progress)?;
        new.finish().map_err(FileError::Write)?;
        Ok(head)
    }

    /// As [`download_to_file`](Self::download_to_file), where `place` says once the head of the file is known: its name, say,
    /// which is [safe](tieline_portsip_im::file::safe_name). A place that is taken is an error of kind
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) before the bytes come, unless they are to replace what is there.
    ///
    /// # Errors
    /// [`FileError`].
    pub fn download_to_place<S: AsRef<str>>(
        &self,
        file: &FileRef<S>,
        place: impl FnOnce(&FileHead) -> Place,
        progress: impl FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        let (head, body) = self.open(file)?;
        let new = NewFile::at(place(&head)).map_err(FileError::Write)?;
        self.copy(&head, body, &mut new.file(), progress)?;
        new.finish().map_err(FileError::Write)?;
        Ok(head)
    }

    /// The head of a file, and its body.
    fn open<S: AsRef<str>>(&self, file: &FileRef<S>) -> Result<(FileHead, http::Download), FileError> {
        let Inner { http, config, tokens } = &*self.0;
        let mut call = Download::new(file).map_err(CallError::Build)?.limit(config.max_download);
        let mut attempt = TokenTry::new();
        let mut auth: Option<Authorization> = None;
        loop {
            let asks = match auth.take() {
                Some(auth) => auth,
                None => attempt.authorize(tokens.get()?)?,
            };
            match http.download(&Authorized::new(&call, asks.clone())) {
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
struct Form<'s, R, P> {
    upload: &'s Upload,
    source: &'s mut R,
    progress: &'s mut P,
    /// So many bytes of the form were read.
    at: u64,
}

impl<R: Read, P: FnMut(Progress)> Read for Form<'_, R, P> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (form, length) = (&self.upload.form, self.upload.file_length);
        let before = form.prefix.len() as u64;
        let count = match self.at.checked_sub(before) {
            None => copy(&form.prefix, self.at, buffer),
            Some(sent) if sent < length => {
                // Whoever reads on has given away what was read before.
                (self.progress)(Progress::new(sent, Some(length)));
                let most = usize::try_from(length - sent).unwrap_or(buffer.len()).min(buffer.len());
                self.source.read(buffer.get_mut(..most).unwrap_or_default())?
            }
            Some(sent) => {
                if sent == length {
                    (self.progress)(Progress::new(length, Some(length)));
                }
                copy(&form.suffix, sent - length, buffer)
            }
        };
        self.at += count as u64;
        Ok(count)
    }
}

/// Copies what fits of `bytes` from `at` on.
fn copy(bytes: &[u8], at: u64, buffer: &mut [u8]) -> usize {
    let rest = usize::try_from(at).ok().and_then(|at| bytes.get(at..)).unwrap_or_default();
    let count = rest.len().min(buffer.len());
    let (from, to) = (rest.get(..count).unwrap_or_default(), buffer.get_mut(..count).unwrap_or_default());
    to.copy_from_slice(from);
    count
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Files").field("base", self.0.http.base()).finish_non_exhaustive()
    }
}
