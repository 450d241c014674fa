//! The words of `profile`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tieline_core::Secret;
use tieline_portsip_wsi::Dialect;

use super::cloudpbx::secret;
use super::{Doctor, Tls, doctor};

pub(super) const HELP: &str = "\
Examples:
  tieline profile add acme --protocol wsi --url wss://pbx.acme.test:8887/wsi --user alice \\
      --domain acme.test --password-cmd 'pass show pbx/acme'
  tieline profile add biuro --protocol cloudpbx --api https://api.cloudpbx.pl \\
      --stream wss://pbxvisor1.cloudpbx.pl --name Biuro --key-file biuro.key
  tieline profile test acme
  tieline listen acme
  tieline cdr --profile biuro

The file is the one that --config or TIELINE_CONFIG names, else tieline/config.toml in $XDG_CONFIG_HOME,
else in ~/.config. Paths of files in it begin at its own folder.";

/// What to do with profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum Profile {
    /// Write a profile into the configuration file.
    Add(Box<AddProfile>),
    /// List the profiles.
    List,
    /// Print a profile, without its secrets.
    Show(ShowProfile),
    /// Examine the way to the PBX of a profile: `doctor`.
    #[command(after_help = doctor::HELP)]
    Test(Box<Doctor>),
}

/// Options of `profile show`.
#[derive(Debug, Args)]
pub(crate) struct ShowProfile {
    /// The name of the profile.
    pub(crate) name: String,
}

/// Options of `profile add`: the keys of a profile.
#[derive(Debug, Args)]
pub(crate) struct AddProfile {
    /// The name of the profile: letters, digits, `-` and `_`.
    #[arg(id = "profile_name", value_name = "NAME")]
    pub(crate) name: String,
    /// What the PBX speaks.
    #[arg(long, value_name = "NAME", value_parser = crate::profile::PROTOCOLS)]
    pub(crate) protocol: String,
    /// The address of WSI, IM or Axeos.
    #[arg(long, value_parser = secret, hide_env_values = true)]
    pub(crate) url: Option<Secret>,
    /// WSI: the address of IM at the same PBX.
    #[arg(long, value_name = "URL")]
    pub(crate) im: Option<String>,
    /// CloudPBX: an address of the API. May be repeated.
    #[arg(long, value_name = "URL", value_delimiter = ',', value_parser = secret, hide_env_values = true)]
    pub(crate) api: Vec<Secret>,
    /// CloudPBX: the server of the event stream, wss://SERVER.
    #[arg(long, value_name = "URL", value_parser = secret, hide_env_values = true)]
    pub(crate) stream: Option<Secret>,
    /// CloudPBX: the name of the PBX, as its stream has it.
    #[arg(long = "name", id = "name", value_name = "PBX", requires = "stream")]
    pub(crate) pbx_name: Option<String>,
    /// WSI: the generation of the server: v12, v16 or v22.
    #[arg(long)]
    pub(crate) dialect: Option<Dialect>,
    /// Log in as this user.
    #[arg(long, value_name = "NAME")]
    pub(crate) user: Option<String>,
    /// Log in as this extension.
    #[arg(long, value_name = "NUMBER", conflicts_with = "user")]
    pub(crate) extension: Option<String>,
    /// Log in as this tenant (v12).
    #[arg(long, value_name = "NAME", conflicts_with_all = ["user", "extension", "domain"])]
    pub(crate) tenant: Option<String>,
    /// The SIP domain of the user or extension.
    #[arg(long)]
    pub(crate) domain: Option<String>,
    /// The file that holds the password.
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// The command that prints the password.
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_file")]
    pub(crate) password_cmd: Option<String>,
    /// The file that holds the API key.
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The command that prints the API key.
    #[arg(long, value_name = "COMMAND", conflicts_with = "key_file")]
    pub(crate) key_cmd: Option<String>,
    /// The file that holds the access token of IM.
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// The command that prints the access token of IM.
    #[arg(long, value_name = "COMMAND", conflicts_with = "token_file")]
    pub(crate) token_cmd: Option<String>,
    /// Write this secret into the file itself, from the first line of standard input or a prompt.
    #[arg(long, value_name = "SECRET", value_parser = ["password", "key", "token"])]
    pub(crate) store: Option<String>,
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// WSI: the topics to subscribe to.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    pub(crate) topic: Vec<String>,
    /// WSI: only these extensions.
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) ext: Vec<String>,
    /// WSI: only these queues.
    #[arg(long, value_name = "NUMBER", value_delimiter = ',')]
    pub(crate) queue: Vec<String>,
    /// IM: say `hi` with this version before the login.
    #[arg(long, value_name = "VERSION")]
    pub(crate) hello: Option<String>,
    /// Write it anew where there is one of this name.
    #[arg(long)]
    pub(crate) replace: bool,
}
