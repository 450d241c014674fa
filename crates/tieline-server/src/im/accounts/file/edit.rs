//! Changing the file, and leaving the rest of it as it was.

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use toml_edit::{Array, DocumentMut, Item, Table, value};

use super::UsersFileError;
use super::read::{self, List, USERS};
use crate::im::accounts::password::PasswordHash;
use crate::im::accounts::users::User;

/// What a new file begins with.
const HEAD: &str = "# The users of the IM service: `tieline serve users` changes this file, and so may you.\n\
                    # A running service reads it anew when it was changed.\n\n";

/// A user to add.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct NewUser {
    /// Who; its `revision` is not looked at.
    pub user: User,
    /// The hash of the password.
    pub password: PasswordHash,
}

impl NewUser {
    /// A user with a password.
    #[must_use]
    pub const fn new(user: User, password: PasswordHash) -> Self {
        Self { user, password }
    }
}

/// A file of users that is being changed. Nobody else changes it by this type meanwhile; [`save`](Self::save) writes it, whole
/// or not at all.
pub struct UsersEdit {
    path: PathBuf,
    document: DocumentMut,
    list: List,
    /// Whether the file is begun.
    new: bool,
    _lock: File,
}

impl UsersEdit {
    /// Begins to change a file; one that is not there is begun. Waits while another process changes it.
    ///
    /// # Errors
    /// When it cannot be read, or has a mistake.
    pub fn begin(path: impl Into<PathBuf>) -> Result<Self, UsersFileError> {
        let path = path.into();
        let lock = lock(&path).map_err(UsersFileError::io(&path))?;
        let (text, new) = match std::fs::read_to_string(&path) {
            Ok(text) => (text, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), true),
            Err(error) => return Err(UsersFileError::io(&path)(error)),
        };
        let list = read::of_text(&path, &text)?;
        let document = text.parse().map_err(|_| UsersFileError::User("the file changed while it was read".into()))?;
        Ok(Self { path, document, list, new, _lock: lock })
    }

    /// Who is in it.
    #[must_use]
    pub fn find(&self, name: &str, domain: &str) -> Option<&User> {
        self.list.get(name, domain).map(|entry| &entry.user)
    }

    /// Whether a user has this number.
    #[must_use]
    pub fn has_number(&self, number: u64) -> bool {
        self.list.by_number(number).is_some()
    }

    /// Adds a user.
    ///
    /// # Errors
    /// When there is one of this name or number, or the names are none that can sign in.
    pub fn add(&mut self, new: &NewUser) -> Result<(), UsersFileError> {
        let user = &new.user;
        let written = format!("{}@{}", user.name, user.domain);
        read::names(&written).map_err(|words| UsersFileError::User(format!("{written}: {words}")))?;
        if self.find(&user.name, &user.domain).is_some() {
            return Err(UsersFileError::User(format!("there is a user {written} already")));
        }
        let number = i64::try_from(user.number).ok().filter(|number| *number > 0);
        let number = number.filter(|_| !self.has_number(user.number));
        let number = number
            .ok_or_else(|| UsersFileError::User(format!("the number {} is taken, zero, or too large", user.number)))?;
        let mut table = Table::new();
        table.insert("number", value(number));
        table.insert("password", value(new.password.to_phc()));
        if let Some(name) = &user.display_name {
            table.insert("name", value(name));
        }
        if !user.channels.is_empty() {
            table.insert("channels", value(user.channels.iter().collect::<Array>()));
        }
        if user.suspended {
            table.insert("suspended", value(true));
        }
        let users = self.document.entry(USERS).or_insert_with(|| {
            let mut users = Table::new();
            users.set_implicit(true);
            Item::Table(users)
        });
        if let Some(users) = users.as_table_like_mut() {
            users.insert(&written, Item::Table(table));
        }
        self.read_again()
    }

    /// Gives a user another password: tokens that were got with the old one end. Whether there is such a user.
    ///
    /// # Errors
    /// When the file cannot be written so.
    pub fn set_password(&mut self, name: &str, domain: &str, password: &PasswordHash) -> Result<bool, UsersFileError> {
        let Some(item) = self.table(name, domain) else { return Ok(false) };
        let Some(table) = item.as_table_like_mut() else { return Ok(false) };
        table.insert("password", value(password.to_phc()));
        self.read_again().map(|()| true)
    }

    /// Suspends a user, or takes that back. Whether there is such a user.
    ///
    /// # Errors
    /// When the file cannot be written so.
    pub fn suspend(&mut self, name: &str, domain: &str, suspended: bool) -> Result<bool, UsersFileError> {
        let Some(item) = self.table(name, domain) else { return Ok(false) };
        let Some(table) = item.as_table_like_mut() else { return Ok(false) };
        if suspended {
            table.insert("suspended", value(true));
        } else {
            table.remove("suspended");
        }
        self.read_again().map(|()| true)
    }

    /// Removes a user; topics and messages stay, and nobody else should get the number. Whether there was such a user.
    ///
    /// # Errors
    /// When the file cannot be written so.
    pub fn remove(&mut self, name: &str, domain: &str) -> Result<bool, UsersFileError> {
        let Some(written) = self.written(name, domain) else { return Ok(false) };
        if let Some(users) = self.document.get_mut(USERS).and_then(Item::as_table_like_mut) {
            users.remove(&written);
            // A file with nothing in it is taken for one that is being written.
            if users.is_empty()
                && let Some(users) = self.document.get_mut(USERS).and_then(Item::as_table_mut)
            {
                users.set_implicit(false);
            }
        }
        self.read_again().map(|()| true)
    }

    /// Writes the file, for its owner only, durably when this returns.
    ///
    /// # Errors
    /// What the system says; the file is as it was.
    pub fn save(self) -> Result<(), UsersFileError> {
        let head = if self.new { HEAD } else { "" };
        write(&self.path, &format!("{head}{}", self.document)).map_err(UsersFileError::io(&self.path))
    }

    fn written(&self, name: &str, domain: &str) -> Option<String> {
        self.find(name, domain).map(|user| format!("{}@{}", user.name, user.domain))
    }

    fn table(&mut self, name: &str, domain: &str) -> Option<&mut Item> {
        let written = self.written(name, domain)?;
        self.document.get_mut(USERS)?.as_table_like_mut()?.get_mut(&written)
    }

    fn read_again(&mut self) -> Result<(), UsersFileError> {
        self.list = read::of_text(&self.path, &self.document.to_string())?;
        Ok(())
    }
}

impl fmt::Debug for UsersEdit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UsersEdit").field("path", &self.path).finish_non_exhaustive()
    }
}

/// The path with something behind its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The folder of a file.
fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// An empty file for its owner only: whoever owns the folder, so that a service which is not run by root can read what root
/// changed.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, fchown};
        let (own, around) = (file.metadata()?, std::fs::metadata(folder(path))?);
        if own.uid() != around.uid() {
            // Only root may; whoever else adds users is the one to see to it.
            let _ = fchown(&file, Some(around.uid()), Some(around.gid()));
        }
    }
    Ok(file)
}

fn lock(path: &Path) -> io::Result<File> {
    let file = private(&beside(path, ".lock"))?;
    file.lock()?;
    Ok(file)
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let coming = beside(path, ".new");
    let mut file = private(&coming)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&coming, path)?;
    #[cfg(unix)]
    File::open(folder(path))?.sync_all()?;
    Ok(())
}
