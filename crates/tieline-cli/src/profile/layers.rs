//! What stands over what: the command line over the environment over the profile over the defaults.

use std::collections::HashSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory as _, FromArgMatches as _};
use tieline_core::Secret;

use super::file::{self, ConfigFile, usage};
use super::{Place, Profile};
use crate::args::{self, Cli};
use crate::failure::Failure;

/// Options of which one tells the same secret as another, and the variable that stands beside them.
const SECRETS: [(&str, [&str; 3]); 3] = [
    ("password", ["password_file", "password_cmd", "password_env"]),
    ("key", ["key_file", "key_cmd", "key_env"]),
    ("token", ["token_file", "token_cmd", "token_env"]),
];

/// The options that name a PBX.
const ADDRESSES: [&str; 2] = ["url", "urls"];

/// Reads the command line, the environment, and the profile that they name. Ends the program when the command line is wrong, or
/// asks for help.
pub(crate) fn parse() -> Result<Cli, Failure> {
    let command = with_variables(Cli::command());
    let words = with_each(command.clone(), &|arg| arg.env(Resettable::Reset));
    // What is missing may come from elsewhere, and what is wrong is told below.
    let told = match words.ignore_errors(true).try_get_matches() {
        Ok(told) => told,
        Err(_) => command.clone().get_matches(),
    };
    let (path, told) = leaf(&told);
    let layers = Layers::new(&command, &path, told);
    let profile = layers.profile()?;
    let mut command = layers.without_what_gives_way(command);
    #[cfg(feature = "serve")]
    {
        command = layers.with_served(command)?;
    }
    let mut place = Place::default();
    if let Some(profile) = &profile {
        place = profile.place(&path)?;
        command = layers.with_profile(command, profile, &place);
    }
    let mut matches = command.get_matches();
    let mut cli = Cli::from_arg_matches_mut(&mut matches).unwrap_or_else(|error| error.exit());
    if let Some(profile) = &profile {
        fill(&mut cli.command, profile, place);
    }
    Ok(cli)
}

/// The command with a variable for each option that has none yet: `TIELINE_` and its name.
fn with_variables(command: Command) -> Command {
    with_each(command, &|arg| match arg.get_long() {
        Some(long) if arg.get_env().is_none() && !matches!(long, "help" | "version") => {
            let name = format!("TIELINE_{}", long.replace('-', "_").to_ascii_uppercase());
            arg.env(name)
        }
        _ => arg,
    })
    // It writes what it was told, and nothing that happens to stand in the environment.
    .mut_subcommand("profile", |command| {
        command.mut_subcommand("add", |add| with_each(add, &|arg| arg.env(Resettable::Reset)))
    })
}

/// The command and all below it with each option changed.
pub(super) fn with_each(command: Command, change: &dyn Fn(Arg) -> Arg) -> Command {
    command.mut_args(change).mut_subcommands(|command| with_each(command, change))
}

/// The words of the innermost command, and what was told to it.
fn leaf(matches: &ArgMatches) -> (Vec<String>, &ArgMatches) {
    let (mut path, mut inner) = (Vec::new(), matches);
    while let Some((name, next)) = inner.subcommand() {
        path.push(name.to_owned());
        inner = next;
    }
    (path, inner)
}

/// The command with its innermost one changed.
pub(super) fn with_leaf(command: Command, path: &[String], change: &mut dyn FnMut(Command) -> Command) -> Command {
    match path {
        [] => change(command),
        [name, rest @ ..] => command.mut_subcommand(name, |command| with_leaf(command, rest, change)),
    }
}

/// Whether it is `profile add`, which has addresses and goes nowhere.
fn adds(path: &[String]) -> bool {
    path.iter().map(String::as_str).eq(["profile", "add"])
}

/// What is told of the options of one command, and where.
pub(super) struct Layers<'a> {
    path: &'a [String],
    told: &'a ArgMatches,
    /// The options that the command line tells.
    by_words: HashSet<String>,
    /// Those whose variable is not looked at, since the command line tells otherwise.
    give_way: HashSet<String>,
    /// Those that the environment tells, and may.
    by_environment: HashSet<String>,
    /// Those that the profile cannot tell, since one that stands against it is told.
    against: HashSet<String>,
    /// All that the command has.
    all: HashSet<String>,
}

