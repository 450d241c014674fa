//! Gives tokens and judges them.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use data_encoding::{BASE32_NOPAD, BASE64};
use tieline_core::{Random, Secret, Seed, Text};
use tieline_portsip_im::service::{Arrival, Micros, UserNumber};
use tieline_portsip_im::token::{Account, Grant};
use tieline_portsip_im::{Credentials, Status};

use super::ledger::{Ledger, TokenHash, TokenKind, TokenRow, TokenStore};
use super::users::{User, Users};
use crate::im::host::{Accounts, Admitted};
use crate::im::store::StoreError;

/// Random bytes of a token.
const TOKEN: usize = 20;
/// Random bytes of a token for files: a multiple of three, so that its base64 has no padding.
const FILE_TOKEN: usize = 24;

/// How long tokens live, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenRules {
    /// Of an access token. Default 30 minutes, PortSIP's. A line that is logged in outlives it. Of one sign-in two are good at
    /// most: that which came with it or by the last refresh, and the one before.
    pub access_lifetime: Duration,
    /// Of a refresh token. Default 30 days. It is good once, and brings a new one.
    pub refresh_lifetime: Duration,
    /// Of a token for files. Default 365 days, PortSIP's: a line may last as long, and has no other. A user has at most two.
    pub file_lifetime: Duration,
    /// Sign-ins of one user whose tokens are good at once, at most. Default 100; with one more, the tokens of the oldest end.
    pub sign_ins: usize,
}

