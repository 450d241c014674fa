//! A toy screen-pop, as the scenario `screen-pop.toml` tests it.

use std::collections::HashSet;

use tieline::core::supervisor::LineEvent;
use tieline::tokio::wsi::{Config, Item, connect};
use tieline::wsi::client::ClientEvent;
use tieline::wsi::sip::user_part;
use tieline::wsi::{Auth, Dialect, Event, Subscription, Topic};

/// Somebody who calls, and whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pop {
    /// The number that calls.
    pub from: String,
    /// The number that is called.
    pub to: String,
}

/// Calls `show` for each call that begins, once, until it says that it has seen enough or the line is given up.
///
/// # Errors
/// The address is no address of WSI, or the line cannot be begun.
pub async fn pops(
    url: &str,
    auth: Auth,
    mut show: impl FnMut(Pop) -> bool,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let calls = Subscription::to(Topic::ExtensionEvents);
    let config = Config::new(Dialect::V16, auth).subscribe(&calls);
    let (_client, mut events) = connect(url, config).await?;
    let mut popped = HashSet::new();
    while let Some(item) = events.next().await {
        let Item::Line(LineEvent::Session(ClientEvent::Received(received))) = item else { continue };
        let Event::CallStart(call) = &received.event else { continue };
        let (Some(caller), Some(callee)) = (&call.caller, &call.callee) else { continue };
        if popped.insert(call.session_id.clone()) {
            let pop = Pop { from: user_part(caller).to_owned(), to: user_part(callee).to_owned() };
            if !show(pop) {
                break;
            }
        }
    }
    Ok(())
}
