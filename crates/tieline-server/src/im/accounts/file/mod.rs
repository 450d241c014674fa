//! Users in a file.

mod edit;
mod read;

use std::fmt;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use tieline_core::Secret;
use tieline_portsip_im::service::UserNumber;

use super::password::PasswordHash;
use super::users::{User, Users};
use read::{Entry, List};

pub use edit::{NewUser, UsersEdit};

/// A file of users: TOML, a table for each, passwords as Argon2id hashes.
///
/// ```toml
/// [users."alice@example.com"]
/// number = 417730283916521177
/// password = "$argon2id$v=19$m=19456,t=2,p=1$…"
/// name = "Alice Doe"
/// channels = ["8000"]
/// suspended = true
/// ```
///
/// `number` is what stands behind `usr` on the wire; `name`, `channels` and `suspended` may be left out. The file is looked
/// at again whenever somebody signs in or logs in. While it has a mistake the users are those that it had before, and the
/// mistake stands in the log. [`UsersEdit`] changes it.
pub struct UsersFile {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// The file as it was looked at last, `None` when there was none.
    seen: Option<Mark>,
    list: Arc<List>,
    failed: bool,
}

/// What differs when a file was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    modified: Option<SystemTime>,
    length: u64,
    node: u64,
}

impl Mark {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let node = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let node = 0;
        Self { modified: metadata.modified().ok(), length: metadata.len(), node }
    }

    fn look(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Some(Self::of(&metadata))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Why a file of users cannot be read or changed. No password is in it, nor a hash.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsersFileError {
    /// What the system says.
    #[error("{}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A mistake in the file.
    #[error("{}:{line}:{column}: {words}", path.display())]
    Mistake {
        /// The file.
        path: PathBuf,
        /// The line, from 1 on.
        line: usize,
        /// The column, from 1 on.
        column: usize,
        /// What is wrong.
        words: String,
    },
    /// A user that cannot be added or changed.
    #[error("{0}")]
    User(String),
}

impl UsersFileError {
    fn io(path: &Path) -> impl Fn(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path: path.clone(), source }
    }
}

impl UsersFile {
    /// Reads a file; where there is none there are no users yet.
    ///
    /// # Errors
    /// When it cannot be read, or has a mistake.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, UsersFileError> {
        let path = path.into();
        let seen = Mark::look(&path).map_err(UsersFileError::io(&path))?;
        let list = Arc::new(read::list(&path)?);
        Ok(Self { path, state: Mutex::new(State { seen, list, failed: false }) })
    }

    /// All users, by domain and name.
    #[must_use]
    pub fn all(&self) -> Vec<User> {
        self.list().values().map(|entry| entry.user.clone()).collect()
    }

    /// Whether the file has a mistake, or cannot be read, since it was changed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let _ = self.list();
        self.lock().failed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The users as the file has them now.
    fn list(&self) -> Arc<List> {
        let mut state = self.lock();
        let seen = Mark::look(&self.path).unwrap_or(state.seen);
        if seen != state.seen {
            // Looked at before it is read: what is written meanwhile is read next time.
            state.seen = seen;
            match read::list(&self.path) {
                Ok(list) => {
                    tracing::info!(users = list.len(), path = %self.path.display(), "the users were read anew");
                    state.list = Arc::new(list);
                    state.failed = false;
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the users stay as they were");
                    state.failed = true;
                }
            }
        }
        Arc::clone(&state.list)
    }
}

impl Users for UsersFile {
    fn find(&self, name: &str, domain: &str) -> Option<User> {
        self.list().get(&read::key(name, domain)).map(|entry| entry.user.clone())
    }

    fn find_number(&self, number: UserNumber) -> Option<User> {
        self.list().values().map(|entry| &entry.user).find(|user| user.number == number).cloned()
    }

    fn verify(&self, name: &str, domain: &str, password: &Secret) -> Option<User> {
        let list = self.list();
        match list.get(&read::key(name, domain)) {
            Some(Entry { user, password: hash, .. }) => hash.verifies(password).then(|| user.clone()),
            None => {
                PasswordHash::verify_nobody(password);
                None
            }
        }
    }
}

impl fmt::Debug for UsersFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersFile").field("path", &self.path).finish_non_exhaustive()
    }
}
