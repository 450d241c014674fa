//! The words of `doctor`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use tieline_core::Secret;
use tieline_portsip_wsi::Dialect;

use super::cloudpbx::secret;
use super::{Key, Login, Tls, Token, duration};

pub(super) const HELP: &str = "\
Examples:
  tieline doctor wss://pbx.example.com:8887/wsi
  tieline doctor wss://pbx.example.com:8887/wsi --user alice --domain example.com --password-file secret
  tieline doctor wss://pbxvisor1.cloudpbx.pl/ws/pbx_MyPbx --key-file key --for 30s
  tieline doctor https://pbx.example.com/apis/pbx --key-file key
  tieline doctor wss://pbx.example.com:8887/im --user alice --domain example.com --token-file token
  tieline doctor office -o json | jq -r 'select(.outcome == \"failed\") | .remedy'

It goes the way of the other commands: name, TCP, proxy, TLS, WebSocket or HTTP, login, subscriptions. Then
it listens, compares clocks, and names keys that no document has. Without a login it stops before it. It
changes nothing on the PBX. The exit code is that of the step that failed first.";

/// What `doctor` can examine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Examined {
    /// PortSIP WSI.
    Wsi,
    /// PortSIP IM.
    Im,
    /// The event stream of CloudPBX.
    Cloudpbx,
    /// The HTTP API of CloudPBX.
    CloudpbxApi,
    /// The HTTP API of Axeos.
    Axeos,
}

/// Options of `doctor`.
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The address of the PBX: ws://, wss://, http:// or https://. Or a profile.
    #[arg(value_parser = secret)]
    // It may hold the key.
    pub(crate) url: Secret,
    /// The protocol, where the address does not tell it.
    #[arg(long, value_enum)]
    pub(crate) protocol: Option<Examined>,
    /// CloudPBX: examine its API too, at this address. May be repeated.
    #[arg(long = "api", value_name = "URL", value_delimiter = ',', value_parser = secret, hide_env_values = true)]
    // They may hold the key.
    pub(crate) urls: Vec<Secret>,
    /// WSI: the generation of the server: v12, v16 or v22. Default: v22 for a path that ends in /wsi, else v16.
    #[arg(long)]
    pub(crate) dialect: Option<Dialect>,
    #[command(flatten)]
    pub(crate) login: Login,
    #[command(flatten)]
    pub(crate) key: Key,
    #[command(flatten)]
    pub(crate) token: Token,
    /// IM: say `hi` with this version before the login, for servers that demand it. Tinode's is 0.25.
    #[arg(long, value_name = "VERSION")]
    pub(crate) hello: Option<String>,
    #[command(flatten)]
    pub(crate) tls: Tls,
    /// WSI: the topics to subscribe to. Default: extension_events,cdr_events,queue_events.
    #[arg(long, value_name = "TOPIC", value_delimiter = ',')]
    pub(crate) topic: Vec<String>,
    /// How long to listen for keys that no document has, e.g. 30s; 0s does not listen.
    #[arg(long = "for", value_name = "TIME", default_value = "3s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// How long each step may take.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub(crate) timeout: Duration,
}
