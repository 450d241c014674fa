//! `tieline profile add|list|show|test`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use serde_json::{Map, Value as Json};
use tieline_core::Secret;

use super::Protocol;
use super::file::{self, ConfigFile, usage};
use super::keys::{KEYS, Value};
use super::write::{self, Entry};
use crate::args::{self, AddProfile, Output};
use crate::doctor;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line, printable};

/// Runs `profile`.
pub(crate) async fn run(command: args::Profile, config: Option<&Path>, output: Output) -> Result<Exit, Failure> {
    match command {
        args::Profile::Add(add) => self::add(*add, config),
        args::Profile::List => list(config, output),
        args::Profile::Show(args) => show(&args.name, config, output),
        args::Profile::Test(args) => doctor::run(*args, output).await,
    }
}

fn list(config: Option<&Path>, output: Output) -> Result<Exit, Failure> {
    let path = file::path(config)?;
    let Some(file) = ConfigFile::read(path.clone())? else {
        if output::is_human(output) {
            output::tell(format_args!("there are no profiles: there is no file {}", path.display()));
        }
        return Ok(Exit::Ok);
    };
    let mut out = anstream::stdout().lock();
    let mut rows = Vec::new();
    for name in file.names() {
        let Some(profile) = file.profile(name)? else { continue };
        let address = profile.text("url").map(str::to_owned).or_else(|| profile.stream());
        let address = address.or_else(|| profile.list("api").into_iter().next()).unwrap_or_default();
        rows.push((name, profile.protocol.as_str(), address));
    }
    let width = rows.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or_default();
    for (n, (name, protocol, address)) in (1..).zip(rows) {
        if output::is_human(output) {
            writeln!(out, "{:width$}  {protocol:8}  {}", printable(name), printable(&address))?;
        } else {
            let told = serde_json::json!({ "name": name, "protocol": protocol, "address": address });
            Line::new("profile", n, told).write(&mut out)?;
        }
    }
    Ok(Exit::Ok)
}

fn show(name: &str, config: Option<&Path>, output: Output) -> Result<Exit, Failure> {
    let path = file::path(config)?;
    let missing =
        || usage(format!("there is no profile `{name}` in {}; `tieline profile list` has all", path.display()));
    let file = ConfigFile::read(path.clone())?.ok_or_else(missing)?;
    let profile = file.profile(name)?.ok_or_else(missing)?;
    let mut out = anstream::stdout().lock();
    if !output::is_human(output) {
        let mut data: Map<String, Json> = Map::new();
        for (key, value) in &profile.values {
            data.insert((*key).to_owned(), json(value));
        }
        let (protocol, file) = (profile.protocol.as_str(), file.path().display().to_string());
        let told = serde_json::json!({ "name": name, "protocol": protocol, "file": file, "data": data });
        Line::new("profile", 1, told).write(&mut out)?;
        return Ok(Exit::Ok);
    }
    writeln!(out, "{} ({}) in {}", printable(name), profile.protocol.as_str(), file.path().display())?;
    for (key, value) in &profile.values {
        writeln!(out, "  {key:14} {}", printable(&words(value)))?;
    }
    Ok(Exit::Ok)
}

fn json(value: &Value) -> Json {
    match value {
        Value::List(list) => list.as_slice().into(),
        Value::Flag(flag) => (*flag).into(),
        value => words(value).into(),
    }
}

fn words(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::List(list) => list.join(", "),
        Value::Flag(flag) => flag.to_string(),
        Value::Secret(secret) => secret.to_string(),
    }
}

fn add(args: AddProfile, config: Option<&Path>) -> Result<Exit, Failure> {
    let name = args.name.clone();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || !name.chars().all(plain) {
        return Err(usage("the name of a profile has letters, digits, `-` and `_` only".into()));
    }
    let protocol = Protocol::parse(&args.protocol).ok_or_else(|| usage("--protocol is unknown".into()))?;
    let (replace, path) = (args.replace, file::path(config)?);
    let entries = entries(args, protocol)?;
    let file = ConfigFile::read(path.clone())?;
    write::add(file.as_ref(), &path, &name, protocol, entries, replace)?;
    output::tell(format_args!(
        "wrote the profile `{name}` into {}; `tieline profile test {name}` examines it",
        path.display()
    ));
    Ok(Exit::Ok)
}

