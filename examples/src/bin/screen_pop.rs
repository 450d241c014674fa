//! A screen-pop on tokio: who is ringing, once per call, while it rings. It ends by itself after three calls.
//!
//! `cargo run -p tieline-examples --bin screen_pop`

use std::collections::HashSet;

use tieline::core::supervisor::LineEvent;
use tieline::tokio::wsi::{Config, Item, connect};
use tieline::wsi::client::ClientEvent;
use tieline::wsi::sip::user_part;
use tieline::wsi::{Dialect, Event, Subscription, Topic};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let pbx = tieline_examples::simulated_pbx()?;
    let calls = Subscription::to(Topic::ExtensionEvents);
    let config = Config::new(Dialect::V16, pbx.tenant_auth(Dialect::V16)).subscribe(&calls);
    let (_client, mut events) = connect(&pbx.url(Dialect::V16), config).await?;
    let mut popped = HashSet::new();
    while popped.len() < 3 {
        let Some(Item::Line(event)) = events.next().await else { break };
        match event {
            LineEvent::Session(ClientEvent::Received(received)) => {
                let Event::CallStart(call) = &received.event else { continue };
                let (Some(caller), Some(callee)) = (&call.caller, &call.callee) else { continue };
                // The same call can be told twice, to two subscriptions or over two lines: pop once.
                if popped.insert(call.session_id.clone()) {
                    println!("{} is calling {}", user_part(caller), user_part(callee));
                }
            }
            LineEvent::Gap(gap) => println!("calls of {:?} may be missing", gap.length()),
            _ => {}
        }
    }
    Ok(())
}
