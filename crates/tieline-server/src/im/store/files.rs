//! Files in a folder, each with its row in the database.
//!
//! A file that comes is written to a temporary name and hashed on the way. When it is whole it is synced, gets its name,
//! the folder is synced, then its row is kept, and only then is it answered. So there is no row without its whole file; a
//! file without a row is never served. What is left of one that did not come whole, or that has no row since the program
//! died in between, is removed at the next start. A row whose file is gone is left alone, as its file may come back with
//! the disk it is on, and its file is answered 404. No document says how a message names a file, so a file goes by its age
//! or not at all: [`DiskFiles::expire`].

use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body as HttpBody, Frame};
use sha2::{Digest as _, Sha256};
use tieline_core::{Random, Secret, Seed};
use tieline_portsip_im::file::{FileHead, IncomingFile, Received};
use tieline_portsip_im::service::{Micros, UserNumber};
use tieline_portsip_im::{FileRef, Status};
use tokio::task::{JoinHandle, spawn_blocking};

use super::StoreError;
use super::disk::{Disk, Pending};
use super::sqlite::{FileRow, FileRows};
use crate::clock::unix_micros;
use crate::im::{FileSink, FileStore, Sinking, StoredFile, new_file_id};

/// Bytes of a file that are read at once.
const PIECE: u64 = 64 << 10;
/// Characters of an id.
const NAME: usize = 32;
/// Files that are forgotten in one go.
const AT_ONCE: usize = 1000;

/// Says whose token it is.
pub trait Admission: Send + Sync + 'static {
    /// The holder of a token; `None` when it is nobody's. Compare it with [`Secret::matches`].
    fn holder(&self, token: &Secret) -> Option<UserNumber>;
}

impl<F: Fn(&Secret) -> Option<UserNumber> + Send + Sync + 'static> Admission for F {
    fn holder(&self, token: &Secret) -> Option<UserNumber> {
        self(token)
    }
}

/// Files in a folder.
pub struct DiskFiles {
    shelf: Arc<Shelf>,
    admission: Box<dyn Admission>,
    names: Mutex<Random>,
}

struct Shelf {
    folder: PathBuf,
    coming: PathBuf,
    rows: FileRows,
    disk: Box<dyn Disk>,
}

impl DiskFiles {
    /// Files in `folder`, which is made if it is not there, with their rows; their ids are drawn from `seed`.
    ///
    /// # Errors
    /// What the system says of the folder.
    pub fn open(
        folder: impl Into<PathBuf>,
        rows: FileRows,
        disk: impl Disk,
        seed: Seed,
        admission: impl Admission,
    ) -> io::Result<Self> {
        let folder = folder.into();
        let coming = folder.join("coming");
        std::fs::create_dir_all(&coming)?;
        for left in std::fs::read_dir(&coming)? {
            let left = left?.path();
            std::fs::remove_file(&left).map_err(|error| {
                io::Error::new(error.kind(), format!("{} cannot be removed: {error}", left.display()))
            })?;
        }
        remove_strays(&folder, &rows)?;
        disk.sync_folder(&folder)?;
        let names = Mutex::new(Random::new(seed, u64::from_le_bytes(*b"im-files")));
        let shelf = Arc::new(Shelf { folder, coming, rows, disk: Box::new(disk) });
        Ok(Self { shelf, admission: Box::new(admission), names })
    }

    /// Removes files that came before a time: first their rows, durably, then themselves. What is being downloaded goes on
    /// where the system lets it. Returns how many. Blocks while it works.
    ///
    /// # Errors
    /// When rows cannot be read or forgotten; some files may be gone by then.
    pub fn expire(&self, before: Micros) -> Result<u64, StoreError> {
        let Shelf { folder, rows, disk, .. } = &*self.shelf;
        let mut gone = 0;
        loop {
            let ids = rows.before(before, AT_ONCE)?;
            if ids.is_empty() {
                return Ok(gone);
            }
            rows.forget(&ids)?;
            for id in &ids {
                match disk.remove(&folder.join(id)) {
                    Ok(()) => gone += 1,
                    // It goes at the next start, as nobody finds it any more.
                    Err(error) => tracing::warn!(%error, id, "an old file was not removed"),
                }
            }
        }
    }
}

/// Removes files that have no row: the program died between the two.
fn remove_strays(folder: &Path, rows: &FileRows) -> io::Result<()> {
    let mut strays = 0_u64;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_file() {
            continue;
        }
        let name = entry.file_name();
        let is_known = match name.to_str() {
            Some(id) => rows.find(id).map_err(io::Error::other)?.is_some(),
            None => false,
        };
        // What nobody here has named is nobody's here.
        let is_ours = name.to_str().is_some_and(|id| id.len() == NAME && is_name(id));
        if is_ours && !is_known {
            std::fs::remove_file(entry.path())?;
            strays += 1;
        }
    }
    if strays > 0 {
        tracing::info!(files = strays, "files that were never answered were removed");
    }
    Ok(())
}

fn is_name(id: &str) -> bool {
    id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

impl fmt::Debug for DiskFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiskFiles").field("folder", &self.shelf.folder).finish_non_exhaustive()
    }
}

