//! Writing.

use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use tieline_portsip_im::service::{
    Account, Deletion, MessageRecord, Micros, Subscription, TopicHead, TopicKey, UserNumber, Write,
};

use super::super::{StoreError, Writer};
use super::schema::BUSY;
use super::values::{bits, column, json_column, ranges_column};

/// How long the emptying of the write-ahead log waits for readers.
const ERASE_WAIT: Duration = Duration::from_millis(100);

/// The connection that writes.
pub struct SqliteWriter {
    connection: Connection,
    /// Whether something was deleted that the write-ahead log still holds.
    erasing: bool,
    _lock: Arc<File>,
}

impl SqliteWriter {
    pub(super) const fn new(connection: Connection, lock: Arc<File>) -> Self {
        Self { connection, erasing: false, _lock: lock }
    }

    /// Empties the write-ahead log, which keeps what was deleted until it is overwritten. While somebody reads the log stays,
    /// and this is tried again after the next commit.
    fn erase(&mut self) -> Result<(), StoreError> {
        // Nobody waits for it for long: readers here are short, but a backup is not.
        self.connection.busy_timeout(ERASE_WAIT)?;
        let emptied = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
        self.connection.busy_timeout(BUSY)?;
        self.erasing = emptied? != 0;
        Ok(())
    }

    /// Bounds the database to so many pages, or to what it has if that is more; a commit beyond it fails as on a full
    /// disk. Returns the bound in pages of 4 KiB, as they usually are.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn bound_pages(&self, pages: u64) -> Result<u64, StoreError> {
        let held: i64 = self.connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let bound = column(pages).max(held);
        let set = self.connection.pragma_update_and_check(None, "max_page_count", bound, |row| row.get::<_, i64>(0))?;
        Ok(set.cast_unsigned())
    }
}

impl fmt::Debug for SqliteWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteWriter")
    }
}

impl Writer for SqliteWriter {
    fn commit(&mut self, writes: &[Write]) -> Result<(), StoreError> {
        // Dropped on an error, it is rolled back.
        let writing = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut latest = Latest::default();
        for write in writes {
            if !latest.note(write) {
                latest.put(&writing)?;
            }
            apply(&writing, write)?;
        }
        latest.put(&writing)?;
        writing.commit()?;
        self.erasing |= writes.iter().any(erases);
        if self.erasing
            && let Err(error) = self.erase()
        {
            // What was written is kept all the same.
            tracing::warn!(error = &error as &dyn std::error::Error, "the write-ahead log was not emptied");
        }
        Ok(())
    }
}

/// What many messages of a commit change one after the other is put once: the numbers of topics, and marks.
#[derive(Default)]
struct Latest<'w> {
    messages: HashMap<&'w TopicKey, &'w MessageRecord>,
    marks: HashMap<(&'w TopicKey, UserNumber), Marks>,
}

/// Up to where a user read and received, and when that counts as changed.
type Marks = (u64, u64, Micros);

impl<'w> Latest<'w> {
    /// Notes what a write changes. Whether that may wait: another kind of write may be about the same rows.
    fn note(&mut self, write: &'w Write) -> bool {
        match write {
            Write::Message { topic, message } => drop(self.messages.insert(topic, message)),
            Write::Marks { topic, user, read, recv, updated } => {
                self.marks.insert((topic, *user), (*read, *recv, *updated));
            }
            _ => return false,
        }
        true
    }

    fn put(&mut self, writing: &Transaction<'_>) -> Result<(), StoreError> {
        for (topic, message) in self.messages.drain() {
            let mut touch = writing.prepare_cached("UPDATE topics SET seq = ?2, touched = ?3 WHERE name = ?1")?;
            touch.execute(params![topic.to_string(), column(message.seq), message.ts])?;
        }
        for ((topic, user), (read, recv, updated)) in self.marks.drain() {
            let mut update = writing.prepare_cached(
                "UPDATE subscriptions SET read = ?3, recv = ?4, updated = ?5
                 WHERE topic = (SELECT id FROM topics WHERE name = ?1) AND user = ?2",
            )?;
            update.execute(params![topic.to_string(), column(user), column(read), column(recv), updated])?;
        }
        Ok(())
    }
}

/// Whether messages are gone by it for everybody.
const fn erases(write: &Write) -> bool {
    match write {
        Write::Deletion { deletion, .. } => deletion.user.is_none(),
        Write::DeleteTopic(_) => true,
        _ => false,
    }
}