impl Default for TokenRules {
    fn default() -> Self {
        Self {
            access_lifetime: Duration::from_secs(30 * 60),
            refresh_lifetime: Duration::from_secs(30 * 86_400),
            file_lifetime: Duration::from_secs(365 * 86_400),
            sign_ins: 100,
        }
    }
}

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BadGrant {
    /// The user is unknown, the password or the refresh token wrong, or the token has ended; which, nobody is told.
    #[error("the credentials are wrong")]
    Refused,
    /// The user may not sign in at present.
    #[error("the user may not sign in")]
    Suspended,
    /// The store failed; nothing was given and nothing taken.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Gives access and refresh tokens to users, and says whose a token is. Nothing is kept of a token but its SHA-256.
///
/// [`sign_in`](Self::sign_in), [`refresh`](Self::refresh) and [`revoke`](Self::revoke) take as long as a hash of a password
/// and a write of the [`TokenStore`] take; the others are looks into memory and into the [`Users`], and block no longer than
/// those.
pub struct TokenDesk<U> {
    users: U,
    rules: TokenRules,
    clock: Box<dyn Fn() -> Micros + Send + Sync>,
    ledger: Mutex<Ledger>,
    files: Mutex<FileTokens>,
    /// Held over the whole of a change, so that the ledger never has what the store has not.
    changing: Mutex<Changing>,
}

struct Changing {
    random: Random,
    store: Box<dyn TokenStore>,
}

/// The tokens for files: the newest of each user as it is, since each login of the user is given it again.
struct FileTokens {
    random: Random,
    newest: HashMap<UserNumber, (Secret, TokenHash)>,
    rows: HashMap<TokenHash, TokenRow>,
}

impl<U: Users> TokenDesk<U> {
    /// A desk for these users, with the tokens that the store kept. Tokens are drawn from `seed`: 16 bytes that nobody knows,
    /// another one at each start. `clock` tells the time of day.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn open(
        users: U,
        rules: TokenRules,
        mut store: impl TokenStore,
        seed: Seed,
        clock: impl Fn() -> Micros + Send + Sync + 'static,
    ) -> Result<Self, StoreError> {
        let now = clock();
        let (kept, ended): (Vec<_>, Vec<_>) = store.load()?.into_iter().partition(|row| now < row.expires);
        if !ended.is_empty() {
            store.change(&[], &ended.iter().map(|row| row.hash).collect::<Vec<_>>())?;
        }
        let mut ledger = Ledger::default();
        ledger.change(kept, &[]);
        let random = |purpose: &[u8; 8]| Random::new(seed, u64::from_le_bytes(*purpose));
        let files = FileTokens { random: random(b"im-ftokn"), newest: HashMap::new(), rows: HashMap::new() };
        Ok(Self {
            users,
            rules,
            clock: Box::new(clock),
            ledger: Mutex::new(ledger),
            files: Mutex::new(files),
            changing: Mutex::new(Changing { random: random(b"im-token"), store: Box::new(store) }),
        })
    }

    /// The users.
    pub const fn users(&self) -> &U {
        &self.users
    }

    /// Access and refresh tokens that are remembered now.
    #[must_use]
    pub fn tokens(&self) -> usize {
        lock(&self.ledger).len()
    }

    /// Tokens for a password.
    ///
    /// # Errors
    /// [`BadGrant`]
    pub fn sign_in(&self, account: &Account) -> Result<Grant, BadGrant> {
        let verified = self.users.verify(&account.user, &account.domain, &account.password);
        let user = verified.ok_or(BadGrant::Refused)?;
        if user.suspended {
            return Err(BadGrant::Suspended);
        }
        let mut changing = lock(&self.changing);
        let (grant, gone) = {
            let ledger = lock(&self.ledger);
            (ledger.next_grant(), ledger.beyond(user.number, (self.clock)(), self.rules.sign_ins))
        };
        self.give(&mut changing, &user, grant, &gone)
    }

    /// Tokens for a refresh token, which ends by it. The access token beside it stays good, older ones of the sign-in end.
    ///
    /// # Errors
    /// [`BadGrant`]
    pub fn refresh(&self, token: &Secret) -> Result<Grant, BadGrant> {
        let mut changing = lock(&self.changing);
        let hash = TokenHash::of(token);
        let (row, user) = self.judge(&hash, TokenKind::Refresh).ok_or(BadGrant::Refused)?;
        let now = (self.clock)();
        let mut gone = vec![hash];
        {
            let ledger = lock(&self.ledger);
            let mut access: Vec<&TokenRow> = ledger.of_grant(row.number, row.grant);
            access.retain(|row| row.kind == TokenKind::Access || row.expires <= now);
            access.sort_by_key(|row| row.expires);
            // The newest stays, if it is good: calls that are under way have it.
            access.pop_if(|newest| now < newest.expires);
            gone.extend(access.iter().map(|row| row.hash));
        }
        self.give(&mut changing, &user, row.grant, &gone)
    }

    /// Ends all tokens of the sign-in that an access token comes from. Whether it was a good one.
    ///
    /// # Errors
    /// When the store failed, and the tokens are as good as before.
    pub fn revoke(&self, access_token: &Secret) -> Result<bool, StoreError> {
        let mut changing = lock(&self.changing);
        let hash = TokenHash::of(access_token);
        let Some((row, _)) = self.judge(&hash, TokenKind::Access) else { return Ok(false) };
        let gone: Vec<_> = lock(&self.ledger).of_grant(row.number, row.grant).iter().map(|row| row.hash).collect();
        changing.store.change(&[], &gone)?;
        lock(&self.ledger).change(Vec::new(), &gone);
        Ok(true)
    }

    /// Forgets access and refresh tokens that have ended, those of users who never come back too. How many. Blocks as long as
    /// a write of the [`TokenStore`] takes.
    ///
    /// # Errors
    /// When the store failed, and they are remembered on.
    pub fn forget_ended(&self) -> Result<usize, StoreError> {
        let mut changing = lock(&self.changing);
        let gone = lock(&self.ledger).ended((self.clock)());
        if !gone.is_empty() {
            changing.store.change(&[], &gone)?;
            lock(&self.ledger).change(Vec::new(), &gone);
        }
        Ok(gone.len())
    }

    /// Whose an access token is.
    #[must_use]
    pub fn user_of(&self, access_token: &Secret) -> Option<User> {
        self.judge(&TokenHash::of(access_token), TokenKind::Access).map(|(_, user)| user)
    }

    /// Whose a token for files is.
    #[must_use]
    pub fn holder(&self, file_token: &Secret) -> Option<UserNumber> {
        self.file_holder(file_token).map(|user| user.number)
    }

    fn file_holder(&self, file_token: &Secret) -> Option<User> {
        let row = lock(&self.files).rows.get(&TokenHash::of(file_token)).cloned()?;
        self.users.find(&row.name, &row.domain).filter(|user| row.is_good((self.clock)(), user))
    }

    fn judge(&self, hash: &TokenHash, kind: TokenKind) -> Option<(TokenRow, User)> {
        let row = lock(&self.ledger).get(hash).filter(|row| row.kind == kind).cloned()?;
        let user = self.users.find(&row.name, &row.domain)?;
        row.is_good((self.clock)(), &user).then_some((row, user))
    }

    fn give(&self, changing: &mut Changing, user: &User, grant: u64, gone: &[TokenHash]) -> Result<Grant, BadGrant> {
        let now = (self.clock)();
        let mut draw = |kind, lifetime| {
            let mut bytes = [0; TOKEN];
            changing.random.fill(&mut bytes);
            let token = Secret::from(BASE32_NOPAD.encode(&bytes));
            let row = row(user, TokenHash::of(&token), kind, grant, now, lifetime);
            (token, row)
        };
        let (access, access_row) = draw(TokenKind::Access, self.rules.access_lifetime);
        let (refresh, refresh_row) = draw(TokenKind::Refresh, self.rules.refresh_lifetime);
        let added = vec![access_row, refresh_row];
        changing.store.change(&added, gone)?;
        lock(&self.ledger).change(added, gone);
        Ok(Grant::new(access).expiring_in(self.rules.access_lifetime).refreshed_by(refresh))
    }

    /// The token for files of a user: the newest one while half of its life is ahead, else a new one.
    fn file_token(&self, user: &User) -> Secret {
        let now = (self.clock)();
        let half = micros(self.rules.file_lifetime / 2);
        let mut files = lock(&self.files);
        let FileTokens { random, newest, rows } = &mut *files;
        if let Some((token, hash)) = newest.get(&user.number)
            && rows.get(hash).is_some_and(|row| row.is_good(now.saturating_add(half), user))
        {
            return token.clone();
        }
        let mut bytes = [0; FILE_TOKEN];
        random.fill(&mut bytes);
        let token = Secret::from(BASE64.encode(&bytes));
        let hash = TokenHash::of(&token);
        let last = newest.insert(user.number, (token.clone(), hash)).map(|(_, hash)| hash);
        // Lines that are open may still use the last one, but not the one before it.
        rows.retain(|other, row| row.number != user.number || Some(*other) == last);
        rows.insert(hash, row(user, hash, TokenKind::Access, 0, now, self.rules.file_lifetime));
        token
    }
}

