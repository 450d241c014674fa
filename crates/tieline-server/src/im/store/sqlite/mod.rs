//! The store that lasts: one SQLite database in a folder of its own.

mod files;
mod read;
mod schema;
mod tokens;
mod values;
mod write;

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

pub use files::{FileRow, FileRows};
pub use read::SqliteReader;
pub use tokens::SqliteTokens;
pub use write::SqliteWriter;

use super::{Store, StoreError};

/// A folder with the database `im.db`. One process at a time uses it.
///
/// The database is in write-ahead mode with `synchronous=FULL`: a commit that returned survives a power cut.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    path: PathBuf,
    /// Locked as long as a clone, a reader or a writer lives.
    lock: Arc<File>,
}

impl SqliteStore {
    /// Opens the store in a folder, which is made if it is not there, and brings it up to date.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it open, [`StoreError::Newer`] when a newer version wrote it, else
    /// what the system or the database says.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder).map_err(StoreError::failed)?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(folder.join("lock"))
            .map_err(StoreError::failed)?;
        lock.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => StoreError::InUse(folder.into()),
            std::fs::TryLockError::Error(error) => StoreError::failed(error),
        })?;
        let store = Self { path: folder.join("im.db"), lock: Arc::new(lock) };
        schema::migrate(&mut store.connect()?)?;
        Ok(store)
    }

    /// The rows of files in the same database.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn files(&self) -> Result<FileRows, StoreError> {
        Ok(FileRows::new(self.connect()?, self.connect()?, Arc::clone(&self.lock)))
    }

    /// The tokens in the same database.
    ///
    /// # Errors
    /// When the database cannot be opened.
    pub fn tokens(&self) -> Result<SqliteTokens, StoreError> {
        Ok(SqliteTokens::new(self.connect()?, Arc::clone(&self.lock)))
    }

    /// Writes something that means nothing, as durably as a commit: whether there is room, and the disk works.
    ///
    /// # Errors
    /// When nothing can be written at present.
    pub fn probe(&self) -> Result<(), StoreError> {
        let mut connection = self.connect()?;
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        writing.execute_batch(
            "CREATE TABLE probe (filled BLOB) STRICT;
             INSERT INTO probe VALUES (randomblob(65536));
             DROP TABLE probe;",
        )?;
        writing.commit()?;
        Ok(())
    }

    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = Connection::open(&self.path)?;
        schema::configure(&connection)?;
        Ok(connection)
    }
}

impl Store for SqliteStore {
    type Reader = SqliteReader;
    type Writer = SqliteWriter;

    fn open(&self) -> Result<(SqliteReader, SqliteWriter), StoreError> {
        let reader = SqliteReader::new(self.connect()?, Arc::clone(&self.lock));
        Ok((reader, SqliteWriter::new(self.connect()?, Arc::clone(&self.lock))))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        // The text of an SQL error names columns, never values.
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged(error.into()),
            _ => Self::failed(error),
        }
    }
}
