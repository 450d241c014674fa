//! The IM service inside a program, and the life of a group on it: made, filled, handed over and deleted.
//!
//! `cargo run -p tieline-examples --bin group_life` keeps everything in a folder that is removed at the end;
//! `cargo run -p tieline-examples --bin group_life -- DIR` in one that stays.

use tieline::portsip_im::Credentials;
use tieline::portsip_im::token::Account;
use tieline::server::im::accounts::{Roster, User};
use tieline::server::im::standing::{Standing, StandingConfig};
use tieline::server::{Server, ServerOptions};
use tieline::tokio::Proxy;
use tieline::tokio::im::{Config, connect};
use tieline_examples::group;

const DOMAIN: &str = "example.com";
const BOB: u64 = 1002;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let passing = tempfile::tempdir()?;
    let folder = std::env::args().nth(1).map_or_else(|| passing.path().to_owned(), Into::into);
    // Tokens and the names of groups are drawn from it: what was drawn before must not come again.
    let seed = uuid::Uuid::new_v4().into_bytes();
    let users = Roster::new().with(User::new(1001, "alice", DOMAIN), "a").with(User::new(BOB, "bob", DOMAIN), "b");
    let standing = Standing::open(StandingConfig::new(folder, seed), users, Box::new(|_, _| {}))?;
    let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await?;
    let url = format!("ws://{}/im", server.local_addr());
    let server = server.spawn(standing.router());

    let line = |name: &'static str, password: &'static str| {
        // What a client over the network gets from `POST /api/login/oauth/token`.
        let grant = standing.desk().sign_in(&Account::new(name, DOMAIN, password))?;
        let config = Config::new(Credentials::access_token(name, DOMAIN, grant.access_token));
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(connect(&url, config.proxy(Proxy::direct())))
    };
    let (alice, _) = line("alice", "a")?.await?;
    let (bob, _) = line("bob", "b")?.await?;
    let story = group::live(&alice, &bob, &format!("usr{BOB}")).await?;
    println!("{}: {} members", story.group, story.members);
    story.said.iter().for_each(|text| println!("  {text}"));
    println!("deleted");
    alice.close().await;
    bob.close().await;
    standing.stop(&server).await;
    Ok(())
}
