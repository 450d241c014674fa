//! A service with its store and its lines, in memory and on virtual time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tieline_core::{Frame, Instant, Session, Text};
use tieline_portsip_im::server::{Accepted, ImServer, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::service::{
    Arrival, Decision, Delivery, Lack, Memory, Service, ServiceConfig, SessionId, Step, UserNumber, Write,
};
use tieline_portsip_im::{ClientBody, ClientMessage, Credentials, Status, UserId};

/// 2024-10-24T01:06:38.924626Z
pub(crate) const EPOCH: i64 = 1_729_731_998_924_626;

/// One line: its session, and what it was told and not yet asked for.
pub(crate) struct Wire {
    pub(crate) session: ImServer,
    pub(crate) heard: Vec<String>,
    agent: Option<Text>,
    background: bool,
    open: bool,
    pub(crate) closed: bool,
}

/// A step on its way to the store, with the request it answers.
pub(crate) struct Pending {
    step: Step,
    wire: Option<(SessionId, Option<ServerRequestId>)>,
}

pub(crate) struct World {
    pub(crate) service: Service,
    pub(crate) store: Memory,
    pub(crate) now: Instant,
    pub(crate) lines: BTreeMap<SessionId, Wire>,
    names: BTreeMap<String, SessionId>,
    pub(crate) users: BTreeMap<String, UserNumber>,
    config: ServiceConfig,
    server: ServerConfig,
    /// Whether steps wait for [`World::commit`].
    pub(crate) hold: bool,
    /// Whether commits fail.
    pub(crate) broken: bool,
    pub(crate) pending: Vec<Pending>,
    /// What was handed to the outside: channel and content.
    pub(crate) forwarded: Vec<(String, String)>,
    /// Whether users show nothing of themselves.
    pub(crate) bare: bool,
    /// The channels of who logs in next.
    pub(crate) channels: Vec<Text>,
    /// What was loaded from the store.
    pub(crate) loads: usize,
    /// Whether what is committed erases messages.
    erases: bool,
}

pub(crate) fn config() -> ServiceConfig {
    let mut config = ServiceConfig::new(EPOCH, [9; 16]);
    config.join_notice = None;
    config
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(config(), ServerConfig::new(EPOCH))
    }

    pub(crate) fn with(config: ServiceConfig, server: ServerConfig) -> Self {
        Self {
            service: Service::new(config.clone()),
            config,
            store: Memory::new(),
            now: Instant::EPOCH,
            lines: BTreeMap::new(),
            names: BTreeMap::new(),
            users: BTreeMap::new(),
            server,
            hold: false,
            broken: false,
            pending: Vec::new(),
            forwarded: Vec::new(),
            bare: false,
            channels: Vec::new(),
            loads: 0,
            erases: false,
        }
    }

    /// The number of a user, who exists from now on. `alice` shows herself as `Alice`.
    pub(crate) fn user(&mut self, name: &str) -> UserNumber {
        if let Some(user) = self.users.get(name) {
            return *user;
        }
        let user = 804_252_613_548_700_000 + self.users.len() as u64;
        self.users.insert(name.into(), user);
        let mut capital = name.to_owned();
        capital[..1].make_ascii_uppercase();
        let public = json!({ "fn": capital }).to_string();
        let public = tieline_core::json::Raw::from_json(Text::from(public)).expect("JSON");
        let account = tieline_portsip_im::service::Account::new(user, EPOCH, (!self.bare).then_some(public));
        self.store.apply(&[Write::Account(account)]);
        user
    }

    /// The user's name on the wire.
    pub(crate) fn id(&mut self, name: &str) -> String {
        format!("usr{}", self.user(name))
    }

    /// Opens a line, not logged in.
    pub(crate) fn connect(&mut self, line: &str) {
        let id = SessionId(self.names.len() as u64 + 1);
        self.names.insert(line.into(), id);
        let wire = Wire {
            session: ImServer::start(self.server.clone(), self.now),
            heard: Vec::new(),
            agent: None,
            background: false,
            open: false,
            closed: false,
        };
        self.lines.insert(id, wire);
    }

    /// Opens a line of a user and logs in. `alice2` is alice's second device.
    pub(crate) fn arrive(&mut self, line: &str) {
        self.connect(line);
        self.user(line.trim_end_matches(|digit: char| digit.is_ascii_digit()));
        let login = self.login_frame(line, "login");
        self.say_text(line, &login);
        let heard = self.heard(line);
        assert_eq!(heard[0]["ctrl"]["code"], 200, "{heard:?}");
    }

    /// The login of a line's user, who exists.
    pub(crate) fn login_frame(&self, line: &str, id: &str) -> String {
        let name = line.trim_end_matches(|digit: char| digit.is_ascii_digit());
        let user = self.users[name].to_string();
        let login = Credentials::access_token(user, "portsip.io", "TOKEN").to_login();
        let secret = login.secret.map(|secret| secret.expose().to_owned());
        json!({"login": {"id": id, "scheme": "access_token", "secret": secret}}).to_string()
    }

    fn line(&self, line: &str) -> SessionId {
        *self.names.get(line).unwrap_or_else(|| panic!("no line {line}"))
    }

    /// A client says something.
    pub(crate) fn say(&mut self, line: &str, message: Value) {
        self.say_text(line, &message.to_string());
    }

    pub(crate) fn say_text(&mut self, line: &str, text: &str) {
        let id = self.line(line);
        let now = self.now;
        self.wire(id).session.handle_input(now, Frame::text(text.to_owned()));
        self.turn();
    }

    /// A client's line ends without a word.
    pub(crate) fn cut(&mut self, line: &str) {
        let id = self.line(line);
        let now = self.now;
        self.wire(id).session.handle_input(now, Frame::Eof);
        self.wire(id).closed = true;
        self.turn();
    }

    /// A request that is answered by one `ctrl`: the answer.
    pub(crate) fn ask(&mut self, line: &str, message: Value) -> Value {
        self.heard(line);
        self.say(line, message);
        let id = self.line(line);
        let heard = self.wire(id).heard.iter().map(|text| value(text));
        let mut answers = heard.filter(|frame| frame["ctrl"]["id"].is_string());
        answers.next().expect("an answer")["ctrl"].clone()
    }

    /// The code of the answer to a request.
    pub(crate) fn code(&mut self, line: &str, message: Value) -> u64 {
        self.ask(line, message)["code"].as_u64().expect("a code")
    }

    /// A new group of a line's user, which the line is attached to.
    pub(crate) fn create(&mut self, line: &str) -> String {
        self.ask(line, crate::said::sub("new"))["topic"].as_str().expect("a name").to_owned()
    }

    /// What a client was told since it was asked last.
    pub(crate) fn heard(&mut self, line: &str) -> Vec<Value> {
        let id = self.line(line);
        std::mem::take(&mut self.wire(id).heard).iter().map(|text| value(text)).collect()
    }

    pub(crate) fn heard_text(&mut self, line: &str) -> Vec<String> {
        let id = self.line(line);
        std::mem::take(&mut self.wire(id).heard)
    }

    /// What a client was told, which it still will be.
    pub(crate) fn peek(&self, line: &str) -> Vec<Value> {
        self.lines[&self.line(line)].heard.iter().map(|text| value(text)).collect()
    }

    /// Forgets what everybody heard.
    pub(crate) fn hush(&mut self) {
        self.lines.values_mut().for_each(|wire| wire.heard.clear());
    }

    /// Lets time pass; what is due on the way happens at its time.
    pub(crate) fn wait(&mut self, millis: u64) {
        self.wait_until(self.now + std::time::Duration::from_millis(millis));
    }

    pub(crate) fn wait_until(&mut self, until: Instant) {
        while let Some(due) = self.service.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            let step = self.service.handle_timeout(self.now);
            self.push(Pending { step, wire: None });
            assert!(self.service.poll_timeout().is_none_or(|next| next > due), "the timer fires again");
        }
        self.now = self.now.max(until);
    }

    /// Commits what waits, or fails to.
    pub(crate) fn commit(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        if self.broken {
            let mut steps = Vec::new();
            let mut askers = Vec::new();
            for pending in pending {
                steps.push(pending.step);
                askers.push(pending.wire);
            }
            self.service.fail(steps);
            for (id, request) in askers.into_iter().flatten() {
                let now = self.now;
                if let Some(request) = request {
                    self.wire(id).session.respond(now, request, Status::INTERNAL);
                }
            }
        } else {
            let writes: Vec<_> = pending.iter().flat_map(|pending| pending.step.writes().to_vec()).collect();
            self.store.apply(&writes);
            self.erases = writes.iter().any(|write| match write {
                Write::Deletion { deletion, .. } => deletion.user.is_none(),
                Write::DeleteTopic(_) => true,
                _ => false,
            });
            for pending in pending {
                let deliveries = self.service.commit(pending.step);
                self.deliver(pending.wire, deliveries);
            }
            self.erases = false;
        }
        self.listen();
    }

    /// The lines by name.
    pub(crate) fn sessions(&self) -> Vec<String> {
        self.names.keys().cloned().collect()
    }

    pub(crate) fn is_closed(&self, line: &str) -> bool {
        self.lines[&self.line(line)].closed
    }

    /// The server is gone and starts again: what was not committed is lost, and everybody.
    pub(crate) fn restart(&mut self) {
        self.service = Service::new(self.config.clone());
        self.pending.clear();
        self.hold = false;
        self.lines.clear();
        self.names.clear();
    }

    /// The server stops.
    pub(crate) fn stop(&mut self) {
        self.service.drain();
        let now = self.now;
        self.lines.values_mut().for_each(|wire| wire.session.shut_down(now));
        self.listen();
    }

    pub(crate) fn provide(&mut self, lacks: Vec<Lack>) {
        for lack in lacks {
            self.loads += 1;
            match lack {
                Lack::User(user) => self.service.provide_user(user, self.store.user(user)),
                Lack::Topic(topic) => self.service.provide_topic(&topic, self.store.topic(&topic)),
                _ => unreachable!("no other lack"),
            }
        }
    }

    /// Decides as a host does: loads what lacks and asks again.
    pub(crate) fn decided(&mut self, mut decide: impl FnMut(&mut Service) -> Decision) -> Step {
        for _ in 0..8 {
            match decide(&mut self.service) {
                Decision::Made(step) => return step,
                Decision::Lacks(lacks) => self.provide(lacks),
            }
        }
        panic!("it lacks something for ever");
    }

    pub(crate) fn push(&mut self, pending: Pending) {
        // What writes nothing waits only behind what does.
        if self.pending.is_empty() && pending.step.writes().is_empty() {
            let deliveries = self.service.commit(pending.step);
            self.deliver(pending.wire, deliveries);
            return self.listen();
        }
        self.pending.push(pending);
        if !self.hold {
            self.commit();
        }
    }

    /// A message comes from outside for a channel.
    pub(crate) fn receive(&mut self, channel: &str, text: &str) {
        let now = self.now;
        let content = Some(tieline_core::json::Raw::from_json(Text::from(json!(text).to_string())).expect("JSON"));
        let step = self.decided(|service| service.receive(now, channel, None, content.clone()));
        self.push(Pending { step, wire: None });
    }

    /// The PBX says which channels a user may use.
    pub(crate) fn change_channels(&mut self, user: &str, channels: &[&str]) {
        let (now, user) = (self.now, self.user(user));
        let channels: Vec<Text> = channels.iter().map(|channel| Text::from(*channel)).collect();
        let step = self.decided(|service| service.change_channels(now, user, &channels));
        self.push(Pending { step, wire: None });
    }

    fn wire(&mut self, id: SessionId) -> &mut Wire {
        self.lines.get_mut(&id).expect("a line")
    }

    /// Takes what the sessions tell until nothing is left.
    fn turn(&mut self) {
        let ids: Vec<SessionId> = self.lines.keys().copied().collect();
        for id in ids {
            while let Some(event) = self.wire(id).session.poll_event() {
                self.take(id, event);
            }
        }
        self.listen();
    }

    fn listen(&mut self) {
        for wire in self.lines.values_mut() {
            while let Some(frame) = wire.session.poll_transmit() {
                match frame {
                    Frame::Text(text) => wire.heard.push(text.as_str().into()),
                    Frame::Close(_) => wire.closed = true,
                    _ => {}
                }
            }
        }
    }

    fn take(&mut self, id: SessionId, event: ServerEvent) {
        let now = self.now;
        match event {
            ServerEvent::Hello(hi) => {
                let wire = self.wire(id);
                wire.agent = hi.ua.clone();
                wire.background = hi.bkg == Some(true);
            }
            ServerEvent::Login { id: request, credentials } => self.login(id, request, &credentials),
            ServerEvent::Request { id: request, message, .. } => {
                let step = self.decided(|service| service.decide(now, id, &message));
                self.push(Pending { step, wire: Some((id, Some(request))) });
            }
            ServerEvent::Note(note) => {
                let message = ClientMessage::from(ClientBody::Note(note));
                let step = self.decided(|service| service.decide(now, id, &message));
                self.push(Pending { step, wire: Some((id, None)) });
            }
            ServerEvent::Closed(_) => {
                let step = self.service.close(now, id);
                self.push(Pending { step, wire: None });
            }
            _ => {}
        }
    }

    fn login(&mut self, id: SessionId, request: ServerRequestId, credentials: &Credentials) {
        let now = self.now;
        let Credentials::AccessToken { user, token, .. } = credentials else {
            self.wire(id).session.reject(now, request, Status::UNKNOWN_SCHEME);
            return;
        };
        if token.expose() != "TOKEN" {
            self.wire(id).session.reject(now, request, Status::AUTHENTICATION_FAILED);
            return;
        }
        let mut arrival = Arrival::new(user.parse().expect("a number"));
        arrival.agent = self.wire(id).agent.clone();
        arrival.background = self.wire(id).background;
        arrival.channels.clone_from(&self.channels);
        let user = arrival.user;
        let step = self.decided(|service| service.open(now, id, &arrival));
        self.store.apply(step.writes());
        let deliveries = self.service.commit(step);
        self.deliver(None, deliveries);
        let wire = self.wire(id);
        wire.open = true;
        let accepted = Accepted::user(UserId::from_number(user)).with_token("dG9rZW4=");
        wire.session.accept(now, request, accepted);
    }

    fn deliver(&mut self, asker: Option<(SessionId, Option<ServerRequestId>)>, deliveries: Vec<Delivery>) {
        let now = self.now;
        let mut answered = 0;
        let request = asker.and_then(|(id, request)| Some((id, request?)));
        for delivery in deliveries {
            match delivery {
                Delivery::Answer { answer, last } => {
                    let (id, request) = request.expect("an answer is to a request");
                    let wire = self.wire(id);
                    let taken = if last {
                        wire.session.respond(now, request, answer)
                    } else {
                        wire.session.part(now, request, answer)
                    };
                    assert!(taken || wire.closed);
                    answered += usize::from(last);
                }
                Delivery::History { history, last } => {
                    let found = self.store.messages(&history.topic, &history.messages);
                    let missing = history.messages.count() - found.len() as u64;
                    // But what a later step of the same commit erases.
                    assert!(missing == 0 || self.erases, "what is asked for is kept");
                    let (messages, answer) = history.answer(&found);
                    let (id, request) = request.expect("a page is for a request");
                    let wire = self.wire(id);
                    messages.into_iter().for_each(|message| wire.session.push(now, message));
                    if last {
                        wire.session.respond(now, request, answer);
                    } else {
                        wire.session.part(now, request, answer);
                    }
                    answered += usize::from(last);
                }
                Delivery::Push { to, message } => {
                    for id in to {
                        let wire = self.wire(id);
                        assert!(wire.open, "only who is logged in is told");
                        wire.session.push(now, message.clone());
                    }
                }
                Delivery::Forward { channel, message } => {
                    let content = message.content.map(|content| content.as_json().to_owned());
                    self.forwarded.push((channel.as_str().into(), content.unwrap_or_default()));
                }
                _ => unreachable!("no other delivery"),
            }
        }
        if request.is_some() {
            assert_eq!(answered, 1, "a request has one last answer");
        }
    }
}

pub(crate) fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