fn apply(writing: &Transaction<'_>, write: &Write) -> Result<(), StoreError> {
    match write {
        Write::Account(account) => put_account(writing, account),
        Write::Topic(head) => put_topic(writing, head),
        Write::Subscription { topic, subscription } => put_subscription(writing, topic, subscription),
        Write::Message { topic, message } => add_message(writing, topic, message),
        // The last of them only.
        Write::Marks { .. } => Ok(()),
        Write::Deletion { topic, deletion } => add_deletion(writing, topic, deletion),
        Write::DeleteTopic(topic) => {
            writing.prepare_cached("DELETE FROM topics WHERE name = ?1")?.execute([topic.to_string()])?;
            Ok(())
        }
        // A write that this store does not know must not count as kept.
        _ => Err(StoreError::Corrupt { what: "a kind of write" }),
    }
}

fn put_account(writing: &Transaction<'_>, account: &Account) -> Result<(), StoreError> {
    let mut put = writing.prepare_cached(
        "INSERT OR REPLACE INTO accounts (user, created, updated, auth, anon, public, private, seen, agent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    put.execute(params![
        column(account.user),
        account.created,
        account.updated,
        bits(account.auth),
        bits(account.anon),
        json_column(account.public.as_ref()),
        json_column(account.private.as_ref()),
        account.seen,
        account.agent.as_deref(),
    ])?;
    Ok(())
}

fn put_topic(writing: &Transaction<'_>, head: &TopicHead) -> Result<(), StoreError> {
    // Not replaced: what hangs on it would go.
    let mut put = writing.prepare_cached(
        "INSERT INTO topics (name, created, updated, touched, seq, clear, auth, anon, public)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (name) DO UPDATE SET updated = ?3, touched = ?4, seq = ?5, clear = ?6, auth = ?7, anon = ?8,
         public = ?9",
    )?;
    put.execute(params![
        head.key.to_string(),
        head.created,
        head.updated,
        head.touched,
        column(head.seq),
        column(head.clear),
        bits(head.auth),
        bits(head.anon),
        json_column(head.public.as_ref()),
    ])?;
    Ok(())
}

fn put_subscription(writing: &Transaction<'_>, topic: &TopicKey, sub: &Subscription) -> Result<(), StoreError> {
    let mut put = writing.prepare_cached(
        "INSERT OR REPLACE INTO subscriptions
         (topic, user, created, updated, deleted, want, given, read, recv, clear, private)
         VALUES ((SELECT id FROM topics WHERE name = ?1), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    put.execute(params![
        topic.to_string(),
        column(sub.user),
        sub.created,
        sub.updated,
        sub.deleted,
        bits(sub.want),
        bits(sub.given),
        column(sub.read),
        column(sub.recv),
        column(sub.clear),
        json_column(sub.private.as_ref()),
    ])?;
    Ok(())
}

/// A number that was used already fails by the key of the table.
fn add_message(writing: &Transaction<'_>, topic: &TopicKey, message: &MessageRecord) -> Result<(), StoreError> {
    let mut add = writing.prepare_cached(
        "INSERT INTO messages (topic, seq, ts, sender, head, content, reqid)
         VALUES ((SELECT id FROM topics WHERE name = ?1), ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    add.execute(params![
        topic.to_string(),
        column(message.seq),
        message.ts,
        message.from.map(column),
        json_column(message.head.as_ref()),
        json_column(message.content.as_ref()),
        message.reqid.as_deref(),
    ])?;
    Ok(())
}

fn add_deletion(writing: &Transaction<'_>, topic: &TopicKey, deletion: &Deletion) -> Result<(), StoreError> {
    let name = topic.to_string();
    let mut add = writing.prepare_cached(
        "INSERT INTO deletions (topic, id, user, ranges)
         VALUES ((SELECT id FROM topics WHERE name = ?1), ?2, ?3, ?4)",
    )?;
    let user = deletion.user.map(column);
    add.execute(params![name, column(deletion.id), user, ranges_column(&deletion.ranges)])?;
    let mut number = writing.prepare_cached("UPDATE topics SET clear = ?2 WHERE name = ?1")?;
    number.execute(params![name, column(deletion.id)])?;
    let mut clear = writing.prepare_cached(
        "UPDATE subscriptions SET clear = ?2
         WHERE topic = (SELECT id FROM topics WHERE name = ?1) AND (?3 IS NULL OR user = ?3)",
    )?;
    clear.execute(params![name, column(deletion.id), user])?;
    if deletion.user.is_none() {
        let mut erase = writing.prepare_cached(
            "DELETE FROM messages
             WHERE topic = (SELECT id FROM topics WHERE name = ?1) AND seq >= ?2 AND seq < ?3",
        )?;
        for range in deletion.ranges.iter() {
            erase.execute(params![name, column(range.start), column(range.end)])?;
        }
    }
    Ok(())
}
