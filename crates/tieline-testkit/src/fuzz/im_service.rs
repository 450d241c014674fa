//! The rules of the IM service, over a store that fails now and then.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tieline_core::json::{Encode as _, Raw};
use tieline_core::{Instant, Text};
use tieline_portsip_im::service::{
    Arrival, Decision, Delivery, Lack, Memory, Ranges, Service, ServiceConfig, SessionId, Step, TopicKey, UserNumber,
    Write,
};
use tieline_portsip_im::{AccessMode, ClientBody, ClientMessage, ServerMessage};

const USERS: u64 = 4;
const MODES: [&str; 8] = ["JRWPASDO", "JRWPAS", "JRWP", "JR", "N", "", "+D-W", "RWP"];
const PARTS: [&str; 6] = ["desc", "sub", "data", "del", "desc sub data del", "tags cred"];

/// A decision that is not committed.
struct Pending {
    step: Step,
    /// Whether it answers a request.
    is_request: bool,
}

struct Host {
    service: Service,
    store: Memory,
    now: Instant,
    pending: Vec<Pending>,
    open: BTreeMap<SessionId, UserNumber>,
    opened: u64,
    /// The topics that were ever kept.
    topics: BTreeSet<TopicKey>,
    /// The highest number that somebody was told of, by topic.
    told: BTreeMap<TopicKey, u64>,
    trace: Vec<String>,
}

fn config() -> ServiceConfig {
    let mut config = ServiceConfig::new(1_729_731_998_924_626, [9; 16]);
    (config.members, config.attached, config.topics, config.page, config.entries) = (3, 3, 5, 4, 8);
    (config.idle, config.card_bytes, config.rate.burst) = (2, 64, 40);
    (config.answer_bytes, config.spans) = (400, 2);
    config
}

impl Host {
    fn new() -> Self {
        Self {
            service: Service::new(config()),
            store: Memory::new(),
            now: Instant::EPOCH,
            pending: Vec::new(),
            open: BTreeMap::new(),
            opened: 0,
            topics: BTreeSet::new(),
            told: BTreeMap::new(),
            trace: Vec::new(),
        }
    }

    /// Loads what is lacking and asks again.
    fn decided(&mut self, mut decide: impl FnMut(&mut Service) -> Decision) -> Step {
        for _ in 0..8 {
            match decide(&mut self.service) {
                Decision::Made(step) => return step,
                Decision::Lacks(lacks) => {
                    assert!(!lacks.is_empty(), "it lacks nothing");
                    lacks.into_iter().for_each(|lack| self.provide(&lack));
                }
            }
        }
        panic!("it lacks something for ever");
    }

    fn provide(&mut self, lack: &Lack) {
        match lack {
            Lack::User(user) => self.service.provide_user(*user, self.store.user(*user)),
            Lack::Topic(topic) => self.service.provide_topic(topic, self.store.topic(topic)),
            other => panic!("{other:?}"),
        }
    }

    fn arrive(&mut self, user: UserNumber) -> SessionId {
        // A login is answered once it is kept.
        self.commit(usize::MAX);
        self.opened += 1;
        let (session, now) = (SessionId(self.opened), self.now);
        let mut arrival = Arrival::new(user);
        arrival.agent = (user == 1).then(|| "agent".into());
        arrival.channels = vec!["8001".into()];
        let step = self.decided(|service| service.open(now, session, &arrival));
        self.pending.push(Pending { step, is_request: false });
        self.commit(1);
        self.open.insert(session, user);
        session
    }

    fn decide(&mut self, session: SessionId, message: &ClientMessage<Text>) {
        let now = self.now;
        let step = self.decided(|service| service.decide(now, session, message));
        assert_eq!(step.asker(), Some(session));
        let is_request = !matches!(message.body, ClientBody::Note(_));
        self.pending.push(Pending { step, is_request });
    }

    fn leave(&mut self, session: SessionId) {
        let step = self.service.close(self.now, session);
        self.open.remove(&session);
        self.pending.push(Pending { step, is_request: false });
    }

    fn wait(&mut self, time: Duration) {
        self.now = self.now + time;
        let step = self.service.handle_timeout(self.now);
        assert!(self.service.poll_timeout().is_none_or(|due| due > self.now), "due at once again");
        self.pending.push(Pending { step, is_request: false });
    }

    /// Keeps the first of what waits, and delivers what it tells.
    fn commit(&mut self, most: usize) {
        let count = most.min(self.pending.len());
        for Pending { step, is_request } in self.pending.drain(..count).collect::<Vec<_>>() {
            self.topics.extend(step.writes().iter().filter_map(Write::topic).cloned());
            self.store.apply(step.writes());
            let asker = step.asker();
            let deliveries = self.service.commit(step);
            self.deliver(asker.filter(|_| is_request), deliveries);
        }
    }

    fn fail(&mut self) {
        let steps = self.pending.drain(..).map(|pending| pending.step).collect();
        self.service.fail(steps);
    }

