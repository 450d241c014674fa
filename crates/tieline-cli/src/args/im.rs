//! The words of the commands of PortSIP IM.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use tieline_core::Secret;
use tieline_portsip_im::AccessMode;

use super::{Stay, Tls};

pub(super) const HELP: &str = "\
Examples:
  export TIELINE_IM=wss://pbx.example.com:8887/im TIELINE_USER=alice TIELINE_DOMAIN=example.com
  tieline im token --password-file password --raw > token
  tieline im topics --token-file token
  tieline im tail
  tieline im send usr804252613548703744 'The guest of room 12 has left.'
  tieline im history grpf0NlkdDEQHs --limit 500 | jq -r .text
  tieline im group create Reception --invite 804252613548703744
  tieline im upload menu.pdf --type application/pdf
  tieline im download NDW4_NYseeH20iuC3rih_wAAwItyRIMM --dir files

The access token is never an argument: it comes from --token-file, from the environment variable
TIELINE_TOKEN (or the one that --token-env names), or from a prompt on the terminal. With
--token-cmd 'tieline im token --raw' and a password in the environment `im tail` gets a new one for each connect.

Users are named by id, with `usr` before it or without. Who reads or writes in a group joins it.";

/// What to do with instant messages.
#[derive(Debug, Subcommand)]
pub(crate) enum Im {
    /// Print messages as they come, also those that were published while the line was down.
    Tail(Box<Tail>),
    /// Publish a message.
    Send(Box<Send>),
    /// Print messages of the past, the oldest first.
    History(Box<History>),
    /// List the topics that one is subscribed to.
    Topics(Box<Account>),
    /// Sign in with a password, and print an access token for the other commands.
    Token(Box<SignIn>),
    /// Create, join, change and leave groups.
    #[command(subcommand)]
    Group(Group),
    /// Send files to the server, and print the ids that it gives them.
    Upload(Box<Upload>),
    /// Fetch files by their ids.
    Download(Box<Download>),
}

