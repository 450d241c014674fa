//! The tables, and how older ones become the newest.

use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::super::StoreError;

/// How long a connection waits for another's lock.
pub(super) const BUSY: Duration = Duration::from_secs(10);

/// The steps from an empty database to the newest version, one a version.
const VERSIONS: &[&str] = &[
    "
CREATE TABLE accounts (
    user INTEGER PRIMARY KEY,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    auth INTEGER NOT NULL,
    anon INTEGER NOT NULL,
    public TEXT,
    private TEXT,
    seen INTEGER,
    agent TEXT
) STRICT;
CREATE TABLE topics (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    touched INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    clear INTEGER NOT NULL,
    auth INTEGER NOT NULL,
    anon INTEGER NOT NULL,
    public TEXT
) STRICT;
CREATE TABLE subscriptions (
    topic INTEGER NOT NULL REFERENCES topics ON DELETE CASCADE,
    user INTEGER NOT NULL,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    deleted INTEGER,
    want INTEGER NOT NULL,
    given INTEGER NOT NULL,
    read INTEGER NOT NULL,
    recv INTEGER NOT NULL,
    clear INTEGER NOT NULL,
    private TEXT,
    PRIMARY KEY (topic, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_of_user ON subscriptions (user, topic);
CREATE TABLE messages (
    topic INTEGER NOT NULL REFERENCES topics ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    ts INTEGER NOT NULL,
    sender INTEGER,
    head TEXT,
    content TEXT,
    reqid TEXT,
    PRIMARY KEY (topic, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE deletions (
    topic INTEGER NOT NULL REFERENCES topics ON DELETE CASCADE,
    id INTEGER NOT NULL,
    user INTEGER,
    ranges TEXT NOT NULL,
    PRIMARY KEY (topic, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    content_type TEXT,
    length INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    owner INTEGER NOT NULL,
    created INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
    "
CREATE TABLE tokens (
    hash BLOB PRIMARY KEY,
    kind INTEGER NOT NULL,
    sign_in INTEGER NOT NULL,
    user INTEGER NOT NULL,
    name TEXT NOT NULL,
    domain TEXT NOT NULL,
    revision INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
",
];

/// What each connection is set to.
pub(super) fn configure(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // What is deleted for everybody is not to be found in the file, nor, as the writer empties it, in the write-ahead log.
    connection.pragma_update(None, "secure_delete", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}

/// Brings a database up to date, all or nothing.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let known = i64::try_from(VERSIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for version in VERSIONS.iter().skip(usize::try_from(found).unwrap_or_default()) {
        transaction.execute_batch(version)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}