impl FileStore for DiskFiles {
    fn admits(&self, token: &Secret) -> bool {
        self.admission.holder(token).is_some()
    }

    fn begin(&self, token: &Secret, file: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        let owner = self.admission.holder(token).ok_or(Status::AUTHENTICATION_FAILED)?;
        let id = new_file_id(&mut self.names.lock().unwrap_or_else(PoisonError::into_inner));
        let place = self.shelf.coming.join(&id);
        let pending = self.shelf.disk.create(&place).map_err(|error| {
            tracing::error!(%error, "a file cannot be begun");
            Status::INTERNAL
        })?;
        let row = FileRow {
            id,
            name: file.name.clone(),
            content_type: file.content_type.clone(),
            length: 0,
            sha256: [0; 32],
            owner,
            created: unix_micros(),
        };
        let coming = Coming { pending, hash: Sha256::new(), row, place, shelf: Arc::clone(&self.shelf), kept: false };
        Ok(Box::new(Sink(Some(coming))))
    }

    fn open(&self, id: &str) -> Option<StoredFile> {
        let found = self.shelf.rows.find(id).unwrap_or_else(|error| {
            tracing::error!(error = &error as &dyn std::error::Error, "a file cannot be looked up");
            None
        });
        let row = found?;
        let file = File::open(self.shelf.folder.join(&row.id)).and_then(|file| Ok((file.metadata()?.len(), file)));
        match file {
            Ok((length, file)) if length == row.length => {
                let head = FileHead::new(Some(row.length), row.content_type, Some(&row.name));
                let body = FileBody { reading: Reading::File(file), left: row.length };
                Some(StoredFile { head, body: body.boxed() })
            }
            Ok(_) => {
                tracing::error!(id, "a file is not as long as it was");
                None
            }
            Err(error) => {
                tracing::error!(%error, id, "a file is gone");
                None
            }
        }
    }
}

/// A file on its way in.
struct Coming {
    pending: Box<dyn Pending>,
    hash: Sha256,
    row: FileRow,
    place: PathBuf,
    shelf: Arc<Shelf>,
    kept: bool,
}

impl Coming {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.pending.write(bytes)?;
        self.hash.update(bytes);
        self.row.length += bytes.len() as u64;
        Ok(())
    }

    fn keep(&mut self) -> io::Result<String> {
        self.pending.sync()?;
        self.row.sha256 = std::mem::take(&mut self.hash).finalize().into();
        let Shelf { folder, disk, rows, .. } = &*self.shelf;
        let place = folder.join(&self.row.id);
        disk.rename(&self.place, &place)?;
        self.place = place;
        disk.sync_folder(folder)?;
        rows.keep(&self.row).map_err(io::Error::other)?;
        self.kept = true;
        Ok(self.row.id.clone())
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = self.shelf.disk.remove(&self.place)
        {
            tracing::warn!(%error, "what is left of a file was not removed");
        }
    }
}

/// `None` while a thread writes; an upload that failed stays so.
struct Sink(Option<Coming>);

impl Sink {
    async fn on_thread<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Coming) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        let mut coming = self.0.take().ok_or_else(|| io::Error::other("the upload failed before"))?;
        let worked = spawn_blocking(move || work(&mut coming).map(|done| (done, coming)));
        let (done, coming) = worked.await.map_err(io::Error::other)??;
        self.0 = Some(coming);
        Ok(done)
    }
}

impl FileSink for Sink {
    fn write(&mut self, bytes: Bytes) -> Sinking<'_, ()> {
        Box::pin(self.on_thread(move |coming| coming.write(&bytes)))
    }

    fn finish(mut self: Box<Self>, received: Received) -> Sinking<'static, FileRef<String>> {
        Box::pin(async move {
            let kept = self.on_thread(move |coming| {
                if coming.row.length != received.length {
                    return Err(io::Error::other("the file did not come whole"));
                }
                coming.keep()
            });
            kept.await.map(FileRef::from)
        })
    }
}

/// The bytes of a file, piece by piece.
struct FileBody {
    reading: Reading,
    left: u64,
}

enum Reading {
    File(File),
    Thread(JoinHandle<io::Result<(File, Bytes)>>),
    Over,
}

impl HttpBody for FileBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        loop {
            let left = self.left;
            match std::mem::replace(&mut self.reading, Reading::Over) {
                Reading::File(file) if left > 0 => {
                    self.reading = Reading::Thread(spawn_blocking(move || piece(file, left.min(PIECE))));
                }
                Reading::File(_) | Reading::Over => return Poll::Ready(None),
                Reading::Thread(mut thread) => {
                    let Poll::Ready(read) = Pin::new(&mut thread).poll(cx) else {
                        self.reading = Reading::Thread(thread);
                        return Poll::Pending;
                    };
                    return Poll::Ready(Some(match read.map_err(io::Error::other).flatten() {
                        Ok((file, bytes)) => {
                            self.left -= bytes.len() as u64;
                            self.reading = Reading::File(file);
                            Ok(Frame::data(bytes))
                        }
                        Err(error) => Err(error.into()),
                    }));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }
}

fn piece(mut file: File, length: u64) -> io::Result<(File, Bytes)> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact(&mut bytes)?;
    Ok((file, bytes.into()))
}
