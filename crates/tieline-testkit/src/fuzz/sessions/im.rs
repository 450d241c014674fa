//! PortSIP IM.

use std::collections::BTreeSet;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tieline_core::{ClientSession, Frame, Instant, RequestId, Session};
use tieline_portsip_im::client::{
    ClientConfig, ClientEvent, History, ImClient, Mark, Noting, Publish, Request, Resume, Subscribe, Subscribers,
};
use tieline_portsip_im::server::{Accepted, Answer, ImServer, ServerConfig, ServerEvent};
use tieline_portsip_im::{Credentials, Meta, SeqRange, Status};

use super::{Line, SECRET, frame, twice};

const TOPICS: [&str; 4] = ["grpA", "usr1", "me", "new"];

const TEXTS: &[&str] = &[
    r#"{"ctrl":{"id":"x","code":200}}"#,
    r#"{"ctrl":{"topic":"grpA","params":{"unsub":true},"code":205,"text":"evicted"}}"#,
    r#"{"ctrl":{"code":205,"text":"server shutdown"}}"#,
    r#"{"pres":{"topic":"me","src":"grpA","what":"gone"}}"#,
    r#"{"pres":{"topic":"me","src":"usr1","what":"on"}}"#,
    r#"{"pres":{"topic":"me","src":"grpA","what":"msg","seq":9}}"#,
    r#"{"info":{"topic":"grpA","from":"usr1","what":"kp"}}"#,
    r#"{"meta":{"topic":"grpA","desc":{"seq":7}}}"#,
    r#"{"meta":{"topic":"grpA","del":{"clear":3,"delseq":[{"low":2,"hi":5}]}}}"#,
    r#"{"data":{"topic":"grpA","seq":18446744073709551615}}"#,
    r#"{"data":{"topic":"grpA","seq":0}}"#,
    r#"{"data":{"content":"x"}}"#,
    r#"{"login":{"id":"1","scheme":"access_token","secret":"dUBkOnRva2Vu"}}"#,
    r#"{"login":{"id":"1","scheme":"access_token","secret":"token"}}"#,
    r#"{"hi":{"id":"1","ver":"0.25"}}"#,
    r#"{"sub":{"id":"2","topic":"grpA"}}"#,
    r#"{"pub":{"topic":"grpA","content":"x"}}"#,
    r#"{"get":{"id":"3","topic":"grpA","what":"desc sub data"}}"#,
    r#"{"del":{"id":"4","topic":"grpA"}}"#,
    r#"{"note":{"topic":"grpA","what":"kp"}}"#,
    r#"{"acc":{"id":"5","user":"new","secret":"s"}}"#,
    "0",
    "1",
    "[]",
    "",
];

fn request(u: &mut Unstructured<'_>) -> Result<Request> {
    let topic = *u.choose(&TOPICS)?;
    Ok(match u.int_in_range(0..=11)? {
        0..=2 => Request::Subscribe(Subscribe::to(topic)),
        3 => Request::Leave { topic: topic.into(), unsubscribe: u.arbitrary()? },
        4..=5 => Request::Publish(Publish::text(topic, u.arbitrary::<&str>()?)),
        6 => Request::History(History::of(topic).since(u.int_in_range(0..=7)?).limit(3)),
        7 => Request::Subscribers(Subscribers::of(topic)),
        8 => Request::SetAccess { topic: topic.into(), user: None, mode: u.arbitrary()? },
        9 => {
            let ranges = u.arbitrary::<Vec<SeqRange>>()?.into_iter().take(3).collect();
            Request::DeleteMessages { topic: topic.into(), ranges, hard: false }
        }
        10 => Request::DeleteTopic { topic: topic.into(), hard: false },
        _ => Request::Note { topic: topic.into(), what: Noting::Read(u.arbitrary()?) },
    })
}

/// The id of a message that was sent.
fn id_of(frame: &Frame) -> Option<String> {
    let Frame::Text(text) = frame else { return None };
    let message: serde_json::Value = serde_json::from_str(text).expect("we write JSON");
    message.as_object()?.values().find_map(|body| body["id"].as_str().map(str::to_owned))
}

