//! Client and server joined in memory on virtual time, the client under its supervisor: whatever the line does, each
//! message comes once, or is told as lost.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use tieline_core::supervisor::{DownCause, LineEvent, LineId, LineInput, LineOutput, Phase, Policy, Supervisor};
use tieline_core::{CloseReason, Frame, Instant, RequestId, SendErrorKind, Session};
use tieline_portsip_im::client::{
    ClientConfig, ClientEvent, Gap, GapClosed, History, ImClient, LostCause, Publish, Reply, Request, Resume, Subscribe,
};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::{ClientBody, Credentials, Desc, Get, Meta, Params, Section, Status, Topic};

const GROUP: &str = "grpf0NlkdDEQHs";

fn credentials() -> Credentials {
    Credentials::access_token("101", "portsip.io", "TOKEN")
}

/// The line at present, with what is on its way.
struct Line {
    id: LineId,
    server: ImServer,
    attached: bool,
    to_server: VecDeque<Frame>,
    to_client: VecDeque<Frame>,
}

/// A PBX with one group, a client, and a line between them that may break.
struct World {
    now: Instant,
    client: Supervisor<ImClient>,
    line: Option<Line>,
    /// How many messages were published: their numbers are 1 to this.
    last: u64,
    deleted: BTreeSet<u64>,
    /// Messages a server gives at once.
    page: usize,
    /// What every login is answered with.
    login: Status,
    /// What every subscribe is answered with.
    subscribe: Status,
    told: Vec<LineEvent<ClientEvent>>,
    replies: BTreeMap<RequestId, Result<Reply, tieline_core::RequestError>>,
}

impl World {
    fn new(resume: Resume) -> Self {
        let mut config = ClientConfig::new(credentials());
        config.page = 4;
        let client = Supervisor::new(config, Policy::default(), [7; 16], resume, Instant::EPOCH);
        Self {
            now: Instant::EPOCH,
            client,
            line: None,
            last: 0,
            deleted: BTreeSet::new(),
            page: 3,
            login: Status::OK,
            subscribe: Status::OK,
            told: Vec::new(),
            replies: BTreeMap::new(),
        }
    }