    fn deliver(&mut self, asker: Option<SessionId>, deliveries: Vec<Delivery>) {
        let mut ends = Vec::new();
        for delivery in deliveries {
            self.trace.push(format!("{delivery:?}"));
            match delivery {
                Delivery::Answer { answer, last } => {
                    ends.push(last);
                    self.trace.push(format!("{answer:?}"));
                }
                Delivery::History { history, last } => {
                    ends.push(last);
                    let found = self.store.messages(&history.topic, &history.messages);
                    assert_eq!(found.len() as u64, history.messages.count(), "what is asked for is kept");
                    assert!(found.len() <= 4, "a page has {} messages", found.len());
                    let (messages, _) = history.answer(&found);
                    messages.iter().for_each(|message| self.hear(message));
                }
                Delivery::Push { to, message } => {
                    assert!(!to.is_empty(), "told to nobody");
                    assert!(to.iter().all(|session| session.0 <= self.opened), "told to somebody who never came");
                    self.hear(&message);
                }
                Delivery::Forward { channel, message } => {
                    let topic = TopicKey::External(channel);
                    let kept = self.store.messages(&topic, &Ranges::of(message.seq..message.seq + 1));
                    assert_eq!(kept, [message], "what is handed out is kept");
                }
                other => panic!("{other:?}"),
            }
        }
        if asker.is_some() {
            assert_eq!(ends.iter().rposition(|last| *last), Some(ends.len().wrapping_sub(1)), "{ends:?}");
            assert_eq!(ends.iter().filter(|last| **last).count(), 1, "one end: {ends:?}");
        } else {
            assert!(ends.is_empty(), "an answer that nobody asked for");
        }
    }

    /// What a client is sent can be read, and is kept if it is a message.
    fn hear(&mut self, text: &str) {
        self.trace.push(text.to_owned());
        let message = ServerMessage::decode_owned(text).expect("we write messages");
        let ServerMessage::Data(data) = message else { return };
        let (Some(topic), Some(seq)) = (data.topic, data.seq) else { panic!("a message without its place: {text}") };
        // A conversation of two has another name for each of them.
        if let Ok(topic) = topic.as_str().parse::<TopicKey>() {
            let told = self.told.entry(topic).or_default();
            *told = (*told).max(seq);
        }
    }

    /// What is kept.
    fn look(&self) {
        for topic in &self.topics {
            // It may be deleted.
            let Some(record) = self.store.topic(topic) else { continue };
            let told = self.told.get(topic).copied().unwrap_or_default();
            assert!(record.head.seq >= told, "{topic}: told of {told}, kept {}", record.head.seq);
            let kept = self.store.messages(topic, &Ranges::of(1..record.head.seq + 1));
            let mut gone = Ranges::default();
            let erased = record.deletions.iter().filter(|deletion| deletion.user.is_none());
            erased.for_each(|deletion| gone.extend(&deletion.ranges));
            assert_eq!(kept.len() as u64 + gone.count(), record.head.seq, "{topic}: a number is missing");
            if let TopicKey::Group(_) = topic {
                let owners = record.members().filter(|sub| sub.mode().contains(AccessMode::OWNER)).count();
                assert_eq!(owners, 1, "{topic} has one owner");
                assert!(record.members().count() <= 3, "{topic} has too many members");
            }
        }
    }