/// The client. The model: the set of the requests without a reply, and for a topic that is followed all the time the numbers
/// that were delivered: each once.
pub fn client(data: &[u8]) {
    twice(data, |u, watch| {
        let mut config = ClientConfig::new(Credentials::access_token("u", "d", SECRET));
        (config.limits.queued_events, config.limits.in_flight) = (8, 4);
        (config.page, config.refill_at_most) = (4, 20);
        let mut topics = Resume::to(["usr1", "me"]);
        topics.topics.insert("grpA".into(), Some(Mark::at(3)));
        let resumed: bool = u.arbitrary()?;
        let session = ImClient::start(config, [7; 16], resumed.then_some(topics), Instant::EPOCH);
        // A page of what was missing, and the gaps of the topics.
        let line = Line::new(session, 8 + 4 * 64, |event| matches!(event, ClientEvent::Closed(_)), watch);
        let mut model = Model { line, open: BTreeSet::new(), ids: Vec::new(), told: Vec::new(), dropped: !resumed };
        while !u.is_empty() {
            model.sent();
            model.step(u)?;
        }
        model.sent();
        let Model { mut line, open, told, dropped, .. } = model.end();
        assert!(open.is_empty(), "I2: without a reply {open:?}");
        let trace = line.over(Frame::text(TEXTS[0]));
        let Ok(resume) = line.session.into_resume() else { panic!("finished, and nothing to go on from") };
        if let Some(Some(mark)) = resume.topics.get("grpA").filter(|_| !dropped) {
            let mut told: Vec<u64> = told.into_iter().filter(|seq| *seq > mark.floor && *seq < u64::MAX).collect();
            assert!(
                told.iter().all(|seq| mark.held.iter().any(|range| range.range().contains(seq))),
                "I11: {told:?} {mark:?}"
            );
            let came = told.len();
            told.sort_unstable();
            told.dedup();
            assert_eq!(told.len(), came, "I14: a message came twice");
        }
        Ok(trace)
    });
}

struct Model {
    line: Line<ImClient>,
    open: BTreeSet<RequestId>,
    /// The ids on the wire that wait for an answer.
    ids: Vec<String>,
    /// The numbers of the messages of `grpA` that were delivered, since the server last began to count anew.
    told: Vec<u64>,
    /// Whether `grpA` was left, or lost, at some time.
    dropped: bool,
}

impl Model {
    fn sent(&mut self) {
        while let Some(frame) = self.line.transmit() {
            self.ids.extend(id_of(&frame));
        }
    }

    fn hear(&mut self, text: String) {
        self.line.session.handle_input(self.line.now, Frame::text(text));
    }

    fn told(&mut self, event: Option<ClientEvent>) -> bool {
        let Some(event) = event else { return false };
        if let ClientEvent::Received(received) = &event
            && let (Some(topic), Some(seq)) = (received.message.topic(), received.seq())
            && topic.as_str() == "grpA"
        {
            self.told.push(seq);
        }
        // The numbers after it are other messages than those with the same numbers before.
        if matches!(&event, ClientEvent::NumbersReset(reset) if reset.topic.as_str() == "grpA") {
            self.told.clear();
        }
        self.dropped |= matches!(event, ClientEvent::SubscriptionLost { .. });
        true
    }

