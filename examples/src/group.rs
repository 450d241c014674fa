//! The life of a group: made, filled, handed over and deleted.

use std::error::Error;

use tieline::portsip_im::client::{History, Publish, Subscribe, Subscribers};
use tieline::tokio::im::Client;

/// What was left of it at the end.
#[derive(Debug, PartialEq, Eq)]
pub struct Story {
    /// The name of the group.
    pub group: String,
    /// The messages, the oldest first, without the notices of who joined.
    pub said: Vec<String>,
    /// How many members there were.
    pub members: usize,
}

/// Alice makes a group and lets Bob in; both talk; she hands it over to him, who deletes it. `bobs_id` is his user id.
pub async fn live(alice: &Client, bob: &Client, bobs_id: &str) -> Result<Story, Box<dyn Error + Send + Sync>> {
    let created = alice.create_group(None).await?;
    let group = created.topic.to_owned_name();

    // Whoever knows its name may join a group, unless its owner says otherwise.
    bob.subscribe(Subscribe::to(group.clone())).await?;
    for (who, text) in [(alice, "Is room 12 ready?"), (bob, "In five minutes."), (alice, "Thanks.")] {
        who.publish(Publish::text(group.clone(), text)).await?;
    }

    let page = bob.history(History::of(group.clone())).await?;
    let mut said: Vec<(u64, String)> = page
        .messages
        .iter()
        .filter_map(|received| received.data().filter(|message| message.head.is_none()))
        .filter_map(|message| Some((message.seq?, message.plain_text()?.to_string())))
        .collect();
    said.sort_unstable();
    let members = bob.subscribers(Subscribers::of(group.clone())).await?.len();

    // One step, as PortSIP has it: Alice stays a member, and may no longer delete it.
    alice.transfer_ownership(group.clone(), bobs_id).await?;
    bob.delete_topic(group.clone(), true).await?;
    let is_gone = alice.publish(Publish::text(group.clone(), "Anybody here?")).await.is_err();
    if !is_gone {
        return Err("the group is still there".into());
    }
    Ok(Story { group: group.to_string(), said: said.into_iter().map(|(_, text)| text).collect(), members })
}