/// Where the server is and who asks.
#[derive(Debug, Args)]
pub(crate) struct Account {
    /// The address of the server: wss://HOST:8887/im at PortSIP. Or a profile.
    #[arg(long = "server", value_name = "URL", env = "TIELINE_IM")]
    pub(crate) url: String,
    /// Log in as this user.
    #[arg(long, value_name = "NAME", env = "TIELINE_USER")]
    pub(crate) user: String,
    /// The SIP domain of the user.
    #[arg(long, env = "TIELINE_DOMAIN")]
    pub(crate) domain: String,
    #[command(flatten)]
    pub(crate) token: Token,
    /// Say `hi` with this version before the login, for servers that demand it. Tinode's is 0.25.
    #[arg(long, value_name = "VERSION")]
    pub(crate) hello: Option<String>,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

/// Options of `im token`.
#[derive(Debug, Args)]
pub(crate) struct SignIn {
    /// The address of the server: wss://HOST:8887/im at PortSIP. Or a profile.
    #[arg(long = "server", value_name = "URL", env = "TIELINE_IM")]
    pub(crate) url: String,
    /// Sign in as this user.
    #[arg(long, value_name = "NAME", env = "TIELINE_USER")]
    pub(crate) user: String,
    /// The SIP domain of the user.
    #[arg(long, env = "TIELINE_DOMAIN")]
    pub(crate) domain: String,
    /// Read the password from the first line of this file; `-` is standard input.
    #[arg(long, value_name = "FILE", env = "TIELINE_PASSWORD_FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Read the password from the first line that this command prints.
    #[arg(long, value_name = "COMMAND", conflicts_with = "password_file")]
    pub(crate) password_cmd: Option<String>,
    /// Read the password from this environment variable.
    #[arg(long, value_name = "VAR", default_value = "TIELINE_PASSWORD")]
    pub(crate) password_env: String,
    /// The password that the profile holds itself.
    #[arg(skip)]
    pub(crate) password: Option<Secret>,
    /// Use the calls of newer versions of PortSIP, at /api/auth.
    #[arg(long)]
    pub(crate) newer: bool,
    /// Print the access token and nothing else.
    #[arg(long)]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) tls: Tls,
}

/// Where the access token comes from: without these from a prompt.
#[derive(Clone, Debug, Args)]
pub(crate) struct Token {
    /// Read the access token from the first line of this file; `-` is standard input. `im tail` reads it again at each
    /// connect.
    #[arg(long, value_name = "FILE", env = "TIELINE_TOKEN_FILE")]
    pub(crate) token_file: Option<PathBuf>,
    /// Read the access token from the first line that this command prints.
    #[arg(long, value_name = "COMMAND", conflicts_with = "token_file")]
    pub(crate) token_cmd: Option<String>,
    /// Read the access token from this environment variable.
    #[arg(long, value_name = "VAR", default_value = "TIELINE_TOKEN")]
    pub(crate) token_env: String,
    /// The access token that the profile holds itself.
    #[arg(skip)]
    pub(crate) token: Option<Secret>,
}

/// Options of `im tail`.
#[derive(Debug, Args)]
pub(crate) struct Tail {
    /// The topics. Default: all that one is subscribed to.
    #[arg(value_name = "TOPIC")]
    pub(crate) topics: Vec<String>,
    /// First print what was published after this number.
    #[arg(long, value_name = "NUMBER", requires = "topics")]
    pub(crate) after: Option<u64>,
    /// Print presence and typing too.
    #[arg(long)]
    pub(crate) presence: bool,
    /// Print the frames exactly as received, and nothing else.
    #[arg(long)]
    pub(crate) raw: bool,
    #[command(flatten)]
    pub(crate) stay: Stay,
    /// Exit with code 8 when messages are lost for good.
    #[arg(long)]
    pub(crate) fail_on_gap: bool,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im send`.
#[derive(Debug, Args)]
pub(crate) struct Send {
    /// The topic: `usr…` for one, `grp…` for a group, `emc…` for external messages.
    pub(crate) topic: String,
    /// The text; `-` reads it from standard input. One that begins with `-` goes last, behind `--`.
    pub(crate) text: String,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im history`.
#[derive(Debug, Args)]
pub(crate) struct History {
    /// The topic.
    pub(crate) topic: String,
    /// Only from this number on.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) since: Option<u64>,
    /// Only before this number.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) before: Option<u64>,
    /// So many messages at most, the newest.
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: u64,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im upload`.
#[derive(Debug, Args)]
pub(crate) struct Upload {
    /// The files. Each is sent once, whatever becomes of it.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// What they are, e.g. image/png. Default: application/octet-stream.
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) content_type: Option<String>,
    /// Send no file that is longer.
    #[arg(long, value_name = "BYTES", default_value_t = LONGEST_FILE)]
    pub(crate) max_bytes: u64,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im download`.
#[derive(Debug, Args)]
pub(crate) struct Download {
    /// The ids of the files. One that begins with `-` goes last, behind `--`.
    #[arg(value_name = "ID", required = true)]
    pub(crate) ids: Vec<String>,
    /// The folder; it is made where it is missing. Each file has the name that the server gives, made harmless, else its
    /// id for a name. Default: the current folder.
    #[arg(long, value_name = "DIR", conflicts_with = "to")]
    pub(crate) dir: Option<PathBuf>,
    /// The path of the file, of a single one.
    #[arg(long, value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// Replace files that are there already.
    #[arg(long)]
    pub(crate) force: bool,
    /// Take no file that is longer.
    #[arg(long, value_name = "BYTES", default_value_t = LONGEST_FILE)]
    pub(crate) max_bytes: u64,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// The longest file that is sent or taken unless told otherwise.
const LONGEST_FILE: u64 = 1 << 30;

/// What to do with groups.
#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// Create a group, and print what the server calls it.
    Create(Box<Create>),
    /// Join a group.
    Join(Box<OfGroup>),
    /// Print name, access and numbers of a group.
    Info(Box<OfGroup>),
    /// List the members of a group.
    Members(Box<OfGroup>),
    /// Add members, or change what members may do.
    Add(Box<Add>),
    /// Remove a member.
    Remove(Box<OfMember>),
    /// Leave a group for good.
    Leave(Box<OfGroup>),
    /// Give a group another name.
    Rename(Box<Rename>),
    /// Make another member the owner.
    Transfer(Box<OfMember>),
    /// Delete a group, for everybody and with all its messages.
    Delete(Box<OfGroup>),
}

/// Options of what needs a group only.
#[derive(Debug, Args)]
pub(crate) struct OfGroup {
    /// The group: `grp…`.
    #[arg(value_name = "GROUP")]
    pub(crate) topic: String,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of what needs a group and a user.
#[derive(Debug, Args)]
pub(crate) struct OfMember {
    /// The group: `grp…`.
    #[arg(value_name = "GROUP")]
    pub(crate) topic: String,
    /// The id of the user.
    #[arg(value_name = "USER")]
    pub(crate) member: String,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im group create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The name.
    pub(crate) name: String,
    /// Add this user. May be repeated.
    #[arg(long, value_name = "USER", value_delimiter = ',')]
    pub(crate) invite: Vec<String>,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im group add`.
#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The group: `grp…`.
    #[arg(value_name = "GROUP")]
    pub(crate) topic: String,
    /// The ids of the users.
    #[arg(value_name = "USER", required = true)]
    pub(crate) members: Vec<String>,
    /// What they may do: letters of JRWPASDO, `N` for nothing.
    #[arg(long, value_name = "MODE", default_value = "JRWPS", value_parser = mode)]
    pub(crate) mode: AccessMode,
    #[command(flatten)]
    pub(crate) account: Account,
}

/// Options of `im group rename`.
#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// The group: `grp…`.
    #[arg(value_name = "GROUP")]
    pub(crate) topic: String,
    /// The new name.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) account: Account,
}

fn mode(text: &str) -> Result<AccessMode, String> {
    AccessMode::parse(text).ok().flatten().ok_or_else(|| "letters of JRWPASDO, or N".to_owned())
}
