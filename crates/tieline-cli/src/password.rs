//! Where passwords and keys come from: a file, the environment, a prompt; never an argument.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;

use tieline_core::Secret;

use crate::args::{Key, Login, Token, WebUser};

/// A secret and where it may come from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source<'a> {
    /// What it is called.
    name: &'static str,
    file: Option<&'a Path>,
    /// The option that names the file.
    file_option: &'static str,
    /// The environment variable.
    env: &'a str,
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
        let (file, env) = (login.password_file.as_deref(), &login.password_env);
        Self { name: "password", file, file_option: "--password-file", env }
    }
}

impl<'a> From<&'a WebUser> for Source<'a> {
    fn from(user: &'a WebUser) -> Self {
        Self {
            name: "password",
            file: user.password_file.as_deref(),
            file_option: "--password-file",
            env: &user.password_env,
        }
    }
}

impl<'a> From<&'a Key> for Source<'a> {
    fn from(key: &'a Key) -> Self {
        Self { name: "API key", file: key.key_file.as_deref(), file_option: "--key-file", env: &key.key_env }
    }
}

impl<'a> From<&'a Token> for Source<'a> {
    fn from(token: &'a Token) -> Self {
        let (file, env) = (token.token_file.as_deref(), &token.token_env);
        Self { name: "access token", file, file_option: "--token-file", env }
    }
}

/// A secret: from the file if one is named, else from the environment, else asked for.
pub(crate) fn read<'a>(source: impl Into<Source<'a>>) -> Result<Secret, PasswordError> {
    let Source { name, file, file_option, env } = source.into();
    if let Some(path) = file {
        let shown = path.display().to_string();
        let mut line = String::new();
        let read = if shown == "-" {
            io::stdin().lock().read_line(&mut line)
        } else {
            std::fs::File::open(path).and_then(|file| io::BufReader::new(file).read_line(&mut line))
        };
        read.map_err(|source| PasswordError::File { name, path: shown.clone(), source })?;
        let secret = line.trim_end_matches(['\r', '\n']);
        return if secret.is_empty() { Err(PasswordError::Empty { name, path: shown }) } else { Ok(secret.into()) };
    }
    if let Ok(secret) = std::env::var(env) {
        return Ok(secret.into());
    }
    if !io::stdin().is_terminal() {
        return Err(PasswordError::Missing { name, file_option, env: env.to_owned() });
    }
    let asked = rpassword::prompt_password(format!("{name}: "));
    asked.map(Secret::from).map_err(|source| PasswordError::Prompt { name, source })
}
