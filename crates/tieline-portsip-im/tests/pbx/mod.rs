//! An IM server with two groups whose messages are numbered, for schedules of faults.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::VecDeque;
use std::time::Duration;

use tieline_core::{Frame, Instant, Random, RequestError, Session, Text};
use tieline_portsip_im::client::{
    ClientConfig, ClientEvent, History, ImClient, NumbersReset, Reply, Request, Resume, Subscribe,
};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, Phase, ServerConfig, ServerEvent, ServerRequestId};
use tieline_portsip_im::{ClientBody, Credentials, Desc, Get, Meta, Params, Section, Status};
use tieline_testkit::schedule::{Fault, Menu, Protocol, Refusals, Seen, millis};

/// The groups, by the mark of a message modulo 2.
const GROUPS: [&str; 2] = ["grpA0NlkdDEQHs", "grpB0NlkdDEQHs"];
/// Messages that the server gives at once, fewer than it is asked for: of the first group the newest, of the other the
/// oldest.
const PAGE: usize = 10;
/// So many messages of a group are kept.
const KEPT: usize = 2000;
/// How long the application waits before it asks again for what was refused.
const PATIENCE: Duration = Duration::from_secs(2);

/// One line at the server, and which groups it is attached to.
pub(crate) struct Host {
    server: ImServer,
    attached: [bool; 2],
}

impl Session for Host {
    type Input = Frame;
    type Transmit = Frame;
    type Event = ServerEvent;

    fn handle_input(&mut self, now: Instant, input: Frame) {
        self.server.handle_input(now, input);
    }
    fn handle_timeout(&mut self, now: Instant) {
        self.server.handle_timeout(now);
    }
    fn poll_transmit(&mut self) -> Option<Frame> {
        self.server.poll_transmit()
    }
    fn poll_event(&mut self) -> Option<ServerEvent> {
        self.server.poll_event()
    }
    fn poll_timeout(&self) -> Option<Instant> {
        self.server.poll_timeout()
    }
    fn wants_input(&self) -> bool {
        self.server.wants_input()
    }
    fn close(&mut self, now: Instant) {
        self.server.close(now);
    }
    fn is_finished(&self) -> bool {
        self.server.is_finished()
    }
}

/// The messages of a group.
#[derive(Default)]
struct Group {
    /// Number and mark.
    kept: VecDeque<(u64, u64)>,
    last: u64,
    /// All that was published, also what the server forgot: number and mark.
    all: Vec<(u64, u64)>,
    /// The highest number that there ever was, once the numbers went back.
    went_back_from: Option<u64>,
    /// Whether it was refused and is not attached.
    denied: bool,
}

/// A server, and an application that follows two groups.
pub(crate) struct Pbx {
    groups: [Group; 2],
    wishes: Vec<usize>,
    ask_at: Option<Instant>,
    orders: usize,
    /// Messages whose loss nobody can notice.
    hidden: Vec<u64>,
}

fn index_of(topic: &str) -> Option<usize> {
    GROUPS.iter().position(|group| *group == topic)
}

fn credentials() -> Credentials {
    Credentials::access_token("101", "portsip.io", "TOKEN")
}

