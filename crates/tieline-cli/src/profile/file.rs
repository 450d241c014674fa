//! The configuration file, and the mistakes in it.

use std::fs::File;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use tieline_core::Secret;
use toml_edit::{Document, Item, Key as TomlKey, Table};

use super::Profile;
use super::keys::{Key, Kind, Protocol, Value};
use crate::exit::Exit;
use crate::failure::Failure;

/// The table of the profiles.
pub(super) const PROFILE: &str = "profile";

/// The configuration file as it was read.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    path: PathBuf,
    document: Document<String>,
    /// The permissions, where others than the owner have any.
    open: Option<u32>,
}

/// Where the configuration file is: the one that was named, else by XDG's rules.
pub(super) fn path(named: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(path) = named {
        return Ok(path.to_owned());
    }
    let absolute = |path: &PathBuf| path.is_absolute();
    let xdg = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(absolute);
    let home = || Some(std::env::home_dir().filter(absolute)?.join(".config"));
    let folder = xdg.or_else(home).ok_or_else(|| {
        usage("there is no home folder to find the configuration file in: name it with --config".into())
    })?;
    Ok(folder.join("tieline").join("config.toml"))
}

impl ConfigFile {
    /// Reads it; `None` where there is none.
    pub(super) fn read(path: PathBuf) -> Result<Option<Self>, Failure> {
        let unreadable = |error: io::Error| usage(format!("cannot read {}: {error}", path.display()));
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        let open = open_mode(&file).map_err(unreadable)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(unreadable)?;
        let document = match Document::parse(text.clone()) {
            Ok(document) => document,
            Err(error) => {
                let words = error.message().trim().to_owned();
                return Err(mistake(&path, &text, error.span(), &words));
            }
        };
        let file = Self { path, document, open };
        file.check_top()?;
        Ok(Some(file))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its text.
    pub(super) fn text(&self) -> &str {
        self.document.raw()
    }

    /// The names of the profiles, in the order of the file.
    pub(super) fn names(&self) -> Vec<&str> {
        self.profiles().map(|table| table.iter().map(|(name, _)| name).collect()).unwrap_or_default()
    }

    /// A profile; `None` where there is none of this name.
    pub(super) fn profile(&self, name: &str) -> Result<Option<Profile>, Failure> {
        let Some((key, item)) = self.profiles().and_then(|table| table.get_key_value(name)) else { return Ok(None) };
        let Some(table) = item.as_table_like() else {
            return Err(self.mistake(key.span(), &format!("`{name}` is no table: [profile.{name}] is expected")));
        };
        let told = table.get("protocol");
        let Some(told) = told else {
            return Err(self.mistake(key.span(), "`protocol` is missing: wsi, im, cloudpbx or axeos"));
        };
        let Some(protocol) = told.as_str().and_then(Protocol::parse) else {
            return Err(self.mistake(told.span(), "`protocol` is one of \"wsi\", \"im\", \"cloudpbx\" and \"axeos\""));
        };
        let mut values = Vec::new();
        for (name, item) in table.iter().filter(|(name, _)| *name != "protocol") {
            let span = table.get_key_value(name).and_then(|(key, _): (&TomlKey, _)| key.span());
            let Some(key) = Key::find(name) else {
                return Err(self.mistake(span, &format!("a profile has no key `{name}`")));
            };
            if !key.is_of(protocol) {
                let words = format!("a profile of {} has no key `{name}`", protocol.as_str());
                return Err(self.mistake(span, &words));
            }
            values.push((key.name, self.value(key, item)?));
        }
        Ok(Some(Profile { name: name.to_owned(), protocol, values, folder: self.folder() }))
    }

    fn value(&self, key: &Key, item: &Item) -> Result<Value, Failure> {
        let expected = |what: &str| self.mistake(item.span(), &format!("`{}` is {what}", key.name));
        let text = |item: Option<&str>, span: Option<Range<usize>>, what: &str| -> Result<String, Failure> {
            let text = item.ok_or_else(|| expected(what))?;
            key.check(text).map_err(|words| self.mistake(span, &format!("`{}`: {words}", key.name)))?;
            Ok(text.to_owned())
        };
        Ok(match key.kind {
            Kind::Flag => Value::Flag(item.as_bool().ok_or_else(|| expected("true or false"))?),
            Kind::List | Kind::Addresses => {
                let what = "a text, or an array of texts";
                match item.as_array() {
                    None => Value::List(vec![text(item.as_str(), item.span(), what)?]),
                    Some(array) => {
                        let texts = array.iter().map(|value| text(value.as_str(), value.span(), what));
                        Value::List(texts.collect::<Result<_, _>>()?)
                    }
                }
            }
            Kind::Secret => {
                let secret = Secret::from(text(item.as_str(), item.span(), "a text")?);
                if let Some(mode) = self.open {
                    let name = key.name;
                    let path = self.path.display();
                    let words = format!(
                        "`{name}` stands in the file, which others may read (mode {mode:04o}): `chmod 600 {path}`, or say \
                         where it is with {name}_file or {name}_cmd"
                    );
                    return Err(self.mistake(item.span(), &words));
                }
                Value::Secret(secret)
            }
            Kind::Text | Kind::Address | Kind::Path => Value::Text(text(item.as_str(), item.span(), "a text")?),
        })
    }

    fn profiles(&self) -> Option<&Table> {
        self.document.as_table().get(PROFILE)?.as_table()
    }

    /// Nothing but profiles stands in the file.
    fn check_top(&self) -> Result<(), Failure> {
        let top = self.document.as_table();
        for (name, item) in top.iter() {
            let span = top.key(name).and_then(TomlKey::span);
            if name != PROFILE {
                return Err(self.mistake(span, &format!("`{name}` is no key of the file; profiles are [profile.NAME]")));
            }
            if !item.is_table() {
                return Err(self.mistake(span, "`profile` is a table of profiles: [profile.NAME]"));
            }
        }
        Ok(())
    }

    fn folder(&self) -> PathBuf {
        self.path.parent().map(Path::to_owned).unwrap_or_default()
    }

    fn mistake(&self, span: Option<Range<usize>>, words: &str) -> Failure {
        mistake(&self.path, self.document.raw(), span, words)
    }
}

/// A mistake, as compilers tell one.
pub(super) fn mistake(path: &Path, text: &str, span: Option<Range<usize>>, words: &str) -> Failure {
    let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    usage(format!("{}:{line}:{column}: {words}", path.display()))
}

pub(super) fn usage(message: String) -> Failure {
    Failure::new(Exit::Usage, message)
}

#[cfg(unix)]
fn open_mode(file: &File) -> io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = file.metadata()?.permissions().mode() & 0o7777;
    Ok(Some(mode).filter(|mode| mode & 0o077 != 0))
}

#[cfg(not(unix))]
fn open_mode(_: &File) -> io::Result<Option<u32>> {
    Ok(None)
}
