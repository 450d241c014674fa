//! A PBX of IM: the server session of the protocol's own crate, and a little world behind it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::json::{Encode as _, Raw};
use tieline_core::{Frame, Instant, Session as _, Text};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::{
    Access, AccessMode, ClientBody, Credentials, Data, Del, DelWhat, Deletions, Desc, Get, GetOpts, Meta, Params, Pub,
    Section, SeqRange, ServerMessage, Status, Subscriber, Topic, UserId,
};
use tieline_tls::ServerTls;
use tungstenite::Message;

use super::GROUP;
use crate::adapter::pbx::{Heard, request};
use crate::adapter::{Gate, Pbx, Peer, millis};

/// What becomes of a message of the client's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// It is served.
    Serve,
    /// It is never answered.
    Ignore,
    /// It is served, and the line dies after so many frames of the answer.
    Cut(usize),
}

/// What the PBX knows.
#[derive(Debug, Default)]
pub struct World {
    /// The number of the last message of each topic.
    pub last: BTreeMap<String, u64>,
    /// What the user himself published, by number; all other messages are of somebody else.
    pub own: BTreeMap<u64, Text>,
    /// Messages of any topic that are deleted.
    pub deleted: BTreeSet<u64>,
    /// How the next logins are answered; then they are accepted.
    pub logins: Vec<Status>,
    /// The tokens that were logged in with.
    pub tokens: Vec<String>,
    /// What each connection but the first waits for, before its WebSocket opens.
    pub hold: Option<Gate>,
    /// What was asked for, in the words of the wire.
    pub asked: Vec<String>,
    /// Whether what is published in [`GROUP`] goes at once to whoever is attached to it.
    pub telling: bool,
}

impl World {
    /// Publishes in a topic, and gives the frame.
    pub fn publish(&mut self, topic: &str) -> Text {
        let last = self.last.entry(topic.to_owned()).or_default();
        *last += 1;
        message(topic, *last)
    }
}

type Script = dyn Fn(&mut World, &ClientBody<Text>, usize, &mut Vec<Text>) -> Act;

/// A PBX that serves IM.
#[derive(Debug)]
pub struct Chat {
    /// Where it is.
    pub pbx: Pbx,
    world: Arc<Mutex<World>>,
}

impl Chat {
    /// Serves; `script` is told of each message of a client that is logged in, with the number of its line from 0. What
    /// it pushes to the vector goes out before the answer.
    pub fn start(
        script: impl Fn(&mut World, &ClientBody<Text>, usize, &mut Vec<Text>) -> Act + Send + Sync + 'static,
    ) -> Self {
        let world = Arc::<Mutex<World>>::default();
        let served = Arc::clone(&world);
        let open = move |io, number| {
            let hold = lock(&served).hold.clone();
            if let Some(hold) = hold.filter(|_| number > 0) {
                hold.pass();
            }
            serve(Peer::accept(io), number, &served, &script);
        };
        Self { pbx: Pbx::raw(open), world }
    }

    /// Serves every request.
    #[must_use]
    pub fn serving() -> Self {
        Self::start(|_, _, _, _| Act::Serve)
    }

    /// Serves every request over TLS.
    #[must_use]
    pub fn secure(tls: &ServerTls) -> Self {
        let world = Arc::<Mutex<World>>::default();
        let served = Arc::clone(&world);
        let serve = move |peer, number| serve(peer, number, &served, &|_, _, _, _: &mut Vec<Text>| Act::Serve);
        Self { pbx: Pbx::secure(tls, serve), world }
    }

    /// Serves every request; `files` gets the head of each that is for a file, and the connection.
    pub fn with_files(files: impl Fn(&str, TcpStream) + Send + Sync + 'static) -> Self {
        let world = Arc::<Mutex<World>>::default();
        let served = Arc::clone(&world);
        let open = move |mut io: TcpStream, number| {
            let mut start = [0; 12];
            while io.peek(&mut start).is_ok_and(|count| (1..start.len()).contains(&count)) {}
            if start.windows(4).any(|part| part == b"/im/") {
                let head = request(&mut io);
                files(&head, io);
            } else {
                serve(Peer::accept(io), number, &served, &|_, _, _, _: &mut Vec<Text>| Act::Serve);
            }
        };
        Self { pbx: Pbx::raw(open), world }
    }