/// What is to be written, in the order of the keys.
fn entries(args: AddProfile, protocol: Protocol) -> Result<Vec<Entry>, Failure> {
    let stored = args.store.as_deref().map(|name| Ok::<_, Failure>((name.to_owned(), ask(name)?))).transpose()?;
    let mut entries = Vec::new();
    for key in KEYS {
        let file = |path: &Option<std::path::PathBuf>| path.as_deref().map(absolute).transpose();
        let list = |list: &[String]| Some(list.to_vec()).filter(|list| !list.is_empty()).map(Value::List);
        let exposed = |secret: &Secret| secret.expose().clone();
        let value = match key.name {
            "url" => args.url.as_ref().map(exposed).map(Value::Text),
            "im" => args.im.clone().map(Value::Text),
            "api" => list(&args.api.iter().map(exposed).collect::<Vec<_>>()),
            "stream" => args.stream.as_ref().map(exposed).map(Value::Text),
            "name" => args.pbx_name.clone().map(Value::Text),
            "dialect" => args.dialect.map(|dialect| Value::Text(dialect.to_string())),
            "user" => args.user.clone().map(Value::Text),
            "extension" => args.extension.clone().map(Value::Text),
            "tenant" => args.tenant.clone().map(Value::Text),
            "domain" => args.domain.clone().map(Value::Text),
            "password_file" => file(&args.password_file)?.map(Value::Text),
            "password_cmd" => args.password_cmd.clone().map(Value::Text),
            "key_file" => file(&args.key_file)?.map(Value::Text),
            "key_cmd" => args.key_cmd.clone().map(Value::Text),
            "token_file" => file(&args.token_file)?.map(Value::Text),
            "token_cmd" => args.token_cmd.clone().map(Value::Text),
            "hello" => args.hello.clone().map(Value::Text),
            "tls_pin" => list(&args.tls.tls_pin.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "tls_ca" => file(&args.tls.tls_ca)?.map(Value::Text),
            "tls_insecure" => Some(Value::Flag(true)).filter(|_| args.tls.tls_insecure),
            "topic" => list(&args.topic),
            "ext" => list(&args.ext),
            "queue" => list(&args.queue),
            name => {
                stored.as_ref().filter(|(stored, _)| stored == name).map(|(_, secret)| Value::Secret(secret.clone()))
            }
        };
        let Some(value) = value else { continue };
        let option = key.name.replace('_', "-");
        if !key.is_of(protocol) {
            return Err(usage(format!("--{option}: a profile of {} has no `{}`", protocol.as_str(), key.name)));
        }
        let texts = match &value {
            Value::Text(text) => std::slice::from_ref(text),
            Value::List(list) => list.as_slice(),
            Value::Flag(_) | Value::Secret(_) => &[],
        };
        for text in texts {
            key.check(text).map_err(|words| usage(format!("--{option}: {words}")))?;
        }
        entries.push(Entry { key: key.name, value });
    }
    let has = |key: &str| entries.iter().any(|entry| entry.key == key);
    match protocol {
        Protocol::Cloudpbx if has("api") || has("stream") => Ok(entries),
        Protocol::Cloudpbx => Err(usage("where is the PBX? --api URL, --stream URL with --name NAME, or both".into())),
        _ if has("url") => Ok(entries),
        _ => Err(usage("where is the PBX? --url URL".into())),
    }
}

/// A path that does not depend on where the program runs.
fn absolute(path: &Path) -> Result<String, Failure> {
    if path.as_os_str() == "-" {
        return Err(usage(
            "a profile names a file; --store writes a secret from standard input into the profile itself".into(),
        ));
    }
    let absolute = std::path::absolute(path).map_err(|error| usage(format!("{}: {error}", path.display())))?;
    absolute.into_os_string().into_string().map_err(|path| usage(format!("{} is not UTF-8", path.display())))
}

/// A secret that is to be stored: asked for on a terminal, else the first line of standard input.
fn ask(name: &str) -> Result<Secret, Failure> {
    if io::stdin().is_terminal() {
        return Ok(rpassword::prompt_password(format!("{name}: "))?.into());
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(usage(format!("standard input holds no {name} on its first line"))),
        secret => Ok(secret.into()),
    }
}
