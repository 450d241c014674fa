//! Profiles: named PBXs in a configuration file.

mod commands;
mod file;
mod keys;
mod layers;
#[cfg(feature = "serve")]
mod served;
mod write;

use std::ffi::OsString;
use std::path::PathBuf;

use tieline_core::Secret;
use tieline_tokio::cloudpbx::StreamAddress;

use file::usage;
use keys::{Kind, Value};

pub(crate) use commands::run;
pub(crate) use keys::{PROTOCOLS, Protocol};
pub(crate) use layers::parse;

use crate::failure::Failure;

/// A profile.
#[derive(Debug)]
pub(crate) struct Profile {
    name: String,
    protocol: Protocol,
    /// By the names of the keys, in the order of the file.
    values: Vec<(&'static str, Value)>,
    /// Where its paths begin.
    folder: PathBuf,
}

/// Where a command that has a profile goes.
#[derive(Debug, Default)]
struct Place {
    /// The protocol, in the words of `--protocol`.
    protocol: Option<&'static str>,
    url: Option<String>,
    api: Vec<String>,
    stream: Option<String>,
}

impl Profile {
    fn get(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    fn secret(&self, key: &str) -> Option<&Secret> {
        match self.get(key)? {
            Value::Secret(secret) => Some(secret),
            _ => None,
        }
    }

    fn list(&self, key: &str) -> Vec<String> {
        match self.get(key) {
            Some(Value::List(list)) => list.clone(),
            _ => Vec::new(),
        }
    }

    /// The address of the event stream of a CloudPBX: with the path that its name makes, unless it has one.
    fn stream(&self) -> Option<String> {
        let stream = self.text("stream")?;
        let server = stream.trim_end_matches('/');
        let has_path = server.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
        let named = self.text("name").filter(|_| !has_path);
        let whole = named.and_then(|name| StreamAddress::without_key(server, name).ok());
        Some(whole.map_or_else(|| stream.to_owned(), |address| address.to_string()))
    }

    /// Where a command goes, by its words.
    fn place(&self, command: &[String]) -> Result<Place, Failure> {
        let (first, all) = (command.first().map_or("", String::as_str), command.join(" "));
        let name = &self.name;
        let misses = |key: &str| usage(format!("the profile `{name}` has no `{key}`, which `tieline {all}` needs"));
        let of = |words: &str| {
            let protocol = self.protocol.as_str();
            usage(format!("the profile `{name}` is of {protocol}, and `tieline {all}` is for {words}"))
        };
        let url = || self.text("url").map(str::to_owned).ok_or_else(|| misses("url"));
        let (api, stream) = (self.list("api"), self.stream());
        let place = Place::default();
        Ok(match (first, self.protocol) {
            ("listen" | "doctor" | "profile", Protocol::Wsi) => {
                Place { protocol: Some("wsi"), url: Some(url()?), ..place }
            }
            ("listen" | "doctor" | "profile" | "snapshot", Protocol::Axeos) => {
                Place { protocol: Some("axeos"), url: Some(url()?), ..place }
            }
            ("listen", Protocol::Cloudpbx) => {
                Place { protocol: Some("cloudpbx"), url: Some(stream.ok_or_else(|| misses("stream"))?), ..place }
            }
            ("doctor" | "profile", Protocol::Cloudpbx) => match stream {
                Some(stream) => Place { protocol: Some("cloudpbx"), url: Some(stream), api, ..place },
                None => {
                    let (first, rest) = api.split_first().ok_or_else(|| misses("api"))?;
                    Place { protocol: Some("cloudpbx-api"), url: Some(first.clone()), api: rest.to_vec(), ..place }
                }
            },
            ("doctor" | "profile", Protocol::Im) => Place { protocol: Some("im"), url: Some(url()?), ..place },
            ("call", Protocol::Axeos) => Place { protocol: Some("axeos"), api: vec![url()?], ..place },
            ("call" | "cdr" | "rec" | "sms", Protocol::Cloudpbx) => {
                Place { protocol: Some("cloudpbx"), api, stream, ..place }
            }
            ("im", Protocol::Im) => Place { url: Some(url()?), ..place },
            ("im", Protocol::Wsi) => {
                Place { url: Some(self.text("im").ok_or_else(|| misses("im"))?.to_owned()), ..place }
            }
            ("snapshot", _) => return Err(of("axeos")),
            ("cdr" | "rec" | "sms", _) => return Err(of("cloudpbx")),
            ("call", _) => return Err(of("cloudpbx and axeos")),
            ("im", _) => return Err(of("wsi and im")),
            ("listen", _) => return Err(of("wsi, cloudpbx and axeos; `tieline im tail` follows im")),
            _ => return Err(usage(format!("`tieline {all}` takes no profile"))),
        })
    }

    /// The values of the options of a command: what each is called, and what the profile says of it. Secrets and addresses are
    /// not among them.
    fn options(&self) -> Vec<(&'static str, Vec<OsString>)> {
        let options = self.values.iter().filter_map(|(name, value)| {
            let kind = keys::Key::find(name)?.kind;
            let value = match value {
                _ if matches!(kind, Kind::Address | Kind::Addresses) || *name == "name" => return None,
                Value::Text(text) if kind == Kind::Path => vec![self.folder.join(text).into_os_string()],
                Value::Text(text) => vec![text.into()],
                Value::List(list) if list.is_empty() => return None,
                Value::List(list) => list.iter().map(OsString::from).collect(),
                Value::Flag(true) => vec!["true".into()],
                Value::Flag(false) | Value::Secret(_) => return None,
            };
            Some((*name, value))
        });
        options.collect()
    }
}
