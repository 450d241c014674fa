//! `tieline listen` to the events of Axeos.

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
    let config = place.config(|default| policy(args, default));
    connect(config).await.map_err(|error| refused(&error))
}
