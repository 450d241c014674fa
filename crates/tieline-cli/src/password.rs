//! Where passwords and keys come from: a file, a command, the environment, a profile, a prompt; never an argument.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::{Command, Stdio};

use tieline_core::Secret;

#[cfg(feature = "serve")]
use crate::args::NewPassword;
use crate::args::{Key, Login, SignIn, Token, WebUser};

/// A secret and where it may come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// What it is called.
    name: &'static str,
    file: Option<&'a Path>,
    /// The option that names the file.
    file_option: &'static str,
    command: Option<&'a str>,
    /// The environment variable.
    env: &'a str,
    /// What a profile holds itself.
    held: Option<&'a Secret>,
}

/// Why there is no password, or no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the {name} from {path}: {source}")]
    File {
        /// What was to be read.
        name: &'static str,
        /// The file as it was named.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is empty.
    #[error("{path} holds no {name} on its first line")]
    Empty {
        /// What was to be read.
        name: &'static str,
        /// The file as it was named.
        path: String,
    },
    /// The command did not do.
    #[error("the command for the {name} {what}: {command}")]
    Command {
        /// What was to be read.
        name: &'static str,
        /// What became of it.
        what: String,
        /// The command as it was given.
        command: String,
    },
    /// There is no source.
    #[error(
        "no {name}: name a file with {file_option}, set the environment variable {env}, or run on a terminal to be asked"
    )]
    Missing {
        /// What is missing.
        name: &'static str,
        /// The option that names a file.
        file_option: &'static str,
        /// The environment variable.
        env: String,
    },
    /// The prompt failed.
    #[error("cannot ask for the {name}: {source}")]
    Prompt {
        /// What was asked for.
        name: &'static str,
        /// Why.
        source: io::Error,
    },
}

impl<'a> From<&'a Login> for Source<'a> {
    fn from(login: &'a Login) -> Self {
        Self {
            name: "password",
            file: login.password_file.as_deref(),
            file_option: "--password-file",
            command: login.password_cmd.as_deref(),
            env: &login.password_env,
            held: login.password.as_ref(),
        }
    }
}

impl<'a> From<&'a WebUser> for Source<'a> {
    fn from(user: &'a WebUser) -> Self {
        Self {
            name: "password",
            file: user.password_file.as_deref(),
            file_option: "--password-file",
            command: user.password_cmd.as_deref(),
            env: &user.password_env,
            held: user.password.as_ref(),
        }
    }
}

impl<'a> From<&'a SignIn> for Source<'a> {
    fn from(sign_in: &'a SignIn) -> Self {
        Self {
            name: "password",
            file: sign_in.password_file.as_deref(),
            file_option: "--password-file",
            command: sign_in.password_cmd.as_deref(),
            env: &sign_in.password_env,
            held: sign_in.password.as_ref(),
        }
    }
}

#[cfg(feature = "serve")]
impl<'a> From<&'a NewPassword> for Source<'a> {
    fn from(new: &'a NewPassword) -> Self {
        Self {
            name: "password",
            file: new.password_file.as_deref(),
            file_option: "--password-file",
            command: new.password_cmd.as_deref(),
            env: &new.password_env,
            held: None,
        }
    }
}

impl<'a> From<&'a Key> for Source<'a> {
    fn from(key: &'a Key) -> Self {
        Self {
            name: "API key",
            file: key.key_file.as_deref(),
            file_option: "--key-file",
            command: key.key_cmd.as_deref(),
            env: &key.key_env,
            held: key.key.as_ref(),
        }
    }
}

impl<'a> From<&'a Token> for Source<'a> {
    fn from(token: &'a Token) -> Self {
        Self {
            name: "access token",
            file: token.token_file.as_deref(),
            file_option: "--token-file",
            command: token.token_cmd.as_deref(),
            env: &token.token_env,
            held: token.token.as_ref(),
        }
    }
}

impl Source<'_> {
    /// Whether something tells the secret without asking for it.
    pub(crate) fn is_told(&self) -> bool {
        self.file.is_some() || self.command.is_some() || self.held.is_some() || std::env::var_os(self.env).is_some()
    }
}

/// Whether somebody is there to be asked.
pub(crate) fn can_ask() -> bool {
    io::stdin().is_terminal()
}

/// A secret: from the file if one is named, else from the command, the environment or the profile, else asked for.
pub(crate) fn read<'a>(source: impl Into<Source<'a>>) -> Result<Secret, PasswordError> {
    let Source { name, file, file_option, command, env, held } = source.into();
    if let Some(path) = file {
        return of_file(name, path);
    }
    if let Some(command) = command {
        return of_command(name, command);
    }
    if let Ok(secret) = std::env::var(env) {
        return Ok(secret.into());
    }
    if let Some(held) = held {
        return Ok(held.clone());
    }
    if !can_ask() {
        return Err(PasswordError::Missing { name, file_option, env: env.to_owned() });
    }
    let asked = rpassword::prompt_password(format!("{name}: "));
    asked.map(Secret::from).map_err(|source| PasswordError::Prompt { name, source })
}

/// The first line of a file; `-` is standard input.
fn of_file(name: &'static str, path: &Path) -> Result<Secret, PasswordError> {
    let shown = path.display().to_string();
    let mut line = String::new();
    let read = if shown == "-" {
        io::stdin().lock().read_line(&mut line)
    } else {
        std::fs::File::open(path).and_then(|file| {
            warn_if_open(name, path, &file);
            io::BufReader::new(file).read_line(&mut line)
        })
    };
    read.map_err(|source| PasswordError::File { name, path: shown.clone(), source })?;
    match first_line(&line) {
        Some(secret) => Ok(secret),
        None => Err(PasswordError::Empty { name, path: shown }),
    }
}

/// The first line that a command of the shell prints.
fn of_command(name: &'static str, command: &str) -> Result<Secret, PasswordError> {
    let failed = |what: String| PasswordError::Command { name, what, command: command.to_owned() };
    let (shell, option) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    // Standard input may be the data of the program itself.
    let run = Command::new(shell).args([option, command]).stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = run.map_err(|error| failed(format!("was not run ({error})")))?;
    let printed = Secret::new(output.stdout);
    if !output.status.success() {
        return Err(failed(format!("failed ({})", output.status)));
    }
    let text = std::str::from_utf8(printed.expose()).map_err(|_| failed("printed what is no text".into()))?;
    first_line(text).ok_or_else(|| failed(format!("printed no {name} on its first line")))
}

fn first_line(text: &str) -> Option<Secret> {
    let line = text.split('\n').next().unwrap_or_default().trim_end_matches('\r');
    if line.is_empty() { None } else { Some(line.into()) }
}

/// Says so where others than its owner can read the secret in a file.
pub(crate) fn warn_if_open(name: &str, path: &Path, file: &std::fs::File) {
    if is_open_to_all(file) {
        let path = path.display();
        tracing::warn!("every user of this machine can read the {name} in {path}; `chmod 600` keeps it to its owner");
    }
}

/// Whether a file lies there for every user of the machine to read. Pipes and devices do not.
#[cfg(unix)]
fn is_open_to_all(file: &std::fs::File) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o004 != 0)
}

#[cfg(not(unix))]
const fn is_open_to_all(_: &std::fs::File) -> bool {
    false
}
