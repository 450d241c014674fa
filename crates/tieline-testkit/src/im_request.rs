//! The requests that lead to messages of recorded conversations.

use tieline_portsip_im::client::{History, Noting, Publish, Request, Subscribe, Subscribers};
use tieline_portsip_im::{AccessMode, ClientBody, ClientMessage, DelWhat, GetOpts, NoteWhat, SetDesc};

fn history(topic: &str, options: Option<&GetOpts<String>>) -> Option<History> {
    let mut history = History::of(topic);
    if let Some(options) = options {
        let number = |number: Option<i64>| number.map(u64::try_from).transpose().ok();
        history.since = number(options.since)?;
        history.before = number(options.before)?;
        history.limit = options.limit.map(u32::try_from).transpose().ok()?;
    }
    Some(history)
}

/// The request that leads to a message; `None` where there is none.
#[must_use]
pub fn im_request_of(text: &str) -> Option<Request> {
    let message = ClientMessage::decode_owned(text).ok()?;
    let topic = message.body.topic()?.clone();
    let request = match message.body {
        ClientBody::Sub(sub) if sub.get.is_none() => {
            let mut subscribe = Subscribe::to(topic);
            subscribe.set = sub.set.map(|set| *set);
            Request::Subscribe(subscribe)
        }
        ClientBody::Leave(leave) => Request::Leave { topic, unsubscribe: leave.unsub.unwrap_or_default() },
        ClientBody::Pub(publish) => {
            let mut message = Publish::json(topic, publish.content?);
            message.noecho = publish.noecho.unwrap_or_default();
            message.head = publish.head;
            Request::Publish(message)
        }
        ClientBody::Get(get) => match get.what.as_deref()? {
            "desc" => Request::Desc { topic, ims: get.desc.and_then(|options| options.ims) },
            "sub" => {
                let mut subscribers = Subscribers::of(topic);
                if let Some(options) = get.sub {
                    subscribers.ims = options.ims;
                    subscribers.user = options.user;
                    subscribers.limit = options.limit.map(u32::try_from).transpose().ok()?;
                }
                Request::Subscribers(subscribers)
            }
            "data" => Request::History(history(topic.as_str(), get.data.as_deref())?),
            "del" => Request::Deletions(history(topic.as_str(), get.del.as_deref())?),
            "tags" => Request::Tags(topic),
            _ => return None,
        },
        ClientBody::Set(set) => match (set.desc, set.sub, set.tags) {
            (Some(desc), None, None) => Request::SetDesc { topic, desc: SetDesc::clone(&desc) },
            (None, Some(sub), None) => {
                let mode = sub.mode?.parse().ok()??;
                match sub.user {
                    Some(to) if mode == AccessMode::FULL => Request::TransferOwnership { topic, to },
                    user => Request::SetAccess { topic, user, mode },
                }
            }
            (None, None, Some(tags)) => Request::SetTags { topic, tags },
            _ => return None,
        },
        ClientBody::Del(del) => match del.what.unwrap_or(DelWhat::Messages) {
            DelWhat::Messages => {
                let hard = del.hard.unwrap_or_default();
                Request::DeleteMessages { topic, ranges: del.delseq.unwrap_or_default(), hard }
            }
            DelWhat::Subscription => Request::RemoveMember { topic, user: del.user? },
            DelWhat::Topic => Request::DeleteTopic { topic, hard: del.hard.unwrap_or_default() },
            _ => return None,
        },
        ClientBody::Note(note) => {
            let seq = u64::try_from(note.seq.unwrap_or_default()).ok()?;
            let what = match note.what? {
                NoteWhat::Typing => Noting::Typing,
                NoteWhat::Read => Noting::Read(seq),
                NoteWhat::Received => Noting::Received(seq),
                _ => return None,
            };
            Request::Note { topic, what }
        }
        _ => return None,
    };
    Some(request)
}
