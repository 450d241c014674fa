//! `tieline im topics`.

use std::io::Write as _;

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_core::Text;
use tieline_portsip_im::Subscriber;
use tieline_portsip_im::client::Subscribers;
use tieline_tokio::im::Client;

use super::record::{json, letters, local, shown_name, utc};
use super::{Origin, session};
use crate::args::{Account, Output};
use crate::cloudpbx::table;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line};

/// A subscription.
#[derive(Serialize)]
struct Topic<'a> {
    topic: Option<&'a str>,
    name: Option<String>,
    access: Option<String>,
    seq: u64,
    read: u64,
    unread: u64,
    online: bool,
    touched: Option<String>,
    data: Option<Box<RawValue>>,
}

impl<'a> Topic<'a> {
    fn of(entry: &'a Subscriber<Text>) -> Self {
        let (seq, read) = (entry.seq.unwrap_or_default(), entry.read.unwrap_or_default());
        Self {
            topic: entry.topic.as_ref().map(|topic| topic.as_str()),
            name: shown_name(entry.public.as_ref()),
            access: letters(entry.acs.as_ref()),
            seq,
            read,
            unread: seq.saturating_sub(read),
            online: entry.online.unwrap_or_default(),
            touched: entry.touched.as_ref().and_then(utc),
            data: json(entry),
        }
    }
}

/// All subscriptions, but those that ended.
pub(super) async fn subscriptions(client: &Client) -> Result<Vec<Subscriber<Text>>, Failure> {
    let all = client.subscribers(Subscribers::of("me")).await;
    let mut all = all.map_err(|error| session::read_failed("me", &error))?;
    all.retain(|entry| entry.deleted.is_none() && entry.topic.is_some());
    Ok(all)
}

/// Runs `im topics`.
pub(super) async fn run(account: &Account, output: Output) -> Result<Exit, Failure> {
    let client = session::attached(account, "me").await?;
    let all = subscriptions(&client).await?;
    client.close().await;
    let mut out = anstream::stdout().lock();
    if output::is_human(output) {
        let rows = all.iter().map(|entry| {
            let topic = Topic::of(entry);
            vec![
                topic.topic.unwrap_or_default().to_owned(),
                topic.name.unwrap_or_default(),
                topic.access.unwrap_or_default(),
                topic.unread.to_string(),
                local(entry.touched.as_ref()),
            ]
        });
        write!(out, "{}", table(&["TOPIC", "NAME", "ACCESS", "UNREAD", "LAST MESSAGE"], rows))?;
        return Ok(Exit::Ok);
    }
    for (entry, number) in all.iter().zip(1..) {
        Line::new("topic", number, Origin::of(Topic::of(entry))).write(&mut out)?;
    }
    Ok(Exit::Ok)
}
