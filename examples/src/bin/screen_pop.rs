//! A screen-pop: who is ringing, once per call, while it rings.
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
    let config =
        Config::new(Dialect::V16, pbx.tenant_auth(Dialect::V16)).subscribe(&Subscription::to(Topic::ExtensionEvents));
    let (_client, mut events) = connect(&pbx.url(Dialect::V16), config).await?;
    let mut popped = HashSet::new();
    while let Some(item) = events.next().await {
        match item {
            Item::Line(LineEvent::Session(ClientEvent::Received(received))) => {
                let Event::CallStart(call) = &received.event else { continue };
                let (Some(caller), Some(callee), Some(id)) = (&call.caller, &call.callee, &call.session_id) else {
                    continue;
                };
                // The same call can be told twice, to two subscriptions or over two lines: pop once.
                if popped.insert(id.to_string()) {
                    println!("{} is calling {}", user_part(caller), user_part(callee));
                }
            }
            Item::Line(LineEvent::Gap(gap)) => println!("calls of {:?} may be missing", gap.length()),
            _ => {}
        }
        if popped.len() == 3 {
            break;
        }
    }
    Ok(())
}
