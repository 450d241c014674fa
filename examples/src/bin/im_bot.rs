//! A bot in a PBX's instant messaging: it replies to everything that is said in its topics, also to what was said while
//! its line was down.
//!
//! `cargo run -p tieline-examples --bin im_bot` talks to it three times over a simulated PBX.
//!
//! `cargo run -p tieline-examples --bin im_bot -- wss://pbx.example.com:8887/im USER DOMAIN TOPIC...` joins a PBX, with the
//! access token in the variable `TIELINE_IM_TOKEN`.

use tieline::core::supervisor::LineEvent;
use tieline::portsip_im::Credentials;
use tieline::portsip_im::client::{ClientEvent, Publish};
use tieline::sim::Sim;
use tieline::sim::scenario::{Extension, Group, Scenario};
use tieline::tokio::im::{Config, Item, connect};
use tieline_examples::bot;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, user, domain, topics @ ..] = &arguments[..] else { return demonstrate().await };
    let token = std::env::var("TIELINE_IM_TOKEN")?;
    let config = Config::new(Credentials::access_token(user.as_str(), domain.as_str(), token));
    let config = topics.iter().fold(config, |config, topic| config.attach(topic.as_str()));
    let (client, mut events) = connect(url, config).await?;
    bot::run(&client, &mut events, u64::MAX).await?;
    Ok(())
}

/// A guest says three things, and the bot replies.
async fn demonstrate() -> Result<(), Box<dyn std::error::Error>> {
    const SAID: u64 = 3;
    let scenario = Scenario::builder("lobby")
        .extension(Extension::new("101", "Robot").im(false))
        .extension(Extension::new("102", "Guest").im(false))
        .group(Group::new("lobby", "Lobby", "101").member("102"))
        .build()
        .map_err(|mistakes| mistakes[0].to_string())?;
    let sim = Sim::builder().scenario(scenario).start().await?;
    let (url, group) = (sim.im_url(), sim.im_group("lobby").ok_or("no lobby")?);
    let config = |user: &str| {
        let token = sim.im_token(user).ok_or("no such user")?.clone();
        Ok::<_, &str>(Config::new(Credentials::access_token(user, "acme.test", token)).attach(group.as_str()))
    };
    let (robot, mut robots_events) = connect(&url, config("101")?).await?;
    let (guest, mut events) = connect(&url, config("102")?).await?;
    let answering = tokio::spawn(async move { bot::run(&robot, &mut robots_events, SAID).await });
    for text in ["hello", "is anybody there?", "bye"] {
        guest.publish(Publish::text(group.as_str(), text)).await?;
    }
    // Three of the guest's, three of the bot's.
    let mut left = 2 * SAID;
    while left > 0 {
        let Some(Item::Line(event)) = events.next().await else { break };
        let LineEvent::Session(ClientEvent::Received(received)) = event else { continue };
        let Some(data) = received.data() else { continue };
        if let (Some(from), Some(text)) = (&data.from, data.plain_text()) {
            println!("{from}: {text}");
            left -= 1;
        }
    }
    println!("{} replies", answering.await??);
    guest.close().await;
    Ok(())
}
