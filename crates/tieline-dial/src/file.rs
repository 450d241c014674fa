//! Files that are there whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file that is being written beside its place, under a name that begins with a dot and ends with `.part`, and gets its
/// own name only when it is whole. Dropped before that, it is deleted; what a crash leaves behind is never taken for the
/// file, and never gone on with.
#[derive(Debug)]
pub struct NewFile {
    part: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file that will stand at `path`, in a folder that exists.
    ///
    /// # Errors
    /// As creating a file has them.
    pub fn create(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
        prefix.push(".");
        let part = tempfile::Builder::new().prefix(&prefix).suffix(".part").tempfile_in(folder)?;
        Ok(Self { part, path })
    }

    /// The file, to write into.
    #[must_use]
    pub fn file(&self) -> &File {
        self.part.as_file()
    }

    /// Gives the file its name, in place of one that has it: when this returns, it survives a power cut. Blocks until the
    /// disk has it.
    ///
    /// # Errors
    /// As syncing and renaming have them; the file is deleted then.
    pub fn finish(self) -> io::Result<()> {
        self.part.as_file().sync_all()?;
        self.part.persist(&self.path).map_err(|error| error.error)?;
        // The name itself is in the folder. Only Unix opens folders.
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}
