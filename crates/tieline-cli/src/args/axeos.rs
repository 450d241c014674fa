//! The words of the commands of Axeos.

use std::path::PathBuf;

use clap::Args;
use tieline_core::Secret;

use super::cloudpbx::secret;
use super::{Key, Tls};

pub(super) const SNAPSHOT_HELP: &str = "\
Examples:
  tieline snapshot https://pbx.example.com --key-file key
  tieline snapshot https://pbx.example.com --user anna --password-file secret --verbose
  tieline snapshot https://pbx.example.com --key-file key --follow -o json | jq -r .data.line

One line for each user: name, and the state of the phone in use. With --follow a line more for each
change, until stopped.";

/// A user of the PBX's web interface.
#[derive(Debug, Args)]
pub(crate) struct WebUser {
    /// Axeos: log in as this user of the PBX's web interface, not with an API key.
    #[arg(long, value_name = "NAME", env = "TIELINE_USER")]
    pub(crate) user: Option<String>,
    /// Read the user's password from the first line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE", env = "TIELINE_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the user's password from the first line that this command prints.
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_file")]
    pub(crate) password_cmd: Option<String>,
    /// Read the user's password from this environment variable.
    #[arg(long, value_name = "VAR", default_value = "TIELINE_PASSWORD")]
    pub(crate) password_env: String,
    /// The password that the profile holds itself.
    #[arg(skip)]
    pub(crate) password: Option<Secret>,
}

/// Options of `snapshot`.
#[derive(Debug, Args)]
pub(crate) struct Snapshot {
    /// The address of the PBX: https://HOST, or that of its API. Or a profile.
    #[arg(value_parser = secret)]
    // It may hold the key.
    pub(crate) url: Secret,
    /// Print of each user by what the user is reached, and where the user is logged in.
    #[arg(short, long)]
    pub(crate) verbose: bool,
    /// Print each user that changes, until stopped.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// Keep trying when the first connection fails.
    #[arg(long, requires = "follow")]
    pub(crate) retry: bool,
    #[command(flatten)]
    pub(crate) user: WebUser,
    #[command(flatten)]
    pub(crate) key: Key,
    #[command(flatten)]
    pub(crate) tls: Tls,
}
