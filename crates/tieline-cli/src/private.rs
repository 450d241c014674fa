//! Files and folders for their owner only.

use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::path::Path;

/// Writes a file whole or not at all, for its owner only.
pub(crate) fn save(path: &Path, text: &str) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    make(folder)?;
    // Made with mode 0600.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    Ok(())
}

/// Makes a folder, for its owner only; one that is there stays as it is.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Whether others than its owner can look into a folder.
#[cfg(all(unix, feature = "serve"))]
pub(crate) fn is_open(folder: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(folder).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
}

#[cfg(all(not(unix), feature = "serve"))]
pub(crate) const fn is_open(_: &Path) -> bool {
    false
}
