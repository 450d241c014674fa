//! Reading.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::File;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use tieline_portsip_im::service::{
    Account, Deletion, MessageRecord, Ranges, Subscription, TopicHead, TopicKey, TopicRecord, UserNumber, UserRecord,
};

use super::super::{Reader, StoreError, fits};
use super::values::{column, json, mode, number, ranges, text};

/// A connection that reads.
pub struct SqliteReader {
    connection: Connection,
    _lock: Arc<File>,
}

impl SqliteReader {
    pub(super) const fn new(connection: Connection, lock: Arc<File>) -> Self {
        Self { connection, _lock: lock }
    }
}

impl fmt::Debug for SqliteReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteReader")
    }
}

impl Reader for SqliteReader {
    fn user(&mut self, user: UserNumber) -> Result<Option<UserRecord>, StoreError> {
        let reading = self.connection.transaction()?;
        let found = {
            let mut select = reading.prepare_cached(
                "SELECT created, updated, auth, anon, public, private, seen, agent FROM accounts WHERE user = ?1",
            )?;
            select.query_row([column(user)], |row| Ok(account(user, row))).optional()?.transpose()?
        };
        let Some(account) = found else { return Ok(None) };
        let mut select = reading.prepare_cached(
            "SELECT topics.name FROM subscriptions JOIN topics ON topics.id = subscriptions.topic WHERE user = ?1",
        )?;
        let mut topics = BTreeSet::new();
        let mut rows = select.query([column(user)])?;
        while let Some(row) = rows.next()? {
            let name: String = row.get(0)?;
            topics.insert(name.parse().map_err(|_| StoreError::Corrupt { what: "the name of a topic" })?);
        }
        Ok(Some(UserRecord { account, topics }))
    }

    fn topic(&mut self, topic: &TopicKey) -> Result<Option<TopicRecord>, StoreError> {
        let reading = self.connection.transaction()?;
        let found = {
            let mut select = reading.prepare_cached(
                "SELECT id, created, updated, touched, seq, clear, auth, anon, public FROM topics WHERE name = ?1",
            )?;
            select.query_row([topic.to_string()], |row| Ok(head(topic, row))).optional()?.transpose()?
        };
        let Some((id, head)) = found else { return Ok(None) };
        let mut subs = BTreeMap::new();
        let mut select = reading.prepare_cached(
            "SELECT user, created, updated, deleted, want, given, read, recv, clear, private
             FROM subscriptions WHERE topic = ?1",
        )?;
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            let sub = subscription(row)?;
            subs.insert(sub.user, sub);
        }
        let mut deletions = Vec::new();
        let mut select =
            reading.prepare_cached("SELECT id, user, ranges FROM deletions WHERE topic = ?1 ORDER BY id")?;
        let mut rows = select.query([id])?;
        while let Some(row) = rows.next()? {
            let user: Option<i64> = row.get(1)?;
            let written: String = row.get(2)?;
            let ranges = ranges(&written)?;
            deletions.push(Deletion { id: number(row, 0)?, user: user.map(i64::cast_unsigned), ranges });
        }
        Ok(Some(TopicRecord { head, subs, deletions }))
    }

    fn messages(
        &mut self,
        topic: &TopicKey,
        numbers: &Ranges,
        mut bytes: usize,
    ) -> Result<Vec<MessageRecord>, StoreError> {
        let reading = self.connection.transaction()?;
        let mut select = reading.prepare_cached(
            "SELECT seq, ts, sender, head, content, reqid FROM messages
             WHERE topic = (SELECT id FROM topics WHERE name = ?1) AND seq >= ?2 AND seq < ?3 ORDER BY seq DESC",
        )?;
        let mut found = Vec::new();
        for range in numbers.iter().rev() {
            let mut rows = select.query(params![topic.to_string(), column(range.start), column(range.end)])?;
            while let Some(row) = rows.next()? {
                let message = message(row)?;
                if !fits(&message, &found, &mut bytes) {
                    return Ok(found);
                }
                found.push(message);
            }
        }
        Ok(found)
    }
}

fn account(user: UserNumber, row: &Row<'_>) -> Result<Account, StoreError> {
    Ok(Account {
        updated: row.get(1)?,
        auth: mode(row, 2)?,
        anon: mode(row, 3)?,
        private: json(row, 5)?,
        seen: row.get(6)?,
        agent: text(row, 7)?,
        ..Account::new(user, row.get(0)?, json(row, 4)?)
    })
}

fn head(topic: &TopicKey, row: &Row<'_>) -> Result<(i64, TopicHead), StoreError> {
    let head = TopicHead {
        updated: row.get(2)?,
        touched: row.get(3)?,
        seq: number(row, 4)?,
        clear: number(row, 5)?,
        anon: mode(row, 7)?,
        public: json(row, 8)?,
        ..TopicHead::new(topic.clone(), row.get(1)?, mode(row, 6)?)
    };
    Ok((row.get(0)?, head))
}

fn subscription(row: &Row<'_>) -> Result<Subscription, StoreError> {
    Ok(Subscription {
        updated: row.get(2)?,
        deleted: row.get(3)?,
        read: number(row, 6)?,
        recv: number(row, 7)?,
        clear: number(row, 8)?,
        private: json(row, 9)?,
        ..Subscription::new(number(row, 0)?, row.get(1)?, mode(row, 4)?, mode(row, 5)?)
    })
}

fn message(row: &Row<'_>) -> Result<MessageRecord, StoreError> {
    let from: Option<i64> = row.get(2)?;
    Ok(MessageRecord {
        seq: number(row, 0)?,
        ts: row.get(1)?,
        from: from.map(i64::cast_unsigned),
        head: json(row, 3)?,
        content: json(row, 4)?,
        reqid: text(row, 5)?,
    })
}
