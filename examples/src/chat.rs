//! A PBX's instant messaging in a few lines: whoever logs in is let in, topics come to be when somebody attaches.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline::core::json::Encode as _;
use tieline::core::{Text, Timestamp};
use tieline::portsip_im::server::{Accepted, Answer};
use tieline::portsip_im::{
    ClientBody, ClientMessage, Credentials, Data, Desc, Get, Meta, Note, Params, Pub, Section, ServerMessage, Status,
    UserId,
};
use tieline::server::im::{ClientId, Desk, Exchange, ImHub, ImService, im_paths};
use tieline::server::{Router, Server, ServerHandle, ServerOptions};

/// Serves instant messaging on this machine.
pub async fn serve() -> io::Result<(SocketAddr, ServerHandle)> {
    let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await?;
    let address = server.local_addr();
    let hub = ImHub::new();
    let chat = Chat { hub: hub.clone(), rooms: Mutex::default() };
    Ok((address, server.spawn(Router::new().websocket(im_paths(), ImService::new(Arc::new(chat), hub)))))
}

struct Chat {
    hub: ImHub,
    rooms: Mutex<Rooms>,
}

#[derive(Default)]
struct Rooms {
    users: BTreeMap<ClientId, String>,
    topics: BTreeMap<String, Topic>,
}

#[derive(Default)]
struct Topic {
    attached: BTreeSet<ClientId>,
    messages: Vec<Text>,
}

impl Chat {
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Desk for Chat {
    fn login(&self, client: ClientId, credentials: &Credentials) -> Result<Accepted, Status> {
        let Credentials::AccessToken { user, .. } = credentials else { return Err(Status::UNKNOWN_SCHEME) };
        let id = format!("usr{user}");
        self.rooms().users.insert(client, id.clone());
        Ok(Accepted::user(UserId::from(id.as_str())))
    }

    fn request(&self, message: &ClientMessage<Text>, exchange: Exchange<'_>) {
        let rooms = &mut *self.rooms();
        let client = exchange.client();
        let name = message.body.topic().map(|topic| topic.as_str().to_owned()).unwrap_or_default();
        let Some(user) = rooms.users.get(&client) else { return exchange.respond(Status::AUTHENTICATION_REQUIRED) };
        let topic = rooms.topics.entry(name).or_default();
        match &message.body {
            ClientBody::Sub(_) => {
                topic.attached.insert(client);
                exchange.respond(Status::OK);
            }
            ClientBody::Leave(_) => {
                topic.attached.remove(&client);
                exchange.respond(Status::OK);
            }
            _ if !topic.attached.contains(&client) => exchange.respond(Status::ATTACH_FIRST),
            ClientBody::Pub(publish) => topic.publish(&self.hub, user, publish, exchange),
            ClientBody::Get(get) => topic.get(get, exchange),
            _ => exchange.respond(Status::PERMISSION_DENIED),
        }
    }

    fn note(&self, _: ClientId, _: &Note<Text>) {}

    fn left(&self, client: ClientId) {
        let mut rooms = self.rooms();
        rooms.users.remove(&client);
        rooms.topics.values_mut().for_each(|topic| {
            topic.attached.remove(&client);
        });
    }
}

impl Topic {
    fn publish(&mut self, hub: &ImHub, user: &str, publish: &Pub<Text>, exchange: Exchange<'_>) {
        let seq = self.messages.len() as u64 + 1;
        let mut data = Data::<Text>::default();
        data.topic.clone_from(&publish.topic);
        data.from = Some(UserId::new(user.into()));
        data.seq = Some(seq);
        data.ts = Some(Timestamp::new(exchange.timestamp().raw().into()));
        data.content.clone_from(&publish.content);
        data.reqid.clone_from(&publish.id);
        let message = Text::from(ServerMessage::Data(data).to_json());
        self.messages.push(message.clone());
        let client = exchange.client();
        let mut params = Params::default();
        params.seq = Some(seq);
        exchange.respond(Answer::status(Status::ACCEPTED).with(&params));
        let silent = publish.noecho == Some(true);
        for other in self.attached.iter().filter(|other| !silent || **other != client) {
            hub.push(*other, &message);
        }
    }

    fn get(&self, get: &Get<Text>, mut exchange: Exchange<'_>) {
        match Section::list(get.what.as_deref().unwrap_or_default()).next() {
            Some(Section::Desc) => {
                let mut desc = Desc::default();
                desc.seq = Some(self.messages.len() as u64);
                let mut meta = Meta::default();
                meta.desc = Some(desc.into());
                exchange.respond(Answer::meta(meta));
            }
            Some(Section::Data) => {
                let number = |of: Option<i64>| of.and_then(|number| usize::try_from(number).ok());
                let options = get.data.as_deref();
                let since = options.and_then(|options| number(options.since)).unwrap_or(1).max(1);
                let before = options.and_then(|options| number(options.before)).unwrap_or(usize::MAX);
                let found =
                    self.messages.get(since - 1..).unwrap_or_default().iter().take(before.saturating_sub(since));
                let mut params = Params::default();
                params.what = Some("data".into());
                params.count = Some(found.len() as u64);
                found.rev().for_each(|message| exchange.push(message.clone()));
                exchange.respond(Answer::status(Status::DELIVERED).with(&params));
            }
            _ => exchange.respond(Status::PERMISSION_DENIED),
        }
    }
}
