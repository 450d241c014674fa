//! Writing a profile into the configuration file, and leaving the rest of it as it was.

use std::path::Path;

use toml_edit::{Array, DocumentMut, Item, Table};

use super::Protocol;
use super::file::{ConfigFile, PROFILE, usage};
use super::keys::Value;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;

/// A key and its value.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: &'static str,
    pub(super) value: Value,
}

/// Writes a profile, in the place of the one of its name if that is meant.
pub(super) fn add(
    file: Option<&ConfigFile>,
    path: &Path,
    name: &str,
    protocol: Protocol,
    entries: Vec<Entry>,
    replace: bool,
) -> Result<(), Failure> {
    let text = file.map_or("", ConfigFile::text);
    let mut document: DocumentMut = text.parse().map_err(|error| usage(format!("{}: {error}", path.display())))?;
    let profiles = document.entry(PROFILE).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    let Some(profiles) = profiles.as_table_mut() else {
        return Err(usage(format!("{}: `profile` is no table", path.display())));
    };
    if profiles.contains_key(name) && !replace {
        return Err(usage(format!(
            "there is a profile `{name}` in {} already; --replace writes it anew",
            path.display()
        )));
    }
    let table = profiles.entry(name).or_insert_with(|| Item::Table(Table::new()));
    let Some(table) = table.as_table_like_mut() else {
        return Err(usage(format!("{}: `profile.{name}` is no table", path.display())));
    };
    let gone: Vec<String> = table.iter().map(|(key, _)| key.to_owned()).collect();
    for key in gone.iter().filter(|key| *key != "protocol" && !entries.iter().any(|entry| entry.key == *key)) {
        table.remove(key);
    }
    let protocol = Entry { key: "protocol", value: Value::Text(protocol.as_str().to_owned()) };
    for Entry { key, value } in std::iter::once(protocol).chain(entries) {
        let mut value: toml_edit::Value = match value {
            Value::Text(text) => text.into(),
            Value::List(list) => list.into_iter().collect::<Array>().into(),
            Value::Flag(flag) => flag.into(),
            Value::Secret(secret) => secret.expose().as_str().into(),
        };
        match table.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) => {
                // The comment behind it stays.
                value.decor_mut().clone_from(old.decor());
                *old = value;
            }
            None => drop(table.insert(key, Item::Value(value))),
        }
    }
    private::save(path, &document.to_string())
        .map_err(|error| Failure::new(Exit::Failure, format!("cannot write {}: {error}", path.display())))
}