    /// What each user sees of all topics.
    fn views(&mut self) -> Vec<String> {
        self.trace.clear();
        for user in 1..=USERS {
            let session = self.arrive(user);
            let mut asked = vec![r#"{"sub":{"id":"v","topic":"me","get":{"what":"desc sub"}}}"#.to_owned()];
            // Joining would write.
            let get = |topic| format!(r#"{{"get":{{"id":"v","topic":"{topic}","what":"desc sub data del"}}}}"#);
            asked.extend(self.names_for(user).into_iter().map(get));
            for text in asked {
                let message = ClientMessage::decode_frame(&Text::from(text), 64).expect("ours");
                self.decide(session, &message);
                self.commit(usize::MAX);
            }
            self.leave(session);
            self.commit(usize::MAX);
        }
        std::mem::take(&mut self.trace)
    }

    /// The names of all topics as a user writes them.
    fn names_for(&self, user: UserNumber) -> Vec<String> {
        self.topics.iter().map(|topic| topic.name_for(user).to_string()).collect()
    }
}

/// A request or a note: nearly always one that makes sense.
fn message(u: &mut Unstructured<'_>, names: &[String]) -> Result<Option<ClientMessage<Text>>> {
    if u.ratio(1, 12)? {
        let any = u.arbitrary::<ClientMessage<String>>()?;
        return Ok(ClientMessage::decode_frame(&Text::from(any.to_json()), 64).ok());
    }
    let fixed = ["me", "new", "usr1", "usr2", "usr3", "usr9", "grpNone", "emc8001", "fnd", ""];
    let topic = if !names.is_empty() && u.ratio(2, 3)? { u.choose(names)?.as_str() } else { *u.choose(&fixed)? };
    let (mode, what, user) = (*u.choose(&MODES)?, *u.choose(&PARTS)?, u.int_in_range(1..=USERS + 1)?);
    let (seq, flag) = (u.int_in_range(0..=9_u64)?, u.arbitrary::<bool>()?);
    let body = match u.int_in_range(0..=16)? {
        0..=2 => format!(r#""sub":{{"id":"q","topic":"{topic}""#),
        3 => {
            let set = format!(r#"{{"sub":{{"mode":"{mode}"}},"desc":{{"public":{seq}}}}}"#);
            format!(r#""sub":{{"id":"q","topic":"{topic}","set":{set},"get":{{"what":"{what}"}}"#)
        }
        4..=6 => format!(r#""pub":{{"id":"q","topic":"{topic}","noecho":{flag},"content":{seq}"#),
        7 => format!(r#""leave":{{"id":"q","topic":"{topic}","unsub":{flag}"#),
        8 => {
            let range = format!(r#"{{"since":{seq},"before":{},"limit":3}}"#, seq + u.int_in_range(0..=3)?);
            format!(r#""get":{{"id":"q","topic":"{topic}","what":"{what}","data":{range},"del":{range}"#)
        }
        9 => format!(r#""set":{{"id":"q","topic":"{topic}","sub":{{"mode":"{mode}"}}"#),
        10 | 11 => format!(r#""set":{{"id":"q","topic":"{topic}","sub":{{"user":"usr{user}","mode":"{mode}"}}"#),
        12 => format!(
            r#""set":{{"id":"q","topic":"{topic}","desc":{{"public":{{"n":{seq}}},"private":{{"n":{flag}}},"defacs":{{"auth":"{mode}"}}}}"#
        ),
        13 => {
            let what = u.choose(&["read", "recv", "kp", "x"])?;
            format!(r#""note":{{"topic":"{topic}","what":"{what}","seq":{seq}"#)
        }
        14 => {
            let ranges = format!(r#"[{{"low":{seq},"hi":{}}},{{"low":1}}]"#, u.int_in_range(0..=9)?);
            format!(r#""del":{{"id":"q","topic":"{topic}","what":"msg","hard":{flag},"delseq":{ranges}"#)
        }
        15 => format!(r#""del":{{"id":"q","topic":"{topic}","what":"sub","user":"usr{user}""#),
        _ => format!(r#""del":{{"id":"q","topic":"{topic}","what":"topic","hard":{flag}"#),
    };
    let text = Text::from(format!("{{{body}}}}}"));
    Ok(Some(ClientMessage::decode_frame(&text, 64).expect("what is composed is a message")))
}

fn play(u: &mut Unstructured<'_>) -> Result<Vec<String>> {
    let mut host = Host::new();
    for user in 1..USERS {
        host.arrive(user);
    }
    // A session that is not open is answered all the same.
    let stranger = SessionId(u64::MAX);
    while !u.is_empty() {
        match u.int_in_range(0..=15)? {
            0 if host.open.len() < 6 => drop(host.arrive(u.int_in_range(1..=USERS)?)),
            1 => {
                if let Some((session, _)) = host.open.pop_last() {
                    host.leave(session);
                }
            }
            2 => host.wait(Duration::from_millis(u.int_in_range(0..=5_000)?)),
            3 => host.fail(),
            4 => host.commit(u.int_in_range(0..=3)?),
            5 if u.arbitrary::<bool>()? => {
                let (now, user) = (host.now, u.int_in_range(1..=USERS)?);
                let channels: Vec<Text> = if u.arbitrary::<bool>()? { vec!["8001".into()] } else { Vec::new() };
                let step = host.decided(|service| service.change_channels(now, user, &channels));
                host.pending.push(Pending { step, is_request: false });
            }
            5 => {
                let (now, content) = (host.now, Raw::from_json(Text::from_static("\"x\"")).ok());
                let step = host.decided(|service| service.receive(now, "8001", None, content.clone()));
                host.pending.push(Pending { step, is_request: false });
            }
            choice => {
                let sessions: Vec<_> = host.open.iter().map(|(session, user)| (*session, *user)).collect();
                let (session, user) = if sessions.is_empty() { (stranger, 1) } else { *u.choose(&sessions)? };
                let names = host.names_for(user);
                if let Some(message) = message(u, &names)? {
                    host.decide(session, &message);
                }
                if choice > 7 {
                    host.commit(usize::MAX);
                }
            }
        }
        host.look();
    }
    host.commit(usize::MAX);
    while let Some((session, _)) = host.open.pop_first() {
        host.leave(session);
    }
    host.commit(usize::MAX);
    host.wait(Duration::from_secs(60));
    host.commit(usize::MAX);
    host.look();
    let mut trace = std::mem::take(&mut host.trace);
    let before = host.views();
    // The server starts again, with what was kept.
    host.service = Service::new(config());
    assert_eq!(host.views(), before, "what is in memory is what is kept");
    trace.extend(before);
    Ok(trace)
}

/// Requests of several users in any order, a store that fails, sessions that come and go: each request gets one answer, what
/// was told is kept, numbers have no gaps, groups have one owner, and a server that starts again knows what the old one
/// knew. The same inputs give the same outputs.
pub fn service(data: &[u8]) {
    let first = play(&mut Unstructured::new(data));
    assert_eq!(first.ok(), play(&mut Unstructured::new(data)).ok(), "the same inputs, other outputs");
}