    fn step(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        match u.int_in_range(0..=15)? {
            0..=2 => self.line.session.handle_input(self.line.now, frame(u, TEXTS)?),
            3..=5 if !self.ids.is_empty() => {
                let id = self.ids.swap_remove(u.choose_index(self.ids.len())?);
                let code = u.choose(&[200, 200, 202, 204, 208, 303, 304, 400, 403, 500, 503])?;
                let seq = u.int_in_range(0..=12)?;
                self.hear(format!(
                    r#"{{"ctrl":{{"id":"{id}","params":{{"seq":{seq},"count":{seq}}},"code":{code}}}}}"#
                ));
            }
            6 if !self.ids.is_empty() => {
                let id = self.ids[u.choose_index(self.ids.len())?].clone();
                let seq = u.int_in_range(0..=30)?;
                self.hear(format!(r#"{{"meta":{{"id":"{id}","desc":{{"seq":{seq}}},"sub":[{{}}]}}}}"#));
            }
            7..=8 => {
                let (topic, seq) = (u.choose(&TOPICS[..2])?, u.int_in_range(0..=30)?);
                self.hear(format!(r#"{{"data":{{"topic":"{topic}","seq":{seq},"content":"x"}}}}"#));
            }
            9 => self.line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
            10 => self.line.pass_to_deadline(),
            11..=12 => {
                let request = request(u)?;
                self.dropped |= matches!(request, Request::Leave { .. } | Request::DeleteTopic { .. });
                if let Ok(id) = self.line.session.send(self.line.now, request) {
                    assert!(self.open.insert(id), "an id twice");
                }
            }
            13 => {
                let event = self.line.event();
                self.told(event);
            }
            14 if u.ratio(1, 8)? => self.line.session.close(self.line.now),
            _ => self.take(),
        }
        Ok(())
    }

    fn take(&mut self) {
        for event in self.line.events() {
            self.told(Some(event));
        }
        while let Some((id, reply)) = self.line.session.poll_reply() {
            assert!(self.open.remove(&id), "I2: a reply to nothing, or a second one");
            self.line.print(&reply);
        }
    }

    fn end(mut self) -> Self {
        self.line.session.close(self.line.now);
        for _ in 0..10_000 {
            let Some(due) = self.line.session.poll_timeout() else { break };
            self.line.now = self.line.now.max(due);
            self.line.session.handle_timeout(self.line.now);
        }
        self.take();
        self.line.end();
        self
    }
}

/// The server. The model: the set of the requests that were told and not answered; each is answered once.
pub fn server(data: &[u8]) {
    twice(data, |u, watch| {
        let mut config = ServerConfig::new(0);
        (config.limits.queued_events, config.limits.in_flight, config.limits.queued_bytes) = (8, 4, 2000);
        let session = ImServer::start(config, Instant::EPOCH);
        let mut line = Line::new(session, 4, |event| matches!(event, ServerEvent::Closed(_)), watch);
        let mut open = Vec::new();
        while !u.is_empty() {
            match u.int_in_range(0..=15)? {
                0..=7 => line.session.handle_input(line.now, frame(u, TEXTS)?),
                8 => line.wait(Duration::from_millis(u.arbitrary::<u16>()?.into())),
                9 => line.pass_to_deadline(),
                10..=12 => {
                    if !open.is_empty() {
                        let (id, login) = open.swap_remove(u.choose_index(open.len())?);
                        let (session, now) = (&mut line.session, line.now);
                        let answered = match (login, u.arbitrary()?) {
                            (true, true) => session.accept(now, id, Accepted::user("usr1").with_token(SECRET)),
                            (true, false) => session.reject(now, id, Status::AUTHENTICATION_FAILED),
                            (false, true) => session.respond(now, id, Status::OK),
                            (false, false) => {
                                session.part(now, id, Answer::meta(Meta::default()))
                                    && session.respond(now, id, Status::NO_CONTENT)
                            }
                        };
                        line.print(&answered);
                        assert!(!line.session.respond(line.now, id, Status::OK), "answered twice");
                    }
                }
                13 => line.session.push(line.now, "{\"data\":{\"content\":\"x\"}}".into()),
                14 if u.ratio(1, 8)? => line.session.close(line.now),
                _ => {
                    for event in line.events() {
                        let told = match event {
                            ServerEvent::Login { id, .. } => (id, true),
                            ServerEvent::Request { id, .. } => (id, false),
                            _ => continue,
                        };
                        assert!(!open.contains(&told), "an id twice");
                        open.push(told);
                    }
                    while line.transmit().is_some() {}
                }
            }
        }
        line.end();
        for (id, _) in open {
            assert!(!line.session.respond(line.now, id, Status::OK), "answered after the end");
        }
        Ok(line.over(Frame::text(TEXTS[14])))
    });
}
