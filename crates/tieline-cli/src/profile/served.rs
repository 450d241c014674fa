//! `serve.toml`: the options of `serve` in the folder that is served.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use clap::builder::Resettable;
use clap::{ArgAction, Command};
use toml_edit::{Document, Item, Key, Value};

use super::file::{mistake, usage};
use super::layers::{Layers, with_each, with_leaf};
use crate::failure::Failure;

/// An option, and what the file says of it.
type Told = (String, Vec<OsString>);

impl Layers<'_> {
    /// The command with what the file of the folder says for defaults, where the command is `serve` and the folder has one.
    pub(super) fn with_served(&self, command: Command) -> Result<Command, Failure> {
        if !self.path().iter().map(String::as_str).eq(["serve"]) {
            return Ok(command);
        }
        let variable = || std::env::var_os("TIELINE_DATA").map(PathBuf::from);
        let folder = self.raw("data").first().map(PathBuf::from).or_else(variable);
        let Some(path) = folder.map(|folder| folder.join("serve.toml")) else { return Ok(command) };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(command),
            Err(error) => return Err(usage(format!("cannot read {}: {error}", path.display()))),
        };
        let Some(serve) = command.find_subcommand("serve") else { return Ok(command) };
        let mut told = read(&path, &text, serve)?;
        check(&path, &told, serve)?;
        told.retain(|(id, _)| !self.is_told(id));
        Ok(with_leaf(command, self.path(), &mut |mut leaf| {
            for (id, values) in std::mem::take(&mut told) {
                leaf = leaf.mut_arg(id, |arg| arg.default_values(values));
            }
            leaf
        }))
    }
}

/// What the file says.
fn read(path: &Path, text: &str, serve: &Command) -> Result<Vec<Told>, Failure> {
    let document = Document::parse(text).map_err(|error| mistake(path, text, error.span(), error.message().trim()))?;
    let table = document.as_table();
    let mut told = Vec::new();
    for (name, item) in table.iter() {
        let option = serve.get_arguments().find(|arg| arg.get_long() == Some(name) && !arg.is_global_set());
        let Some(option) = option.filter(|arg| !matches!(arg.get_action(), ArgAction::Help | ArgAction::Version))
        else {
            let span = table.key(name).and_then(Key::span);
            return Err(mistake(path, text, span, &format!("`serve` has no option `{name}`")));
        };
        let is_flag = matches!(option.get_action(), ArgAction::SetTrue);
        let values = values(item, is_flag).ok_or_else(|| {
            let words = if is_flag { "true or false" } else { "a text, a number, or an array of these" };
            mistake(path, text, item.span(), &format!("`{name}` is {words}"))
        })?;
        if !values.is_empty() {
            told.push((option.get_id().to_string(), values));
        }
    }
    Ok(told)
}

fn values(item: &Item, is_flag: bool) -> Option<Vec<OsString>> {
    if is_flag {
        return item.as_bool().map(|flag| if flag { vec!["true".into()] } else { Vec::new() });
    }
    let one = |value: &Value| match value {
        Value::String(text) => Some(OsString::from(text.value())),
        Value::Integer(number) => Some(number.value().to_string().into()),
        _ => None,
    };
    match item.as_value()? {
        Value::Array(array) => array.iter().map(one).collect(),
        value => one(value).map(|value| vec![value]),
    }
}

/// Whether the options take it: clap takes defaults for right.
fn check(path: &Path, told: &[Told], serve: &Command) -> Result<(), Failure> {
    let mut words: Vec<OsString> = vec!["serve".into(), "DIR".into()];
    for (id, values) in told {
        let Some(option) = serve.get_arguments().find(|arg| arg.get_id() == id.as_str()) else { continue };
        let name = format!("--{}", option.get_long().unwrap_or_default());
        if matches!(option.get_action(), ArgAction::SetTrue) {
            words.push(name.into());
            continue;
        }
        for value in values {
            words.extend([name.clone().into(), value.clone()]);
        }
    }
    let bare = with_each(serve.clone(), &|arg| arg.env(Resettable::Reset));
    match bare.try_get_matches_from(words) {
        Ok(_) => Ok(()),
        Err(error) => {
            let words = error.to_string();
            let first = words.lines().next().unwrap_or_default().trim_start_matches("error: ");
            Err(usage(format!("{}: {first}", path.display())))
        }
    }
}
