//! Files in memory.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tieline_core::{Random, Secret, Seed};
use tieline_portsip_im::file::{FileHead, IncomingFile, Received};
use tieline_portsip_im::{FileRef, Status};
use tieline_server::im::{FileSink, FileStore, Sinking, StoredFile, new_file_id};
use tieline_server::whole;

use super::ImDesk;

/// Separates the ids of files from other random numbers.
const PURPOSE: u64 = 0x1_F11;
/// So many bytes are kept; what is oldest goes first.
const ROOM: usize = 64 << 20;
/// And so many files.
const FILES: usize = 4096;

/// Keeps files as long as the simulator runs and there is room. Clones share what is kept.
#[derive(Clone)]
pub(crate) struct Shelf {
    kept: Arc<Mutex<Kept>>,
    desk: Arc<ImDesk>,
}

struct Kept {
    ids: Random,
    files: VecDeque<File>,
    bytes: usize,
}

struct File {
    id: String,
    name: String,
    content_type: Option<String>,
    bytes: Bytes,
}

impl Shelf {
    pub(super) fn new(seed: Seed, desk: Arc<ImDesk>) -> Self {
        let kept = Kept { ids: Random::new(seed, PURPOSE), files: VecDeque::new(), bytes: 0 };
        Self { kept: Arc::new(Mutex::new(kept)), desk }
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn clear(&self) {
        let mut kept = self.lock();
        kept.files.clear();
        kept.bytes = 0;
    }

    fn keep(&self, coming: Coming) -> String {
        let mut kept = self.lock();
        let (id, bytes) = (new_file_id(&mut kept.ids), coming.bytes.freeze());
        kept.bytes += bytes.len();
        kept.files.push_back(File { id: id.clone(), name: coming.name, content_type: coming.content_type, bytes });
        while kept.bytes > ROOM || kept.files.len() > FILES {
            let Some(oldest) = kept.files.pop_front() else { break };
            kept.bytes -= oldest.bytes.len();
        }
        id
    }
}

impl FileStore for Shelf {
    fn admits(&self, token: &Secret) -> bool {
        self.desk.is_for_files(token)
    }

    fn begin(&self, _: &Secret, file: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        let (name, content_type) = (file.name.clone(), file.content_type.clone());
        Ok(Box::new(Coming { shelf: self.clone(), name, content_type, bytes: BytesMut::new() }))
    }

    fn open(&self, id: &str) -> Option<StoredFile> {
        let kept = self.lock();
        let file = kept.files.iter().find(|file| file.id == id)?;
        let head = FileHead::new(Some(file.bytes.len() as u64), file.content_type.clone(), Some(&file.name));
        Some(StoredFile { head, body: whole(file.bytes.clone()) })
    }
}

/// A file on its way. The service bounds its length.
struct Coming {
    shelf: Shelf,
    name: String,
    content_type: Option<String>,
    bytes: BytesMut,
}

impl FileSink for Coming {
    fn write(&mut self, bytes: Bytes) -> Sinking<'_, ()> {
        self.bytes.extend_from_slice(&bytes);
        Box::pin(std::future::ready(Ok(())))
    }

    fn finish(self: Box<Self>, received: Received) -> Sinking<'static, FileRef<String>> {
        let whole = self.bytes.len() as u64 == received.length;
        let kept = if whole {
            Ok(FileRef::from(self.shelf.clone().keep(*self)))
        } else {
            Err(io::Error::other("the file did not come whole"))
        };
        Box::pin(std::future::ready(kept))
    }
}
