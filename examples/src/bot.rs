//! A bot of a PBX's instant messaging.

use tieline::core::supervisor::{LineEvent, Phase};
use tieline::core::{Class, RequestError, SendErrorKind, Sent};
use tieline::portsip_im::UserId;
use tieline::portsip_im::client::{ClientEvent, Noting, Publish, Received};
use tieline::tokio::ClientError;
use tieline::tokio::im::{Client, Events, Item};

/// Replies to every message of others in the topics that the line is attached to, until the line is over, or after so many
/// replies. Gives how many there were.
///
/// Messages that were published while the line was down come as events too, once each, so that nobody waits in vain.
///
/// # Errors
/// When a reply is refused. One that a lost line took with it may have been published: it is not said twice.
pub async fn run(client: &Client, events: &mut Events, at_most: u64) -> Result<u64, ClientError> {
    let mut own: Option<UserId<String>> = None;
    let mut replies = 0;
    while replies < at_most {
        let Some(item) = events.next().await else { break };
        let Item::Line(LineEvent::Session(event)) = item else { continue };
        match event {
            ClientEvent::LoggedIn(login) => own = Some(UserId::from(login.user.as_str())),
            ClientEvent::Received(received) => {
                let Some((topic, reply)) = answer(&received, own.as_ref()) else { continue };
                if let Some(seq) = received.seq() {
                    let _line_lost = client.note(topic.as_str(), Noting::Read(seq)).await;
                }
                replies += u64::from(say(client, &topic, &reply).await?);
            }
            _ => {}
        }
    }
    Ok(replies)
}

/// Publishes once there is a line. Whether it is known to be published.
async fn say(client: &Client, topic: &str, text: &str) -> Result<bool, ClientError> {
    loop {
        match client.publish(Publish::text(topic, text)).await {
            Ok(_) => return Ok(true),
            Err(
                ClientError::NotSent(SendErrorKind::NotConnected)
                | ClientError::Failed(RequestError::Disconnected(Sent::Nothing)),
            ) => {
                let mut phases = client.phases();
                let _driver_dropped = phases.wait_for(|now| matches!(now, Phase::Live | Phase::Closed)).await;
            }
            Err(error) if error.class() == Class::Retry => {
                eprintln!("whether {topic} got a reply is not known: {error}");
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
    }
}

/// What is said to a message, and where; nothing to one's own and to what is no text.
fn answer(received: &Received, own: Option<&UserId<String>>) -> Option<(String, String)> {
    let data = received.data()?;
    let topic = data.topic.as_ref()?.as_str();
    let from = data.from.as_ref()?.as_str();
    if own.is_some_and(|own| own.as_str() == from) {
        return None;
    }
    Some((topic.to_owned(), format!("You said: {}", data.plain_text()?)))
}