impl<'a> Layers<'a> {
    fn new(command: &Command, path: &'a [String], told: &'a ArgMatches) -> Self {
        let mut leaf = command;
        for name in path {
            leaf = leaf.find_subcommand(name).unwrap_or(leaf);
        }
        let ids = |args: Vec<&Arg>| args.into_iter().map(|arg| arg.get_id().to_string()).collect::<HashSet<_>>();
        let own: Vec<&Arg> = leaf.get_arguments().filter(|arg| !arg.is_global_set()).collect();
        let by_words: HashSet<String> = told
            .ids()
            .map(ToString::to_string)
            .filter(|id| told.value_source(id) == Some(ValueSource::CommandLine))
            .collect();
        // Conflicts are noted on one side only.
        let stands_against = |one: &Arg, set: &HashSet<String>| {
            let conflicts = |arg: &Arg| ids(leaf.get_arg_conflicts_with(arg));
            let alike = SECRETS.iter().find(|(_, options)| options.contains(&one.get_id().as_str()));
            let others = own.iter().filter(|other| other.get_id() != one.get_id());
            others.filter(|other| set.contains(other.get_id().as_str())).any(|other| {
                conflicts(one).contains(other.get_id().as_str())
                    || conflicts(other).contains(one.get_id().as_str())
                    || alike.is_some_and(|(_, options)| options.contains(&other.get_id().as_str()))
            })
        };
        let id = |arg: &&Arg| arg.get_id().to_string();
        let give_way: HashSet<String> = own.iter().filter(|arg| stands_against(arg, &by_words)).map(&id).collect();
        let is_set = |arg: &&&Arg| arg.get_env().is_some_and(|name| std::env::var_os(name).is_some());
        let by_environment: HashSet<String> =
            own.iter().filter(is_set).map(&id).filter(|id| !give_way.contains(id)).collect();
        let above: HashSet<String> = by_words.union(&by_environment).cloned().collect();
        let against = own.iter().filter(|arg| stands_against(arg, &above)).map(&id).collect();
        let all = own.iter().map(&id).collect();
        Self { path, told, by_words, give_way, by_environment, against, all }
    }

    /// The profile that is named: by its option, in the place of an address, or in the environment.
    fn profile(&self) -> Result<Option<Profile>, Failure> {
        let option = self.told.get_one::<String>("profile").filter(|_| self.by_words.contains("profile")).cloned();
        let address = ADDRESSES.iter().find(|id| self.all.contains(**id) && !adds(self.path)).copied();
        let Some(address) = address else {
            return match option {
                Some(_) => Err(usage(format!("`tieline {}` takes no profile", self.path.join(" ")))),
                None => Ok(None),
            };
        };
        let (by_words, by_environment) = (self.raw(address), std::env::var("TIELINE_PROFILE").ok());
        let in_place = match by_words.as_slice() {
            [] => self.variable(address),
            [one] => Some(one.clone()),
            _ => None,
        };
        let in_place = in_place.filter(|text| !text.is_empty() && !text.contains("://"));
        let name = match (option, in_place) {
            (Some(option), Some(place)) if option != place => {
                return Err(usage(format!("two profiles are named: `{option}` and `{place}`")));
            }
            (Some(name), _) | (None, Some(name)) => name,
            // Who names another PBX does not mean the login of this one.
            (None, None) if !by_words.is_empty() || self.by_environment.contains(address) => return Ok(None),
            (None, None) => match by_environment.filter(|name| !name.is_empty()) {
                Some(name) => name,
                None => return Ok(None),
            },
        };
        let path = file::path(self.config().as_deref())?;
        let shown = path.display().to_string();
        let names_an_address = "An address begins with wss://, https://, ws:// or http://.";
        let Some(file) = ConfigFile::read(path)? else {
            return Err(usage(format!("there is no profile `{name}`: there is no file {shown}.\n{names_an_address}")));
        };
        match file.profile(&name)? {
            Some(profile) => Ok(Some(profile)),
            None => {
                let known = file.names().join(", ");
                let known = if known.is_empty() { "it has none".into() } else { format!("it has {known}") };
                Err(usage(format!("there is no profile `{name}` in {shown}; {known}.\n{names_an_address}")))
            }
        }
    }

