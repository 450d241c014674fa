//! Users in a file.

mod edit;
mod read;

use std::fmt;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

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
/// at again whenever somebody signs in with a password, and otherwise when the last look is a second ago: users are looked up
/// in memory between. While it has a mistake the users are those that it had before, and the mistake stands in the log; so they
/// are while the file is gone or has nothing in it, as while an editor writes it. Nobody is `[users]` and no more.
/// [`UsersEdit`] changes it.
pub struct UsersFile {
    path: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// The file as it was looked at last, `None` when there was none.
    seen: Option<Mark>,
    /// When that was.
    looked: Instant,
    list: Arc<List>,
    failed: bool,
    /// Whether the file could not even be looked at.
    unseen: bool,
}

/// How long a look at the file is good for who looks a user up.
const LOOK: Duration = Duration::from_secs(1);

/// How fresh the list has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fresh {
    Now,
    Lately,
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
    /// There were users in the file, and it is no longer there or has nothing in it.
    #[error("{}: the file is gone, or empty", .0.display())]
    Gone(PathBuf),
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
        let list = Arc::new(read::list(&path, false)?);
        Ok(Self { path, state: Mutex::new(State { seen, looked: Instant::now(), list, failed: false, unseen: false }) })
    }

    /// All users, by domain and name.
    #[must_use]
    pub fn all(&self) -> Vec<User> {
        self.list(Fresh::Now).users().cloned().collect()
    }

    /// Whether the file has a mistake, cannot be read, or is gone, since it was changed.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        let _ = self.list(Fresh::Now);
        self.lock().failed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The users as the file has them now, or had them lately.
    fn list(&self, fresh: Fresh) -> Arc<List> {
        let mut state = self.lock();
        if fresh == Fresh::Now || state.looked.elapsed() >= LOOK {
            state.look(&self.path);
        }
        Arc::clone(&state.list)
    }
}

impl State {
    /// Looks at the file, and reads it if it is another than before.
    fn look(&mut self, path: &Path) {
        self.looked = Instant::now();
        let read = match Mark::look(path) {
            Ok(seen) if seen == self.seen && !self.unseen => return,
            Ok(seen) => {
                // Looked at before it is read: what is written meanwhile is read next time.
                (self.seen, self.unseen) = (seen, false);
                read::list(path, !self.list.is_empty())
            }
            // It is told once, and read when it can be looked at again.
            Err(_) if self.unseen => return,
            Err(error) => {
                self.unseen = true;
                Err(UsersFileError::io(path)(error))
            }
        };
        match read {
            Ok(list) => {
                tracing::info!(users = list.users().len(), path = %path.display(), "the users were read anew");
                self.list = Arc::new(list);
                self.failed = false;
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::error!(error, "the users stay as they were");
                self.failed = true;
            }
        }
    }
}

impl Users for UsersFile {
    fn find(&self, name: &str, domain: &str) -> Option<User> {
        self.list(Fresh::Lately).get(name, domain).map(|entry| entry.user.clone())
    }

    fn find_number(&self, number: UserNumber) -> Option<User> {
        self.list(Fresh::Lately).by_number(number).map(|entry| entry.user.clone())
    }

    fn verify(&self, name: &str, domain: &str, password: &Secret) -> Option<User> {
        // It takes as long as a hash anyway, and who was added a moment ago is let in.
        let list = self.list(Fresh::Now);
        match list.get(name, domain) {
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