fn data(group: usize, seq: u64, mark: u64) -> Text {
    let topic = GROUPS[group];
    Text::from(format!(r#"{{"data":{{"topic":"{topic}","from":"usr1","seq":{seq},"content":"{mark}"}}}}"#))
}

impl Pbx {
    fn wish_all(&mut self, now: Instant) {
        self.wishes = vec![0, 1];
        self.ask_at = Some(now + PATIENCE);
    }

    fn request(&mut self, now: Instant, host: &mut Host, id: ServerRequestId, body: &ClientBody<Text>, deny: bool) {
        let status = match body {
            ClientBody::Sub(sub) => {
                let group = sub.topic.as_ref().and_then(|topic| index_of(topic.as_str())).expect("one of ours");
                if deny {
                    self.groups[group].denied = !host.attached[group];
                    Status::PERMISSION_DENIED
                } else {
                    host.attached[group] = true;
                    self.groups[group].denied = false;
                    Status::OK
                }
            }
            ClientBody::Get(get) => return self.get(now, host, id, get),
            other => panic!("{other:?}"),
        };
        host.server.respond(now, id, status);
    }

    fn get(&mut self, now: Instant, host: &mut Host, id: ServerRequestId, get: &Get<Text>) {
        let index = get.topic.as_ref().and_then(|topic| index_of(topic.as_str())).expect("one of ours");
        let group = &self.groups[index];
        let mut params = Params::default();
        params.what = get.what.as_ref().map(|what| what.as_str().into());
        if Section::list(get.what.as_deref().unwrap_or_default()).eq([Section::Desc]) {
            let mut desc = Desc::default();
            desc.seq = (group.last > 0).then_some(group.last);
            let mut meta = Meta::default();
            meta.desc = Some(desc.into());
            host.server.respond(now, id, Answer::meta(meta));
            return;
        }
        let options = get.data.as_deref();
        let number = |number: Option<i64>| number.and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
        let since = options.and_then(|options| number(options.since)).unwrap_or(1);
        let before = options.and_then(|options| number(options.before)).unwrap_or(u64::MAX);
        let limit = options.and_then(|options| number(options.limit)).map_or(PAGE, |n| PAGE.min(n as usize));
        let wanted = |(seq, _): &&(u64, u64)| (since..before).contains(seq);
        let found: Vec<(u64, u64)> = match index {
            0 => group.kept.iter().rev().filter(wanted).take(limit).copied().collect(),
            _ => group.kept.iter().filter(wanted).take(limit).copied().collect(),
        };
        for (seq, mark) in &found {
            host.server.push(now, data(index, *seq, *mark));
        }
        params.count = (!found.is_empty()).then_some(found.len() as u64);
        let status = if found.is_empty() { Status::NO_CONTENT } else { Status::DELIVERED };
        host.server.respond(now, id, Answer::status(status).with(&params));
    }
}

impl Pbx {
    fn read_event(&mut self, now: Instant, told: &ClientEvent) -> Vec<Seen> {
        match told {
            ClientEvent::Received(received) => Self::mark_of(received.raw()).map(Seen::Event).into_iter().collect(),
            ClientEvent::GapClosed(closed) => {
                let Some(group) = index_of(closed.topic.as_str()) else { return Vec::new() };
                let is_lost = |seq: u64| closed.lost.iter().any(|range| range.range().contains(&seq));
                let lost = self.groups[group].all.iter().filter(|(seq, _)| is_lost(*seq));
                lost.map(|(_, mark)| Seen::Lost(*mark)).collect()
            }
            ClientEvent::NumbersReset(NumbersReset { topic, .. }) => {
                let Some(group) = index_of(topic.as_str()) else { return Vec::new() };
                self.groups[group].all.iter().map(|(_, mark)| Seen::Lost(*mark)).collect()
            }
            ClientEvent::SubscriptionLost(lost) => {
                self.wish_all(now);
                // What was missing of it stays so.
                let Some(group) = index_of(lost.topic.as_str()) else { return Vec::new() };
                self.groups[group].all.iter().map(|(_, mark)| Seen::Lost(*mark)).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Protocol for Pbx {
    type Session = ImClient;
    type Server = Host;
    const NUMBERED: bool = true;

    fn begin() -> Self {
        Self { groups: Default::default(), wishes: Vec::new(), ask_at: None, orders: 0, hidden: Vec::new() }
    }

    fn config() -> ClientConfig {
        let mut config = ClientConfig::new(credentials());
        config.limits.queued_events = 40;
        config
    }

    fn resume() -> Resume {
        Resume::to(GROUPS)
    }

    fn credentials() -> Credentials {
        credentials()
    }

    fn accept(&mut self, now: Instant) -> Host {
        Host { server: ImServer::start(ServerConfig::new(0), now), attached: [false; 2] }
    }

    fn is_logged_in(host: &Host) -> bool {
        host.server.phase() == Phase::Open
    }

    fn serve(&mut self, now: Instant, host: &mut Host, refusals: Refusals) {
        while let Some(event) = host.server.poll_event() {
            match event {
                ServerEvent::Login { id, .. } if refusals.logins => {
                    host.server.reject(now, id, Status::AUTHENTICATION_FAILED);
                }
                ServerEvent::Login { id, .. } => {
                    host.server.accept(now, id, Accepted::user("usr1"));
                }
                ServerEvent::Request { id, message, .. } => {
                    self.request(now, host, id, &message.body, refusals.subscriptions);
                }
                _ => {}
            }
        }
    }

    fn publish(&mut self, now: Instant, mark: u64, hosts: Vec<&mut Host>) -> bool {
        let index = usize::from(mark % 2 == 1);
        let group = &mut self.groups[index];
        group.last += 1;
        let seq = group.last;
        group.kept.push_back((seq, mark));
        if group.kept.len() > KEPT {
            group.kept.pop_front();
        }
        group.all.push((seq, mark));
        // A number that was there before may look like the message that had it.
        let is_ambiguous = group.went_back_from.is_some_and(|from| group.last <= from);
        for host in hosts.into_iter().filter(|host| host.attached[index]) {
            host.server.push(now, data(index, seq, mark));
        }
        !group.denied && !is_ambiguous
    }

    fn mark_of(text: &Text) -> Option<u64> {
        let begin = text.find(r#""content":""#)? + 11;
        text[begin..].split('"').next()?.parse().ok()
    }

    fn unknown() -> &'static str {
        r#"{"coffee":{"cups":2}}"#
    }

    fn suffer(&mut self, fault: Fault) {
        for group in &mut self.groups {
            if let Fault::Rewind(_) | Fault::RestartAnew = fault {
                group.went_back_from = group.went_back_from.max(Some(group.last));
                // What the server forgets before anybody asked for it leaves no trace.
                self.hidden.extend(group.all.iter().map(|(_, mark)| *mark));
            }
            match fault {
                Fault::Skip(count) => group.last += u64::from(count),
                Fault::Rewind(count) => {
                    group.last = group.last.saturating_sub(count.into());
                    group.kept.retain(|(seq, _)| *seq <= group.last);
                }
                Fault::RestartAnew => {
                    group.last = 0;
                    group.kept.clear();
                }
                _ => {}
            }
        }
    }

    fn heal(&mut self) {
        for group in &mut self.groups {
            group.last = group.last.max(group.went_back_from.take().unwrap_or_default());
        }
    }

    fn read(&mut self, now: Instant, told: &ClientEvent) -> Vec<Seen> {
        let mut seen: Vec<_> = self.hidden.drain(..).map(Seen::Lost).collect();
        seen.extend(self.read_event(now, told));
        seen
    }

    fn order(&mut self, now: Instant, asked: bool) -> Option<Request> {
        if asked {
            self.orders += 1;
            return Some(match self.orders % 2 {
                0 => Request::Subscribe(Subscribe::to(GROUPS[0])),
                _ => Request::History(History::of(GROUPS[1]).limit(5)),
            });
        }
        self.ask_at.filter(|due| *due <= now)?;
        let group = self.wishes.pop();
        if self.wishes.is_empty() {
            self.ask_at = None;
        }
        group.map(|group| Request::Subscribe(Subscribe::to(GROUPS[group])))
    }

    fn poll_order(&self) -> Option<Instant> {
        self.ask_at
    }

    fn replied(&mut self, now: Instant, reply: Result<Reply, RequestError>) {
        if reply.is_err() {
            self.wish_all(now);
        }
    }

    fn forget(&mut self, _: Instant) {
        for group in &mut self.groups {
            group.all = Vec::new();
        }
    }
}

/// What a server may do that remembers its messages.
fn of_the_line(random: &mut Random) -> Fault {
    match random.below(20) {
        0 => Fault::RefuseDials(millis(random, 60_000)),
        1 => Fault::HangDials(millis(random, 60_000)),
        2 => Fault::MuteAfterOpen(millis(random, 60_000)),
        3 => Fault::MuteAfterLogin(millis(random, 60_000)),
        4 => Fault::RefuseLogins(millis(random, 60_000)),
        5 => Fault::Latency(millis(random, 1500)),
        6 => Fault::Pieces(1 + random.below(300) as u16),
        7..10 => Fault::Cut,
        10..13 => Fault::CutAfter(random.below(2000) as u16),
        13 => Fault::BlackHole,
        14 => Fault::CloseWith(if random.below(2) == 0 { 1001 } else { 1011 }),
        15 => Fault::Duplicate,
        16 => Fault::Reorder,
        17 => Fault::BadJson,
        18 => {
            if random.below(2) == 0 {
                Fault::Unknown
            } else {
                Fault::Garbage
            }
        }
        _ => Fault::Restart,
    }
}

fn any(random: &mut Random) -> Fault {
    match random.below(16) {
        0 => Fault::DenySubscriptions(millis(random, 30_000)),
        1 => Fault::Skip(1 + random.below(5) as u8),
        2 => Fault::Rewind(1 + random.below(20) as u8),
        3 => Fault::RestartAnew,
        _ => of_the_line(random),
    }
}

/// Everything.
pub(crate) const MENU: Menu = Menu { fault: any, pace: Duration::from_secs(4), steps: 24, closed: 10 };
/// Only what no message can be lost by.
pub(crate) const REMEMBERED: Menu = Menu { fault: of_the_line, closed: 0, ..MENU };