    /// Tells whoever is attached to [`GROUP`] what is published there, on lines that may break anywhere.
    #[must_use]
    pub fn telling() -> Self {
        let world = Arc::<Mutex<World>>::default();
        lock(&world).telling = true;
        let served = Arc::clone(&world);
        let open = move |io: TcpStream, number| {
            let raw = io.try_clone().expect("a handle");
            let Some(peer) = Peer::try_accept(io) else { return };
            raw.set_read_timeout(Some(millis(1))).expect("a timeout");
            drop(raw);
            serve(peer, number, &served, &|_, _, _, _: &mut Vec<Text>| Act::Serve);
        };
        Self { pbx: Pbx::raw(open), world }
    }

    /// What it knows.
    pub fn world(&self) -> MutexGuard<'_, World> {
        lock(&self.world)
    }
}

fn lock(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

fn message(topic: &str, seq: u64) -> Text {
    let mut data = Data::<String>::default();
    data.topic = Some(Topic::from(topic));
    data.from = Some(UserId::from("usr7"));
    data.seq = Some(seq);
    data.content = Some(Raw::string(&format!("m{seq}")));
    ServerMessage::Data(data).to_json().into()
}

/// A message of the user himself.
fn own(topic: &str, seq: u64, publish: &Pub<Text>) -> Text {
    let mut data = Data::<Text>::default();
    data.topic = Some(Topic::new(topic.into()));
    data.from = Some(UserId::new("usr1".into()));
    data.seq = Some(seq);
    data.content.clone_from(&publish.content);
    data.reqid.clone_from(&publish.id);
    ServerMessage::Data(data).to_json().into()
}

fn serve(mut peer: Peer, number: usize, world: &Mutex<World>, script: &Script) {
    let started = std::time::Instant::now();
    let now = || Instant::EPOCH + started.elapsed();
    let mut session = ImServer::start(ServerConfig::new(0), now());
    // The last message of the group that went to this line, once it is attached.
    let mut told: Option<u64> = None;
    loop {
        match peer.hear() {
            Heard::Message(Message::Text(text)) => session.handle_input(now(), Frame::text(text.as_str())),
            Heard::Message(Message::Binary(bytes)) => session.handle_input(now(), Frame::Binary(bytes)),
            Heard::Message(Message::Close(_)) | Heard::End => return,
            Heard::Message(_) => continue,
            Heard::Nothing if !lock(world).telling => return,
            Heard::Nothing => {}
        }
        if let Some(told) = &mut told {
            let last = lock(world).last.get(GROUP).copied().unwrap_or_default();
            (*told + 1..=last).for_each(|seq| session.push(now(), message(GROUP, seq)));
            *told = last;
        }
        let mut frames = usize::MAX;
        while let Some(event) = session.poll_event() {
            match event {
                ServerEvent::Login { id, credentials } => {
                    log_in(&mut session, &mut lock(world), now(), id, credentials);
                }
                ServerEvent::Request { id, message, raw } => {
                    let mut world = lock(world);
                    world.asked.push(raw.as_str().to_owned());
                    let mut pushes = Vec::new();
                    if world.telling && matches!(message.body, ClientBody::Sub(_)) {
                        told = Some(world.last.get(GROUP).copied().unwrap_or_default());
                    }
                    let act = script(&mut world, &message.body, number, &mut pushes);
                    pushes.into_iter().for_each(|push| session.push(now(), push));
                    if let Act::Cut(at) = act {
                        frames = at;
                    }
                    if act != Act::Ignore {
                        Answering { session: &mut session, world: &mut world, now: now(), id }.answer(&message.body);
                    }
                }
                ServerEvent::Note(note) => {
                    let mut pushes = Vec::new();
                    let act = script(&mut lock(world), &ClientBody::Note(note), number, &mut pushes);
                    pushes.into_iter().for_each(|push| session.push(now(), push));
                    if let Act::Cut(at) = act {
                        frames = at;
                    }
                }
                _ => {}
            }
        }
        while let Some(frame) = session.poll_transmit() {
            let Frame::Text(text) = frame else { continue };
            if frames == 0 {
                return;
            }
            frames -= 1;
            peer.say(text.as_str());
        }
        if frames == 0 {
            return;
        }
    }
}

fn log_in(session: &mut ImServer, world: &mut World, now: Instant, id: ServerRequestId, credentials: Credentials) {
    if let Credentials::AccessToken { token, .. } = credentials {
        world.tokens.push(token.expose().to_string());
    }
    match (!world.logins.is_empty()).then(|| world.logins.remove(0)) {
        None | Some(Status::OK) => session.accept(now, id, Accepted::user("usr1").with_token("dG9rZW4=")),
        Some(refusal) => session.reject(now, id, refusal),
    };
}

struct Answering<'a> {
    session: &'a mut ImServer,
    world: &'a mut World,
    now: Instant,
    id: ServerRequestId,
}

