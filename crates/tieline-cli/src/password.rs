//! Where passwords come from: a file, the environment, a prompt; never an argument.

use std::io::{self, BufRead as _, IsTerminal as _};

use tieline_core::Secret;

use crate::args::Login;

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    /// The file cannot be read.
    #[error("cannot read the password from {path}: {source}")]
    File {
        /// The file as it was named.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// The file is empty.
    #[error("{0} holds no password on its first line")]
    Empty(String),
    /// There is no source.
    #[error(
        "no password: name a file with --password-file, set the environment variable {0}, or run on a terminal to be asked"
    )]
    Missing(String),
    /// The prompt failed.
    #[error("cannot ask for the password: {0}")]
    Prompt(io::Error),
}

/// The password of a login: from the file if one is named, else from the environment, else asked for.
pub(crate) fn read(login: &Login) -> Result<Secret, PasswordError> {
    if let Some(path) = &login.password_file {
        let name = path.display().to_string();
        let mut line = String::new();
        let read = if name == "-" {
            io::stdin().lock().read_line(&mut line)
        } else {
            std::fs::File::open(path).and_then(|file| io::BufReader::new(file).read_line(&mut line))
        };
        read.map_err(|source| PasswordError::File { path: name.clone(), source })?;
        let password = line.trim_end_matches(['\r', '\n']);
        return if password.is_empty() { Err(PasswordError::Empty(name)) } else { Ok(password.into()) };
    }
    if let Ok(password) = std::env::var(&login.password_env) {
        return Ok(password.into());
    }
    if !io::stdin().is_terminal() {
        return Err(PasswordError::Missing(login.password_env.clone()));
    }
    rpassword::prompt_password("Password: ").map(Secret::from).map_err(PasswordError::Prompt)
}
