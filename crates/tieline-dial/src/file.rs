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
    replaces: bool,
}

/// Where a file is to stand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// Its path, in a folder that exists.
    pub path: PathBuf,
    /// Whether it takes the place of a file that is there already. Otherwise that one stays, and there is no new one.
    pub replace: bool,
}

impl Place {
    /// At a path where there is no file yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), replace: false }
    }

    /// The same, in place of a file that is there already.
    #[must_use]
    pub const fn replacing(mut self) -> Self {
        self.replace = true;
        self
    }
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
        Ok(Self { part, path, replaces: true })
    }

    /// Begins a file that will stand at a place.
    ///
    /// # Errors
    /// As creating a file has them; [`io::ErrorKind::AlreadyExists`] when the place is taken and is not to be replaced.
    pub fn at(place: Place) -> io::Result<Self> {
        let Place { path, replace } = place;
        // Of a link that leads nowhere, too.
        if !replace && path.symlink_metadata().is_ok() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        Ok(Self { replaces: replace, ..Self::create(path)? })
    }

    /// The file, to write into.
    #[must_use]
    pub fn file(&self) -> &File {
        self.part.as_file()
    }

    /// Gives the file its name, in place of one that has it unless its [`Place`] says otherwise: when this returns, it
    /// survives a power cut. Blocks until the disk has it.
    ///
    /// # Errors
    /// As syncing and renaming have them; the file is deleted then.
    pub fn finish(self) -> io::Result<()> {
        self.part.as_file().sync_all()?;
        let named = if self.replaces { self.part.persist(&self.path) } else { self.part.persist_noclobber(&self.path) };
        named.map_err(|error| error.error)?;
        // The name itself is in the folder. Only Unix opens folders.
        #[cfg(unix)]
        if let Some(folder) = self.path.parent() {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }
}
