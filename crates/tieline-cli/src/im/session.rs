//! The line that the commands share, and why it and its requests fail.

use tieline_core::supervisor::LineEvent;
use tieline_core::{Class, RequestError, Secret, SendErrorKind};
use tieline_portsip_im::client::{ClientEvent, LoggedIn, Subscribe};
use tieline_portsip_im::{Credentials, Hi, UserId};
use tieline_tokio::im::{Client, Config, Events, Item, connect};
use tieline_tokio::{ClientError, ConnectError};

use crate::args::Account;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listen::trust;
use crate::output::printable;
use crate::password;

/// A configuration for what the options say. Asks for the token where nothing tells it.
pub(crate) fn config(account: &Account) -> Result<Config, Failure> {
    let token = password::read(&account.token)?;
    let credentials = Credentials::access_token(&*account.user, &*account.domain, token);
    let mut config = Config::new(credentials).trust(trust(&account.tls)?);
    config.session.hello = account.hello.as_ref().map(|version| {
        let mut hello = Hi::default();
        hello.ver = Some(version.clone());
        hello.ua = Some(concat!("tieline/", env!("CARGO_PKG_VERSION")).to_owned());
        hello
    });
    Ok(config)
}

/// Opens a line.
pub(crate) async fn open(account: &Account, config: Config) -> Result<(Client, Events), Failure> {
    connect(&account.url, config).await.map_err(not_connected)
}

/// A line that is attached to a topic, for one request or a few. Nobody takes its events.
pub(super) async fn attached(account: &Account, topic: &str) -> Result<Client, Failure> {
    let client = bare(account).await?;
    client.subscribe(Subscribe::to(topic)).await.map_err(|error| read_failed(topic, &error))?;
    Ok(client)
}

/// A line for one request or a few, attached to nothing.
pub(super) async fn bare(account: &Account) -> Result<Client, Failure> {
    let mut config = config(account)?;
    config.options.policy.reconnect = false;
    let (client, events) = open(account, config).await?;
    drop(events);
    Ok(client)
}

/// A line that is attached to nothing, and the token for files that its login brought. Nobody takes its other events.
pub(super) async fn with_token(account: &Account) -> Result<(Client, Secret), Failure> {
    let mut config = config(account)?;
    config.options.policy.reconnect = false;
    let (client, mut events) = open(account, config).await?;
    while let Some(item) = events.next().await {
        match item {
            Item::Line(LineEvent::Session(ClientEvent::LoggedIn(LoggedIn { token: Some(token), .. }))) => {
                return Ok((client, token));
            }
            Item::Line(LineEvent::Session(ClientEvent::LoggedIn(_))) => break,
            Item::Line(LineEvent::Closed(Some(cause))) => return Err(Failure::down(&cause)),
            _ => {}
        }
    }
    Err(Failure::new(Exit::Protocol, "the login brought no token for files"))
}

/// The id of a user as the wire has it.
pub(super) fn user(id: &str) -> UserId<String> {
    if id.bytes().all(|byte| byte.is_ascii_digit()) { UserId::from(format!("usr{id}")) } else { UserId::from(id) }
}

fn not_connected(error: ConnectError) -> Failure {
    let (exit, words) = match &error {
        ConnectError::LoginRefused { .. } => {
            (Exit::AuthRefused, "Check user, domain and access token: a token of PortSIP ends after half an hour.")
        }
        ConnectError::Tcp { .. } | ConnectError::Resolve { .. } | ConnectError::Timeout => {
            (Exit::Unreachable, "Check the address, the port (8887 at PortSIP) and the firewall.")
        }
        _ => return error.into(),
    };
    let failure = Failure::new(exit, format!("{error}\n{words}"));
    match &error {
        ConnectError::LoginRefused { reason, .. } if !reason.is_empty() => failure.saying(&printable(reason)),
        _ => failure,
    }
}

/// The failure of a request that changes nothing.
pub(crate) fn read_failed(what: &str, error: &ClientError) -> Failure {
    failed(what, error, Exit::Unreachable)
}

/// The failure of a request that changes something, which was asked for once.
pub(super) fn change_failed(what: &str, error: &ClientError) -> Failure {
    let unknown = !matches!(
        error,
        ClientError::NotSent(_)
            | ClientError::Failed(
                RequestError::Refused { .. } | RequestError::Disconnected(tieline_core::Sent::Nothing)
            )
    );
    if unknown {
        let words = "It is not known whether the server did it; nothing was repeated.";
        return Failure::new(Exit::OutcomeUnknown, format!("{}: {error}\n{words}", printable(what)));
    }
    failed(what, error, Exit::Unreachable)
}

fn failed(what: &str, error: &ClientError, passing: Exit) -> Failure {
    let exit = match error {
        ClientError::Failed(RequestError::Refused { .. }) => Exit::Refused,
        ClientError::Failed(RequestError::Unreadable { .. }) => Exit::Protocol,
        ClientError::NotSent(SendErrorKind::Invalid(_)) => Exit::Usage,
        ClientError::Closed => passing,
        error if error.class() == Class::Retry => passing,
        _ => Exit::Failure,
    };
    let failure = Failure::new(exit, format!("{}: {error}", printable(what)));
    match error {
        ClientError::Failed(RequestError::Refused { reason, .. }) if !reason.is_empty() => {
            failure.saying(&printable(reason))
        }
        _ => failure,
    }
}
