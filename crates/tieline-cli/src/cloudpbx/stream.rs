//! The event stream as the commands open it.

use tieline_core::{Class, Secret};
use tieline_tls::Trust;
use tieline_tokio::cloudpbx::{Client, Events, StreamAddress, StreamConfig, StreamTarget, connect};
use tieline_tokio::{ConnectError, Credentials};

use crate::args::Key;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password;

/// The address of a stream, and the key that stood in it.
pub(crate) fn address(url: &Secret) -> Result<(StreamAddress, Option<Secret>), Failure> {
    let usage = |error: &dyn std::fmt::Display| {
        Failure::new(
            Exit::Usage,
            format!("{error}\nA stream is at wss://SERVER/ws/pbx_NAME, or the same with ?pbxkey=KEY."),
        )
    };
    let address: StreamAddress = url.expose().parse().map_err(|error: ConnectError| usage(&error))?;
    if !address.has_key() {
        return Ok((address, None));
    }
    tracing::warn!(
        "the API key stands in the address {address}: other users of this machine can read it there; give it with \
         --key-file or in TIELINE_KEY"
    );
    let url = url.expose().trim();
    let path = url.split_once("://").and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)));
    let target = StreamTarget::parse(path.unwrap_or_default()).map_err(|error| usage(&error))?;
    Ok((address, Some(target.key().clone())))
}

/// The key: from the file where one is named, else the one in the address, else from the environment or a prompt.
pub(crate) fn key(in_address: Option<Secret>, key: &Key) -> Result<Secret, Failure> {
    let key = match in_address {
        Some(found) if key.key_file.is_none() => found,
        _ => password::read(key)?,
    };
    if key.expose().trim().is_empty() {
        return Err(Failure::new(Exit::Usage, "the API key is empty"));
    }
    Ok(key)
}

/// Opens a stream with `change` to what is usual, and returns once it is live.
pub(crate) async fn open(
    address: StreamAddress,
    key: Secret,
    trust: Trust,
    change: impl FnOnce(&mut StreamConfig),
) -> Result<(Client, Events), Failure> {
    let mut config = StreamConfig::new().key(Credentials::fixed(key)).trust(trust);
    change(&mut config);
    connect(address, config).await.map_err(|error| refused(&error))
}

/// The failure of a stream that could not be opened.
fn refused(error: &ConnectError) -> Failure {
    let remedy = match error {
        ConnectError::Tcp { .. } | ConnectError::Resolve { .. } | ConnectError::Timeout => {
            "Check the address and the firewall; the stream is on another host than the API. `listen --retry` keeps trying."
        }
        error if error.class() == Class::Reauthenticate => {
            "The key was refused, or there is no PBX of this name. The key comes from --key-file, TIELINE_KEY or a prompt; \
             the vendor hands it out."
        }
        ConnectError::Upgrade(_) => "Is this the address of a CloudPBX stream?",
        _ => "",
    };
    let mut words = error.to_string();
    if !remedy.is_empty() {
        words.push('\n');
        words.push_str(remedy);
    }
    Failure::new(crate::failure::exit_of_connect(error), words)
}
