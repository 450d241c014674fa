//! Files, written and read where waiting for a disk holds nobody up.

use std::io;
use std::path::Path;

use tieline_dial::{NewFile, Place};
use tokio::fs::File;

/// Begins a file that will stand at `path`, in place of one that is there, and opens it for writing.
pub(crate) async fn create(path: &Path) -> io::Result<(NewFile, File)> {
    create_at(Place::new(path).replacing()).await
}

/// Begins a file that will stand at a place, and opens it for writing.
pub(crate) async fn create_at(place: Place) -> io::Result<(NewFile, File)> {
    blocking(move || {
        let file = NewFile::at(place)?;
        let sink = file.file().try_clone()?;
        Ok((file, File::from_std(sink)))
    })
    .await
}

/// Gives the file its name.
pub(crate) async fn finish(file: NewFile) -> io::Result<()> {
    blocking(move || file.finish()).await
}

/// Does on another thread what waits for a disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other).and_then(|outcome| outcome)
}
