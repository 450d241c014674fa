//! What a store may fail at.

use std::error::Error;
use std::path::PathBuf;

/// Why a store cannot be opened, read or written. No payload is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The store itself failed: a full disk, a file that is gone.
    #[error("the store failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// What is kept makes no sense: somebody else wrote it, or the disk did.
    #[error("{what} in the store makes no sense")]
    Corrupt {
        /// What.
        what: &'static str,
    },
    /// What is there is no database, or a disk or program damaged it.
    #[error("the database is damaged, or is none: restore a backup")]
    Damaged(#[source] Box<dyn Error + Send + Sync>),
    /// Another process uses the folder.
    #[error("{} is in use by another process: end that one, or name another folder", .0.display())]
    InUse(PathBuf),
    /// A newer version of this program wrote it.
    #[error("the store is of version {found}, and only versions up to {known} are known: run the newer program")]
    Newer {
        /// The version of the store.
        found: i64,
        /// The newest version that is known.
        known: i64,
    },
    /// The thread that writes is gone.
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// A failure of the store itself.
    pub fn failed(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Failed(error.into())
    }
}