    fn data(seq: u64) -> Frame {
        Frame::text(format!(r#"{{"data":{{"topic":"{GROUP}","from":"usr1","seq":{seq},"content":"m{seq}"}}}}"#))
    }

    /// A message of somebody else; it reaches the client only when the line does not swallow it.
    fn publish(&mut self, swallowed: bool) {
        self.last += 1;
        let seq = self.last;
        if let Some(line) = self.line.as_mut().filter(|line| line.attached && !swallowed) {
            let Frame::Text(text) = Self::data(seq) else { return };
            line.server.push(self.now, text);
        }
    }

    fn cut(&mut self) {
        if let Some(line) = self.line.take() {
            self.client.handle_input(self.now, LineInput::Frame(line.id, Frame::Eof));
        }
        self.drain();
    }

    /// Lets both sides speak, and frames arrive, at most `frames` of them.
    fn run(&mut self, frames: usize) {
        for _ in 0..frames {
            self.drain();
            let Some(line) = &mut self.line else { return };
            if let Some(frame) = line.to_server.pop_front() {
                // The endpoint of a WebSocket answers pings.
                if let Frame::Ping(payload) = &frame {
                    line.to_client.push_back(Frame::Pong(payload.clone()));
                }
                line.server.handle_input(self.now, frame);
                self.serve();
            }
            let Some(line) = &mut self.line else { return };
            if let Some(frame) = line.to_client.pop_front() {
                let id = line.id;
                self.client.handle_input(self.now, LineInput::Frame(id, frame));
            }
        }
        self.drain();
    }

    fn wait(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        if let Some(line) = &mut self.line {
            line.server.handle_timeout(self.now);
        }
        self.client.handle_timeout(self.now);
        self.drain();
    }

    /// Until everything desired is in force and nothing is on its way.
    fn settle(&mut self) {
        for _ in 0..200 {
            self.wait(1000);
            self.run(200);
        }
        assert_eq!(self.client.phase(), Phase::Live);
    }

    fn drain(&mut self) {
        while let Some(output) = self.client.poll_transmit() {
            match output {
                LineOutput::Dial(id) => {
                    let server = ImServer::start(ServerConfig::new(0), self.now);
                    let line =
                        Line { id, server, attached: false, to_server: VecDeque::new(), to_client: VecDeque::new() };
                    self.line = Some(line);
                    self.client.handle_input(self.now, LineInput::Opened(id, credentials()));
                }
                LineOutput::Frame(id, frame) => {
                    if let Some(line) = self.line.as_mut().filter(|line| line.id == id) {
                        line.to_server.push_back(frame);
                    }
                }
                LineOutput::Hangup(id) if self.line.as_ref().is_some_and(|line| line.id == id) => self.line = None,
                _ => {}
            }
        }
        if let Some(line) = &mut self.line {
            while let Some(frame) = line.server.poll_transmit() {
                line.to_client.push_back(frame);
            }
        }
        while let Some(event) = self.client.poll_event() {
            self.told.push(event);
        }
        while let Some((id, result)) = self.client.poll_reply() {
            assert!(self.replies.insert(id, result).is_none(), "one reply a request");
        }
    }

    /// The service behind the server session.
    fn serve(&mut self) {
        while let Some(event) = self.line.as_mut().and_then(|line| line.server.poll_event()) {
            let Some(line) = &mut self.line else { return };
            match event {
                ServerEvent::Login { id, .. } if self.login == Status::OK => {
                    line.server.accept(self.now, id, Accepted::user("usr1"));
                }
                ServerEvent::Login { id, .. } => {
                    line.server.reject(self.now, id, self.login);
                }
                ServerEvent::Request { id, message, .. } => match message.body {
                    ClientBody::Sub(_) => {
                        line.attached = self.subscribe == Status::OK;
                        line.server.respond(self.now, id, self.subscribe);
                    }
                    ClientBody::Leave(_) => {
                        line.attached = false;
                        line.server.respond(self.now, id, Status::OK);
                    }
                    ClientBody::Get(get) => self.get(id, &get),
                    ClientBody::Pub(publish) => {
                        self.last += 1;
                        let mut params = Params::default();
                        params.seq = Some(self.last);
                        line.server.respond(self.now, id, Answer::status(Status::ACCEPTED).with(&params));
                        if publish.noecho != Some(true) {
                            let Frame::Text(text) = Self::data(self.last) else { return };
                            line.server.push(self.now, text);
                        }
                    }
                    other => panic!("{other:?}"),
                },
                _ => {}
            }
        }
    }

    fn get(&mut self, id: ServerRequestId, get: &Get<tieline_core::Text>) {
        let Some(line) = &mut self.line else { return };
        let mut params = Params::default();
        params.what = get.what.as_ref().map(|what| what.as_str().into());
        if Section::list(get.what.as_deref().unwrap_or_default()).eq([Section::Desc]) {
            let mut desc = Desc::default();
            desc.seq = (self.last > 0).then_some(self.last);
            let mut meta = Meta::default();
            meta.desc = Some(desc.into());
            line.server.respond(self.now, id, Answer::meta(meta));
            return;
        }
        let options = get.data.as_deref();
        let number =
            |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).filter(|number| *number > 0);
        let since = options.and_then(|options| number(options.since)).unwrap_or(1);
        let before = options.and_then(|options| number(options.before)).unwrap_or(u64::MAX).min(self.last + 1);
        let limit = options.and_then(|options| number(options.limit)).map_or(self.page, |n| self.page.min(n as usize));
        let found: Vec<u64> = (since..before).rev().filter(|seq| !self.deleted.contains(seq)).take(limit).collect();
        for seq in &found {
            let Frame::Text(text) = Self::data(*seq) else { return };
            line.server.push(self.now, text);
        }
        params.count = (!found.is_empty()).then_some(found.len() as u64);
        let status = if found.is_empty() { Status::NO_CONTENT } else { Status::DELIVERED };
        line.server.respond(self.now, id, Answer::status(status).with(&params));
    }

    fn ask(&mut self, request: Request) -> RequestId {
        let id = self.client.send(self.now, request).expect("accepted");
        self.drain();
        id
    }

    fn messages(&self) -> Vec<u64> {
        self.told
            .iter()
            .filter_map(|event| match event {
                LineEvent::Session(ClientEvent::Received(received)) => received.seq(),
                _ => None,
            })
            .collect()
    }

    fn lost(&self) -> BTreeSet<u64> {
        self.told
            .iter()
            .filter_map(|event| match event {
                LineEvent::Session(ClientEvent::GapClosed(GapClosed { lost, .. })) => Some(lost.clone()),
                _ => None,
            })
            .flatten()
            .flat_map(|range| range.range())
            .collect()
    }
}

fn following() -> World {
    let mut world = World::new(Resume::to([GROUP]));
    world.settle();
    world
}

#[test]
fn an_outage_is_told_by_the_supervisor_and_refilled_by_the_session() {
    let mut world = following();
    world.publish(false);
    world.run(10);
    world.cut();
    for _ in 0..10 {
        world.publish(false);
    }
    world.settle();
    assert_eq!(world.messages(), (1..=11).collect::<Vec<_>>());
    let gaps: Vec<_> = world
        .told
        .iter()
        .filter(|event| matches!(event, LineEvent::Gap(_) | LineEvent::Session(ClientEvent::Gap(Gap { .. }))))
        .collect();
    assert_eq!(gaps.len(), 2, "{gaps:?}");
    assert!(world.lost().is_empty());
}

#[test]
fn a_topic_can_be_subscribed_to_and_left_while_there_is_no_line() {
    let mut world = World::new(Resume::default());
    world.settle();
    world.cut();
    let id = world.ask(Request::Subscribe(Subscribe::to(GROUP)));
    assert_eq!(world.replies.remove(&id), Some(Ok(Reply::Deferred)));
    let error = world.client.send(world.now, Request::Publish(Publish::text(GROUP, "x"))).expect_err("no line");
    assert_eq!(error.kind, SendErrorKind::NotConnected);
    world.settle();
    world.publish(false);
    world.run(10);
    assert_eq!(world.messages(), [1]);
    world.cut();
    let id = world.ask(Request::Leave { topic: Topic::from(GROUP), unsubscribe: false });
    assert_eq!(world.replies.remove(&id), Some(Ok(Reply::Deferred)));
    world.settle();
    world.publish(false);
    world.run(10);
    assert_eq!(world.messages(), [1]);
}

#[test]
fn a_refused_login_is_final_and_a_failing_server_is_not() {
    let mut world = following();
    world.login = Status::UNAVAILABLE;
    world.cut();
    for _ in 0..20 {
        world.wait(1000);
        world.run(10);
    }
    assert!(!matches!(world.client.phase(), Phase::Live | Phase::Closed));
    world.login = Status::AUTHENTICATION_FAILED;
    for _ in 0..60 {
        world.wait(1000);
        world.run(10);
    }
    assert_eq!(world.client.phase(), Phase::Closed);
    let refused = matches!(
        world.told.last(),
        Some(LineEvent::Closed(Some(DownCause::Session(CloseReason::LoginRefused { status: 401, .. }))))
    );
    assert!(refused, "{:?}", world.told.last());
}

#[test]
fn a_topic_refused_on_the_next_line_is_told_and_the_line_lives() {
    let mut world = following();
    world.subscribe = Status::TOPIC_NOT_FOUND;
    world.cut();
    world.settle();
    let lost = world.told.iter().any(|event| {
        matches!(event, LineEvent::Session(ClientEvent::SubscriptionLost(lost)) if matches!(lost.cause, LostCause::Refused(_)))
    });
    assert!(lost);
}

#[derive(Clone, Debug)]
enum Step {
    Publish,
    /// Published, but the push does not reach the client.
    Swallow,
    /// Published and deleted again before anybody fetched it.
    Delete,
    PublishOurs(bool),
    AskHistory(u8),
    Run(u8),
    Wait(u16),
    Cut,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => Just(Step::Publish),
        3 => Just(Step::Swallow),
        1 => Just(Step::Delete),
        2 => any::<bool>().prop_map(Step::PublishOurs),
        2 => (0u8..20).prop_map(Step::AskHistory),
        8 => (1u8..12).prop_map(Step::Run),
        2 => (1u16..20_000).prop_map(Step::Wait),
        2 => Just(Step::Cut),
    ];
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_the_line_does_each_message_comes_once_or_is_told_as_lost(steps in steps(), page in 1usize..6) {
        let mut world = following();
        world.page = page;
        let mut silent = BTreeSet::new();
        let mut asked = Vec::new();
        for step in steps {
            match step {
                Step::Publish => world.publish(false),
                Step::Swallow => world.publish(true),
                Step::Delete => {
                    world.publish(true);
                    world.deleted.insert(world.last);
                }
                Step::PublishOurs(noecho) => {
                    let publish = Publish::text(GROUP, "mine");
                    let publish = if noecho { publish.without_echo() } else { publish };
                    if let Ok(id) = world.client.send(world.now, Request::Publish(publish)) {
                        asked.push(id);
                        world.drain();
                        if noecho {
                            // It comes as an event only when its answer was lost and it is a gap of the next line.
                            world.run(60);
                            silent.extend(match world.replies.get(&id) {
                                Some(Ok(Reply::Published(published))) => published.seq,
                                _ => None,
                            });
                        }
                    }
                }
                Step::AskHistory(since) => {
                    let history = History::of(GROUP).since(since.into()).limit(3);
                    if let Ok(id) = world.client.send(world.now, Request::History(history)) {
                        asked.push(id);
                    }
                }
                Step::Run(frames) => world.run(frames.into()),
                Step::Wait(millis) => world.wait(millis.into()),
                Step::Cut => world.cut(),
            }
        }
        // What was swallowed last shows with the next message.
        world.settle();
        world.publish(false);
        world.settle();
        let came = world.messages();
        let once: BTreeSet<u64> = came.iter().copied().collect();
        prop_assert_eq!(once.len(), came.len(), "a message came twice: {:?}", came);
        let told: BTreeSet<u64> = &once | &world.lost();
        let missing: Vec<u64> = (1..=world.last).filter(|seq| !told.contains(seq) && !silent.contains(seq)).collect();
        prop_assert!(missing.is_empty(), "{:?} of {} never came: {:?}", missing, world.last, world.told);
        let wrongly: Vec<u64> = world.lost().into_iter().filter(|seq| !world.deleted.contains(seq)).collect();
        prop_assert!(wrongly.is_empty(), "{:?} were told as lost", wrongly);
        for id in asked {
            prop_assert!(world.replies.contains_key(&id), "no reply to {:?}", id);
        }
    }
}
