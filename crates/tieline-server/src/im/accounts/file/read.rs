//! Reading the file, and the mistakes in it.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::ops::Range;
use std::path::Path;

use tieline_portsip_im::service::UserNumber;
use toml_edit::{Document, Item, Key, TableLike};

use super::UsersFileError;
use crate::im::accounts::password::PasswordHash;
use crate::im::accounts::users::{User, key};

/// The table of the users.
pub(super) const USERS: &str = "users";

/// Users by domain and name, and by number.
#[derive(Default)]
pub(super) struct List {
    entries: BTreeMap<(String, String), Entry>,
    numbers: HashMap<UserNumber, (String, String)>,
}

impl List {
    pub(super) fn get(&self, name: &str, domain: &str) -> Option<&Entry> {
        self.entries.get(&key(name, domain))
    }

    pub(super) fn by_number(&self, number: UserNumber) -> Option<&Entry> {
        self.entries.get(self.numbers.get(&number)?)
    }

    /// All of them, by domain and name.
    pub(super) fn users(&self) -> impl ExactSizeIterator<Item = &User> {
        self.entries.values().map(|entry| &entry.user)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// One user.
pub(super) struct Entry {
    pub(super) user: User,
    pub(super) password: PasswordHash,
}

/// Name and domain of what is written as `name@domain`.
pub(super) fn names(written: &str) -> Result<(&str, &str), &'static str> {
    let Some((name, domain)) = written.split_once('@') else {
        return Err("a user is written as \"NAME@DOMAIN\"");
    };
    let is_plain = |text: &str| !text.is_empty() && !text.chars().any(|c| c.is_control() || c.is_whitespace());
    if !is_plain(name) || !is_plain(domain) || name.contains(':') || domain.contains('@') {
        return Err("name and domain have no spaces, the name no colon, and neither is empty");
    }
    Ok((name, domain))
}

/// The users of a file; none where there is no file. Where there were users before, `had_users`, a file that is not there, or
/// has nothing in it, is one that is being written, and no list of nobody: that says `[users]` at least.
pub(super) fn list(path: &Path, had_users: bool) -> Result<List, UsersFileError> {
    match std::fs::read_to_string(path) {
        Ok(text) if had_users && text.trim().is_empty() => Err(UsersFileError::Gone(path.to_owned())),
        Ok(text) => of_text(path, &text),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(UsersFileError::io(path)(error)),
        Err(_) if had_users => Err(UsersFileError::Gone(path.to_owned())),
        Err(_) => Ok(List::default()),
    }
}

/// The users of a text.
pub(super) fn of_text(path: &Path, text: &str) -> Result<List, UsersFileError> {
    let file = File { path, text };
    let document = Document::parse(text).map_err(|error| file.mistake(error.span(), error.message().trim()))?;
    let mut list = List::default();
    for (top, item) in document.as_table().iter() {
        let span = document.as_table().key(top).and_then(Key::span);
        let users = item.as_table_like().filter(|_| top == USERS);
        let users = users.ok_or_else(|| file.mistake(span, "users are [users.\"NAME@DOMAIN\"], and nothing else"))?;
        for (written, item) in users.iter() {
            let span = users.key(written).and_then(Key::span);
            let (name, domain) = names(written).map_err(|words| file.mistake(span.clone(), words))?;
            let table = item.as_table_like();
            let table =
                table.ok_or_else(|| file.mistake(span.clone(), "a user is a table: [users.\"NAME@DOMAIN\"]"))?;
            let entry = file.entry(name, domain, span.clone(), table)?;
            if list.numbers.insert(entry.user.number, key(name, domain)).is_some() {
                return Err(file.mistake(span, "another user has the same `number`"));
            }
            if list.entries.insert(key(name, domain), entry).is_some() {
                return Err(file.mistake(span, "there are two of this name: case makes no difference in a domain"));
            }
        }
    }
    Ok(list)
}

struct File<'a> {
    path: &'a Path,
    text: &'a str,
}

impl File<'_> {
    fn entry(
        &self,
        name: &str,
        domain: &str,
        at: Option<Range<usize>>,
        table: &dyn TableLike,
    ) -> Result<Entry, UsersFileError> {
        let mut user = User::new(0, name, domain);
        let (mut number, mut password) = (None, None);
        for (key, item) in table.iter() {
            let wrong = |words: &str| self.mistake(item.span(), words);
            let known = match key {
                "number" => {
                    let read =
                        item.as_integer().and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
                    number = Some(read.ok_or_else(|| wrong("`number` is a whole number above 0"))?);
                    true
                }
                "password" => {
                    let read = item.as_str().and_then(|text| text.parse::<PasswordHash>().ok());
                    let words =
                        "`password` is the hash of a password, $argon2id$…: `tieline serve users passwd` makes one";
                    password = Some(read.ok_or_else(|| wrong(words))?);
                    true
                }
                "name" => {
                    user.display_name = Some(item.as_str().ok_or_else(|| wrong("`name` is a text"))?.to_owned());
                    true
                }
                "channels" => {
                    user.channels = channels(item).ok_or_else(|| wrong("`channels` is an array of texts"))?;
                    true
                }
                "suspended" => {
                    user.suspended = item.as_bool().ok_or_else(|| wrong("`suspended` is true or false"))?;
                    true
                }
                _ => false,
            };
            if !known {
                let span = table.key(key).and_then(Key::span);
                return Err(self.mistake(span, &format!("a user has no key `{key}`")));
            }
        }
        let misses = |key: &str| self.mistake(at.clone(), &format!("`{key}` is missing"));
        user.number = number.ok_or_else(|| misses("number"))?;
        let password = password.ok_or_else(|| misses("password"))?;
        user.revision = password.revision();
        Ok(Entry { user, password })
    }

    fn mistake(&self, span: Option<Range<usize>>, words: &str) -> UsersFileError {
        let before = self.text.get(..span.map_or(0, |span| span.start)).unwrap_or(self.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        UsersFileError::Mistake { path: self.path.to_owned(), line, column, words: words.to_owned() }
    }
}

fn channels(item: &Item) -> Option<Vec<String>> {
    item.as_array()?.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}
