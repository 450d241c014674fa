//! `tieline listen` to PortSIP WSI.

use tieline_core::{Class, RequestError, Secret};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};
use tieline_tokio::ClientError;
use tieline_tokio::wsi::{Client, Config, Events, connect};

use super::trust;
use crate::args::{Listen, Login};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password;

/// The topics that are subscribed to unless told otherwise.
pub(crate) const TOPICS: [&str; 3] = ["extension_events", "cdr_events", "queue_events"];

/// Opens the line.
pub(super) async fn open(args: &Listen) -> Result<(Client, Events), Failure> {
    let dialect = args.dialect.unwrap_or_else(|| dialect_of(args.url.expose()));
    let auth = auth(&args.login, dialect)?;
    let mut config = Config::new(dialect, auth).trust(trust(&args.tls)?);
    config.options.policy = super::policy(args, config.options.policy);
    if let Some(idle_timeout) = args.waits.idle_timeout {
        config.session.idle_timeout = idle_timeout;
        config.session.ping_after = super::ping_after(idle_timeout);
    }
    config.session.login_timeout = config.session.login_timeout.min(args.waits.connect_timeout);
    Ok(connect(args.url.expose(), config).await?)
}

/// Asks for the subscriptions.
pub(super) async fn subscribe(client: &Client, args: &Listen) -> Result<(), Failure> {
    for subscription in subscriptions(args) {
        let topic = subscription.topics.first().map(|selection| selection.topic.to_string()).unwrap_or_default();
        client.subscribe(subscription).await.map_err(|error| refused(&topic, error))?;
    }
    Ok(())
}

/// The words of an error, with the server's where it gave some.
pub(crate) fn words(error: &RequestError) -> String {
    match error {
        RequestError::Refused { reason, .. } if !reason.is_empty() => format!("{error}: {reason}"),
        _ => error.to_string(),
    }
}

pub(crate) fn refused(topic: &str, error: ClientError) -> Failure {
    match error {
        ClientError::Failed(error @ RequestError::Refused { .. }) => Failure::new(
            Exit::Refused,
            format!(
                "{topic}: {}; does this login have the permission, and does the PBX have the topic?",
                words(&error)
            ),
        ),
        // The line went before the answer came.
        error if error == ClientError::Closed || error.class() == Class::Retry => {
            Failure::new(Exit::Unreachable, format!("{topic}: {error}"))
        }
        error => Failure::new(Exit::Failure, format!("{topic}: {error}")),
    }
}

/// The dialect that an address tells of: `?dialect=`, else the port or path of the generation.
pub(crate) fn dialect_of(url: &str) -> Dialect {
    if let Some(dialect) = url.split_once("dialect=").and_then(|(_, rest)| rest.split('&').next()?.parse().ok()) {
        return dialect;
    }
    let path = url.split(['?', '#']).next().unwrap_or_default();
    if path.trim_end_matches('/').ends_with("/wsi") { Dialect::V22 } else { Dialect::V16 }
}

pub(crate) fn auth(login: &Login, dialect: Dialect) -> Result<Auth, Failure> {
    let usage = |message: &str| Failure::new(Exit::Usage, message);
    let domain = || login.domain.clone().ok_or_else(|| usage("--domain is missing: the SIP domain of the login"));
    let password = || -> Result<Secret, Failure> { Ok(password::read(login)?) };
    match (&login.user, &login.extension, &login.tenant, dialect) {
        (Some(_), None, None, Dialect::V12) => {
            Err(usage("v12 knows no users: log in with --extension NUMBER --domain DOMAIN, or --tenant NAME"))
        }
        (Some(user), None, None, Dialect::V22) if login.domain.is_none() => Ok(Auth::admin(user, password()?)),
        (Some(user), None, None, _) => Ok(Auth::username(user, domain()?, password()?)),
        (None, Some(extension), None, Dialect::V12) => Ok(Auth::extension(extension, domain()?, password()?)),
        (None, Some(extension), None, _) => Ok(Auth::extension_number(extension, domain()?, password()?)),
        (None, None, Some(tenant), Dialect::V12) => Ok(Auth::tenant(tenant, password()?)),
        (None, None, Some(_), _) => Err(usage("tenants log in by name in v12 only: add --dialect v12, or use --user")),
        _ => {
            Err(usage("who logs in? --user NAME --domain DOMAIN, --extension NUMBER --domain DOMAIN, or --tenant NAME"))
        }
    }
}

/// One subscription a topic, so that each is refused or granted on its own.
fn subscriptions(args: &Listen) -> Vec<Subscription> {
    let default = TOPICS.map(String::from);
    let topics = if args.topic.is_empty() { &default[..] } else { &args.topic };
    let subscription = |topic: &String| {
        let topic = Topic::from(topic.as_str());
        let plain = topic.plain();
        let subscription = Subscription::to(topic).tenants(&args.selection.tenant_id);
        match plain {
            Topic::ExtensionEvents | Topic::CdrEvents => subscription.extensions(&args.selection.ext),
            Topic::QueueEvents => subscription.queues(&args.selection.queue),
            _ => subscription,
        }
    };
    topics.iter().map(subscription).collect()
}

#[cfg(test)]
mod tests {
    use super::dialect_of;
    use tieline_portsip_wsi::Dialect;

    #[test]
    fn the_address_tells_the_dialect() {
        assert_eq!(dialect_of("wss://pbx:8887/wsi"), Dialect::V22);
        assert_eq!(dialect_of("wss://pbx:8885/"), Dialect::V16);
        assert_eq!(dialect_of("ws://127.0.0.1:1/wsi?dialect=v12"), Dialect::V12);
    }
}
