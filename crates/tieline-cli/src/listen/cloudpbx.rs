//! `tieline listen` to the event stream of CloudPBX.

use tieline_tokio::cloudpbx::{Client, Events, StreamConfig};

use super::{ping_after, policy, trust};
use crate::args::Listen;
use crate::cloudpbx::stream;
use crate::exit::Exit;
use crate::failure::Failure;

/// Opens the stream.
pub(super) async fn open(args: &Listen) -> Result<(Client, Events), Failure> {
    if let Some(option) = super::wsi_option(args) {
        let words =
            format!("{option} is of PortSIP WSI; the stream of CloudPBX has everything, and --only chooses from it");
        return Err(Failure::new(Exit::Usage, words));
    }
    let (address, in_address) = stream::address(&args.url)?;
    let key = stream::key(in_address, &args.key)?;
    let change = |config: &mut StreamConfig| {
        config.options.policy = policy(args, config.options.policy);
        if let Some(idle_timeout) = args.waits.idle_timeout {
            config.session.idle_timeout = idle_timeout;
            config.session.ping_after = ping_after(idle_timeout);
        }
    };
    stream::open(address, key, trust(&args.tls)?, change).await
}
