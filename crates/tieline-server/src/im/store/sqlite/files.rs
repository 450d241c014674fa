//! The rows of files.

use std::fmt;
use std::fs::File;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};
use tieline_portsip_im::service::{Micros, UserNumber};

use super::super::StoreError;
use super::values::{column, number};

/// What is known of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// The bare id.
    pub id: String,
    /// The name, safe.
    pub name: String,
    /// The type, as its sender wrote it.
    pub content_type: Option<String>,
    /// The length in bytes.
    pub length: u64,
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// Who sent it.
    pub owner: UserNumber,
    /// When.
    pub created: Micros,
}

/// The rows of files. Clones share two connections: who looks a row up does not wait for one that is being kept.
#[derive(Clone)]
pub struct FileRows {
    writing: Arc<Mutex<Connection>>,
    reading: Arc<Mutex<Connection>>,
    _lock: Arc<File>,
}

impl FileRows {
    pub(super) fn new(writing: Connection, reading: Connection, lock: Arc<File>) -> Self {
        Self { writing: Arc::new(Mutex::new(writing)), reading: Arc::new(Mutex::new(reading)), _lock: lock }
    }

    /// Keeps a row, durably when this returns.
    ///
    /// # Errors
    /// When it is not kept; also when there is one of that id.
    pub fn keep(&self, file: &FileRow) -> Result<(), StoreError> {
        let connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut add = connection.prepare_cached(
            "INSERT INTO files (id, name, content_type, length, sha256, owner, created)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let length = column(file.length);
        add.execute(params![
            file.id,
            file.name,
            file.content_type,
            length,
            file.sha256,
            column(file.owner),
            file.created
        ])?;
        Ok(())
    }

    /// The ids of files that came before a time, the oldest first, and at most so many.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn before(&self, time: Micros, most: usize) -> Result<Vec<String>, StoreError> {
        let connection = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select =
            connection.prepare_cached("SELECT id FROM files WHERE created < ?1 ORDER BY created LIMIT ?2")?;
        let found = select.query_map(params![time, i64::try_from(most).unwrap_or(i64::MAX)], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Forgets rows, all or none, durably when this returns.
    ///
    /// # Errors
    /// When they are not forgotten.
    pub fn forget(&self, ids: &[String]) -> Result<(), StoreError> {
        let mut connection = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let writing = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut remove = writing.prepare_cached("DELETE FROM files WHERE id = ?1")?;
            for id in ids {
                remove.execute([id])?;
            }
        }
        writing.commit()?;
        Ok(())
    }

    /// The row of a file.
    ///
    /// # Errors
    /// When the store cannot be read, or what it holds makes no sense.
    pub fn find(&self, id: &str) -> Result<Option<FileRow>, StoreError> {
        let connection = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        let mut select = connection
            .prepare_cached("SELECT name, content_type, length, sha256, owner, created FROM files WHERE id = ?1")?;
        let found = select.query_row([id], |row| {
            Ok((row.get(0)?, row.get(1)?, number(row, 2), row.get(3)?, number(row, 4), row.get(5)?))
        });
        let Some((name, content_type, length, sha256, owner, created)) = found.optional()? else { return Ok(None) };
        Ok(Some(FileRow { id: id.into(), name, content_type, length: length?, sha256, owner: owner?, created }))
    }
}

impl fmt::Debug for FileRows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileRows")
    }
}