impl Answering<'_> {
    fn respond(&mut self, status: Status, params: &Params<String>) {
        self.session.respond(self.now, self.id, Answer::status(status).with(params));
    }

    fn section(&mut self, fill: impl FnOnce(&mut Meta<String>)) {
        let mut meta = Meta::default();
        fill(&mut meta);
        self.session.respond(self.now, self.id, Answer::meta(meta));
    }

    fn answer(&mut self, asked: &ClientBody<Text>) {
        let mut params = Params::default();
        let topic = asked.topic().map(|topic| topic.as_str().to_owned()).unwrap_or_default();
        match asked {
            ClientBody::Sub(sub) if sub.topic.as_ref().is_some_and(|topic| topic.kind().is_new()) => {
                params.acs = Some(access(AccessMode::FULL));
                params.tmpname = Some(topic);
                let answer = Answer::status(Status::OK).with(&params).about(Topic::from(GROUP));
                self.session.respond(self.now, self.id, answer);
            }
            ClientBody::Pub(publish) => {
                let last = self.world.last.entry(topic.clone()).or_default();
                *last += 1;
                params.seq = Some(*last);
                let echo = own(&topic, *last, publish);
                self.world.own.insert(*last, echo.clone());
                self.respond(Status::ACCEPTED, &params);
                if publish.noecho != Some(true) {
                    self.session.push(self.now, echo);
                }
            }
            ClientBody::Get(get) => self.get(&topic, get),
            ClientBody::Set(set) => {
                if let Some(sub) = &set.sub {
                    params.acs = sub.mode.as_ref().and_then(|mode| mode.parse().ok().flatten()).map(access);
                    params.user = sub.user.as_ref().map(|user| UserId::from(user.as_str()));
                }
                self.respond(Status::OK, &params);
            }
            ClientBody::Del(Del { what: None | Some(DelWhat::Messages), .. }) => {
                params.del = Some(1);
                self.respond(Status::OK, &params);
            }
            _ => {
                self.session.respond(self.now, self.id, Status::OK);
            }
        }
    }

    fn get(&mut self, topic: &str, get: &Get<Text>) {
        let last = self.world.last.get(topic).copied().unwrap_or_default();
        let section = Section::list(get.what.as_deref().unwrap_or_default()).next();
        match section {
            Some(Section::Desc) => self.section(|meta| {
                let mut desc = Desc::default();
                desc.seq = (last > 0).then_some(last);
                meta.desc = Some(desc.into());
            }),
            Some(Section::Sub) => self.section(|meta| {
                let mut subscriber = Subscriber::default();
                subscriber.user = Some(UserId::from("usr7"));
                subscriber.acs = Some(access(AccessMode::GROUP_DEFAULT));
                if topic == "me" {
                    subscriber.user = None;
                    subscriber.topic = Some(Topic::from(GROUP));
                }
                meta.sub = Some(vec![subscriber]);
            }),
            Some(Section::Del) => self.section(|meta| {
                let mut deletions = Deletions::default();
                deletions.clear = Some(1);
                deletions.delseq = Some(vec![SeqRange::new(2..4)]);
                meta.del = Some(deletions);
            }),
            _ => self.messages(topic, last, get.data.as_deref()),
        }
    }

    /// The newest first, and at most a hundred, as Tinode has it.
    fn messages(&mut self, topic: &str, last: u64, options: Option<&GetOpts<Text>>) {
        let number = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
        let since = options.and_then(|options| number(options.since)).unwrap_or(1);
        let before = options.and_then(|options| number(options.before)).unwrap_or(u64::MAX).min(last + 1);
        let limit = options.and_then(|options| number(options.limit)).unwrap_or(100).min(100) as usize;
        let deleted = &self.world.deleted;
        let found: Vec<u64> = (since..before).rev().filter(|seq| !deleted.contains(seq)).take(limit).collect();
        for seq in &found {
            let own = self.world.own.get(seq).cloned();
            self.session.push(self.now, own.unwrap_or_else(|| message(topic, *seq)));
        }
        let mut params = Params::default();
        params.what = Some("data".into());
        params.count = (!found.is_empty()).then_some(found.len() as u64);
        self.respond(if found.is_empty() { Status::NO_CONTENT } else { Status::DELIVERED }, &params);
    }
}

fn access(mode: AccessMode) -> Access<String> {
    let mut access = Access::default();
    access.want = Some(mode.into());
    access.given = Some(mode.into());
    access.mode = Some(mode.into());
    access
}