impl<U: Users> Accounts for TokenDesk<U> {
    /// Scheme `access_token` with a token that [`sign_in`](TokenDesk::sign_in) or [`refresh`](TokenDesk::refresh) gave, or
    /// `token` with the token for files that an earlier login brought.
    fn login(&self, credentials: &Credentials) -> Result<Admitted, Status> {
        let user = match credentials {
            Credentials::AccessToken { user, domain, token } => {
                let judged = self.judge(&TokenHash::of(token), TokenKind::Access).map(|(_, judged)| judged);
                judged.filter(|judged| judged.name == *user && judged.domain.eq_ignore_ascii_case(domain))
            }
            Credentials::Other { scheme, secret } if scheme == "token" => {
                self.file_holder(&Secret::from(BASE64.encode(secret.expose())))
            }
            _ => return Err(Status::UNKNOWN_SCHEME),
        };
        let user = user.ok_or(Status::AUTHENTICATION_FAILED)?;
        Ok(Admitted::new(user.arrival()).with_token(self.file_token(&user)))
    }

    fn user(&self, number: UserNumber) -> Option<Arrival> {
        self.users.find_number(number).map(|user| user.arrival())
    }

    fn channels(&self, number: UserNumber) -> Option<Vec<Text>> {
        self.users.find_number(number).map(|user| user.arrival().channels)
    }

    /// Who was removed or suspended may not.
    fn may_stay(&self, number: UserNumber) -> bool {
        let names = {
            let files = lock(&self.files);
            let row = files.newest.get(&number).and_then(|(_, hash)| files.rows.get(hash));
            row.map(|row| (row.name.clone(), row.domain.clone()))
        };
        names.is_none_or(|(name, domain)| {
            let user = self.users.find(&name, &domain);
            user.is_some_and(|user| user.number == number && !user.suspended)
        })
    }
}

impl<U> fmt::Debug for TokenDesk<U> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenDesk").field("rules", &self.rules).finish_non_exhaustive()
    }
}

fn row(user: &User, hash: TokenHash, kind: TokenKind, grant: u64, now: Micros, lifetime: Duration) -> TokenRow {
    TokenRow {
        hash,
        kind,
        grant,
        number: user.number,
        name: user.name.clone(),
        domain: user.domain.clone(),
        revision: user.revision,
        expires: now.saturating_add(micros(lifetime)),
    }
}

fn micros(time: Duration) -> Micros {
    Micros::try_from(time.as_micros()).unwrap_or(Micros::MAX)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
