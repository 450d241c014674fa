//! The rows of tokens.

use std::fmt;
use std::fs::File;
use std::sync::Arc;

use rusqlite::{Connection, Row, TransactionBehavior, params};

use super::super::StoreError;
use super::values::{column, number};
use crate::im::accounts::{TokenHash, TokenKind, TokenRow, TokenStore};

/// Which access and refresh tokens are good; their hashes, not the tokens.
pub struct SqliteTokens {
    connection: Connection,
    _lock: Arc<File>,
}

impl SqliteTokens {
    pub(super) const fn new(connection: Connection, lock: Arc<File>) -> Self {
        Self { connection, _lock: lock }
    }
}

impl TokenStore for SqliteTokens {
    fn load(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        let mut select = self
            .connection
            .prepare_cached("SELECT hash, kind, sign_in, user, name, domain, revision, expires FROM tokens")?;
        let mut rows = select.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(token(row)?);
        }
        Ok(found)
    }

    fn change(&mut self, added: &[TokenRow], removed: &[TokenHash]) -> Result<(), StoreError> {
        // Dropped on an error, it is rolled back.
        let writing = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        {
            let mut remove = writing.prepare_cached("DELETE FROM tokens WHERE hash = ?1")?;
            for hash in removed {
                remove.execute([hash.0])?;
            }
            let mut add = writing.prepare_cached(
                "INSERT INTO tokens (hash, kind, sign_in, user, name, domain, revision, expires)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?;
            for row in added {
                add.execute(params![
                    row.hash.0,
                    kind_column(row.kind),
                    column(row.grant),
                    column(row.number),
                    row.name,
                    row.domain,
                    column(row.revision),
                    row.expires,
                ])?;
            }
        }
        writing.commit()?;
        Ok(())
    }
}

const fn kind_column(kind: TokenKind) -> i64 {
    match kind {
        TokenKind::Access => 1,
        TokenKind::Refresh => 2,
    }
}

fn token(row: &Row<'_>) -> Result<TokenRow, StoreError> {
    let kind = match row.get::<_, i64>(1)? {
        1 => TokenKind::Access,
        2 => TokenKind::Refresh,
        _ => return Err(StoreError::Corrupt { what: "the kind of a token" }),
    };
    Ok(TokenRow {
        hash: TokenHash(row.get(0)?),
        kind,
        grant: number(row, 2)?,
        number: number(row, 3)?,
        name: row.get(4)?,
        domain: row.get(5)?,
        revision: number(row, 6)?,
        expires: row.get(7)?,
    })
}

impl fmt::Debug for SqliteTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SqliteTokens")
    }
}
