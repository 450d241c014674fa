//! `tieline listen` to the events of Axeos.

use std::time::Duration;

use tieline_tokio::axeos::{Client, Events, connect};

use super::policy;
use crate::args::Listen;
use crate::axeos::{Place, refused};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::password::Source;

/// Follows the log.
pub(super) async fn open(args: &Listen) -> Result<(Client, Events), Failure> {
    if let Some(option) = super::wsi_option(args) {
        let words = format!("{option} is of PortSIP WSI; the log of Axeos has everything, and --only chooses from it");
        return Err(Failure::new(Exit::Usage, words));
    }
    let user = args.login.user.as_deref().map(|name| (name, Source::from(&args.login)));
    let place = Place::new(&args.url, user, &args.key, &args.tls)?;
    let mut config = place.config(|default| policy(args, default));
    if let Some(idle_timeout) = args.waits.idle_timeout {
        // The server holds a poll for whole seconds, at least one.
        config.poller.wait = Duration::from_secs((idle_timeout * 2 / 3).as_secs().max(1));
        config.poller.margin = idle_timeout.saturating_sub(config.poller.wait).max(Duration::from_millis(300));
    }
    connect(config).await.map_err(|error| refused(&error))
}
