//! Files, written and read where waiting for a disk holds nobody up.

use std::io;
use std::path::Path;

use tieline_dial::NewFile;
use tokio::fs::File;

/// Begins a file that will stand at `path`, and opens it for writing.
pub(crate) async fn create(path: &Path) -> io::Result<(NewFile, File)> {
    let path = path.to_owned();
    blocking(move || {
        let file = NewFile::create(path)?;
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