    /// The words of the command.
    #[cfg(feature = "serve")]
    pub(super) const fn path(&self) -> &[String] {
        self.path
    }

    /// Whether an option, or one that stands against it, is told by the command line or the environment.
    #[cfg(feature = "serve")]
    pub(super) fn is_told(&self, id: &str) -> bool {
        [&self.by_words, &self.by_environment, &self.against].iter().any(|set| set.contains(id))
    }

    fn config(&self) -> Option<PathBuf> {
        let told = self.told.get_one::<PathBuf>("config").cloned();
        told.or_else(|| std::env::var_os("TIELINE_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from))
    }

    /// What the command line says of an option.
    pub(super) fn raw(&self, id: &str) -> Vec<String> {
        if !self.by_words.contains(id) {
            return Vec::new();
        }
        let raw = self.told.get_raw(id).into_iter().flatten();
        raw.map(|value| value.to_string_lossy().into_owned()).collect()
    }

    /// The variable that stands in for an address.
    fn variable(&self, id: &str) -> Option<String> {
        if !self.by_environment.contains(id) {
            return None;
        }
        let name = match (id, self.path.first().map(String::as_str)) {
            ("url", Some("im")) => "TIELINE_IM",
            ("urls", _) => "TIELINE_API",
            _ => return None,
        };
        std::env::var(name).ok()
    }

    /// The command without the variables that the command line stands over.
    fn without_what_gives_way(&self, command: Command) -> Command {
        with_leaf(command, self.path, &mut |mut leaf| {
            for id in &self.give_way {
                leaf = leaf.mut_arg(id, |arg| arg.env(Resettable::Reset));
            }
            leaf
        })
    }

    /// The command with the values of the profile for defaults.
    fn with_profile(&self, command: Command, profile: &Profile, place: &Place) -> Command {
        let mut defaults = profile.options();
        let text = |value: &Option<String>| value.iter().map(OsString::from).collect::<Vec<_>>();
        defaults.push(("protocol", place.protocol.iter().map(OsString::from).collect()));
        defaults.push(("url", text(&place.url)));
        defaults.push(("urls", place.api.iter().map(OsString::from).collect()));
        defaults.push(("stream", text(&place.stream)));
        defaults.retain(|(id, values)| {
            let told = [&self.by_words, &self.by_environment, &self.against].iter().any(|set| set.contains(*id));
            !values.is_empty() && !told && self.all.contains(*id) && !self.is_secret_told(id)
        });
        with_leaf(command, self.path, &mut |mut leaf| {
            for (id, values) in std::mem::take(&mut defaults) {
                leaf = leaf.mut_arg(id, |arg| arg.required(false).default_values(values));
                if id == "stream" && self.all.contains("wait") {
                    leaf = leaf.mut_arg("wait", |arg| arg.requires(Resettable::Reset));
                }
            }
            leaf
        })
    }

    /// Whether an option is about a secret that stands in the environment.
    fn is_secret_told(&self, id: &str) -> bool {
        let Some((_, [_, _, env])) = SECRETS.iter().find(|(_, options)| options.contains(&id)) else { return false };
        let words = self.told.get_one::<String>(env);
        words.is_some_and(|name| std::env::var_os(name).is_some())
    }
}

/// Puts in what no option can hold: addresses in the place of a profile's name, and secrets.
fn fill(command: &mut args::Command, profile: &Profile, place: Place) {
    let is_name = |text: &str| !text.contains("://");
    command.parts(&mut |part| match part {
        args::Part::Url(url) if is_name(url.expose()) => {
            if let Some(told) = place.url.as_deref() {
                *url = told.into();
            }
        }
        args::Part::Server(url) if is_name(url) => {
            if let Some(told) = place.url.as_deref() {
                told.clone_into(url);
            }
        }
        args::Part::Urls(urls) if urls.first().is_some_and(|url| is_name(url.expose())) => {
            *urls = place.api.iter().map(|url| Secret::from(url.as_str())).collect();
        }
        args::Part::Password(secret) => *secret = profile.secret("password").cloned(),
        args::Part::Key(secret) => *secret = profile.secret("key").cloned(),
        args::Part::Token(secret) => *secret = profile.secret("token").cloned(),
        _ => {}
    });
}
