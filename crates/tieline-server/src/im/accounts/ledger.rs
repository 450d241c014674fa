//! Which tokens are good.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use tieline_core::Secret;
use tieline_portsip_im::service::{Micros, UserNumber};

use sha2::{Digest as _, Sha256};

use super::users::User;
use crate::im::store::StoreError;

/// The SHA-256 of a token, by which it is looked up: the time that takes tells nothing of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// The hash of a token.
    #[must_use]
    pub fn of(token: &Secret) -> Self {
        Self(Sha256::digest(token.expose().as_bytes()).into())
    }
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// The login on the WebSocket.
    Access,
    /// New tokens, once.
    Refresh,
}

/// A token that was given out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The token's hash.
    pub hash: TokenHash,
    /// What it is good for.
    pub kind: TokenKind,
    /// The sign-in that it comes from. Tokens that were got by refreshing have that of the first ones. Later ones have higher
    /// numbers.
    pub grant: u64,
    /// Whose it is.
    pub number: UserNumber,
    /// The user's name when it was given.
    pub name: String,
    /// The user's domain.
    pub domain: String,
    /// [`User::revision`] when it was given.
    pub revision: u64,
    /// When it ends.
    pub expires: Micros,
}

impl TokenRow {
    /// Whether it is still good at a time, for a user as the user is now.
    pub(super) fn is_good(&self, now: Micros, user: &User) -> bool {
        now < self.expires && !user.suspended && user.number == self.number && user.revision == self.revision
    }
}

/// Keeps which tokens are good over restarts.
pub trait TokenStore: Send + 'static {
    /// All that is kept.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn load(&mut self) -> Result<Vec<TokenRow>, StoreError>;

    /// Keeps some and forgets others, all or nothing, and durably when this returns.
    ///
    /// # Errors
    /// When nothing was changed.
    fn change(&mut self, added: &[TokenRow], removed: &[TokenHash]) -> Result<(), StoreError>;
}

/// Keeps nothing: tokens end with the program.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoTokenStore;

impl TokenStore for NoTokenStore {
    fn load(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        Ok(Vec::new())
    }

    fn change(&mut self, _: &[TokenRow], _: &[TokenHash]) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The tokens of all users.
#[derive(Default)]
pub(super) struct Ledger {
    rows: HashMap<TokenHash, TokenRow>,
    /// The tokens of each user, by grant.
    of_user: BTreeMap<UserNumber, BTreeMap<u64, Vec<TokenHash>>>,
    last_grant: u64,
}

impl Ledger {
    pub(super) fn get(&self, hash: &TokenHash) -> Option<&TokenRow> {
        self.rows.get(hash)
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The number for the next sign-in.
    pub(super) const fn next_grant(&self) -> u64 {
        self.last_grant.saturating_add(1)
    }

    /// All tokens of a sign-in.
    pub(super) fn of_grant(&self, user: UserNumber, grant: u64) -> Vec<&TokenRow> {
        let hashes = self.of_user.get(&user).and_then(|grants| grants.get(&grant));
        hashes.into_iter().flatten().filter_map(|hash| self.rows.get(hash)).collect()
    }

    /// All tokens of all users that have ended.
    pub(super) fn ended(&self, now: Micros) -> Vec<TokenHash> {
        self.rows.values().filter(|row| row.expires <= now).map(|row| row.hash).collect()
    }

    /// What a user has that has ended, and, with one sign-in more, the oldest beyond so many.
    pub(super) fn beyond(&self, user: UserNumber, now: Micros, most: usize) -> Vec<TokenHash> {
        let Some(grants) = self.of_user.get(&user) else { return Vec::new() };
        let alive = |hash: &&TokenHash| self.rows.get(*hash).is_some_and(|row| now < row.expires);
        let living = grants.values().filter(|hashes| hashes.iter().any(|hash| alive(&hash))).count();
        let mut spare = (living + 1).saturating_sub(most.max(1));
        let mut gone = Vec::new();
        for hashes in grants.values() {
            let lives = hashes.iter().any(|hash| alive(&hash));
            if lives && spare > 0 {
                spare -= 1;
                gone.extend(hashes);
            } else {
                gone.extend(hashes.iter().filter(|hash| !alive(hash)));
            }
        }
        gone
    }

    pub(super) fn change(&mut self, added: Vec<TokenRow>, removed: &[TokenHash]) {
        for hash in removed {
            let Some(row) = self.rows.remove(hash) else { continue };
            let Some(grants) = self.of_user.get_mut(&row.number) else { continue };
            if let Some(hashes) = grants.get_mut(&row.grant) {
                hashes.retain(|other| other != hash);
                if hashes.is_empty() {
                    grants.remove(&row.grant);
                }
            }
            if grants.is_empty() {
                self.of_user.remove(&row.number);
            }
        }
        for row in added {
            self.last_grant = self.last_grant.max(row.grant);
            self.of_user.entry(row.number).or_default().entry(row.grant).or_default().push(row.hash);
            self.rows.insert(row.hash, row);
        }
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({} tokens of {} users)", self.rows.len(), self.of_user.len())
    }
}
