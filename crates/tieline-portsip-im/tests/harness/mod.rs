//! A client session on virtual time, and a server that a test plays by hand.

#![allow(dead_code, reason = "each test crate uses its own part")]

use serde_json::{Value, json};
use tieline_core::{ClientSession, Frame, Instant, RequestError, RequestId, Session};
use tieline_portsip_im::Credentials;
use tieline_portsip_im::client::{
    ClientConfig, ClientEvent, Gap, GapClosed, ImClient, Mark, Phase, Reply, Request, Resume, Subscribe,
};

pub(crate) const TOKEN: &str = "V1TC8EQWN2ZLJQ";
pub(crate) const ME: &str = "usr804252613548777777";
pub(crate) const GROUP: &str = "grpf0NlkdDEQHs";

pub(crate) fn at(millis: u64) -> Instant {
    Instant::from_millis(millis)
}

pub(crate) fn config() -> ClientConfig {
    ClientConfig::new(Credentials::access_token("804252613548777777", "portsip.io", TOKEN))
}

/// A session with what it said and was told.
pub(crate) struct Player {
    pub(crate) session: ImClient,
    pub(crate) now: Instant,
}

impl Player {
    pub(crate) fn start(config: ClientConfig, resume: Option<Resume>) -> Self {
        Self { session: ImClient::start(config, [7; 16], resume, at(0)), now: at(0) }
    }

    /// A session that is logged in; what it resumes is not attached yet.
    pub(crate) fn logged_in(config: ClientConfig, resume: Option<Resume>) -> Self {
        let mut player = Self::start(config, resume);
        let login = player.sent();
        let id = &login[0]["login"]["id"];
        player.hear(&json!({"ctrl":{"id":id,"params":{"user":ME,"token":"dG9rZW4="},"code":200,"text":"ok"}}));
        assert!(matches!(player.session.poll_event(), Some(ClientEvent::LoggedIn(_))));
        player
    }

    pub(crate) fn live() -> Self {
        let player = Self::logged_in(config(), None);
        assert_eq!(player.session.phase(), Phase::Live);
        player
    }

    /// A live session that is attached to a topic whose last message is `last`.
    pub(crate) fn following(topic: &str, last: u64) -> Self {
        Self::following_with(config(), topic, last)
    }

    pub(crate) fn following_with(config: ClientConfig, topic: &str, last: u64) -> Self {
        let mut player = Self::logged_in(config, None);
        player.attach(topic, last);
        player
    }

    /// Attaches to one more topic.
    pub(crate) fn attach(&mut self, topic: &str, last: u64) {
        let id = self.ask(Request::Subscribe(Subscribe::to(topic)));
        self.answer("sub", json!({"topic": topic}), 200);
        self.answer_probe(topic, last);
        assert!(matches!(self.reply(id), Ok(Reply::Subscribed(_))));
    }

    /// Answers the question for the number of the last message.
    pub(crate) fn answer_probe(&mut self, topic: &str, last: u64) {
        let sent = self.sent();
        let [get] = &sent[..] else { panic!("one question: {sent:?}") };
        assert_eq!(get["get"]["what"], "desc", "{get}");
        self.hear(&json!({"meta":{"id":get["get"]["id"],"topic":topic,"desc":{"seq":last}}}));
    }

    /// A session on the next line: the topic is attached again, and its last message is `last`.
    pub(crate) fn resumed(topic: &str, mark: Option<Mark>, last: u64) -> Self {
        let mut resume = Resume::default();
        resume.topics.insert(topic.into(), mark);
        let mut player = Self::logged_in(config(), Some(resume));
        player.answer("sub", json!({"topic": topic}), 200);
        player.answer_probe(topic, last);
        player
    }

    pub(crate) fn wait(&mut self, millis: u64) {
        self.now = self.now + core::time::Duration::from_millis(millis);
    }

    pub(crate) fn hear(&mut self, message: &Value) {
        self.hear_text(&message.to_string());
    }

    pub(crate) fn hear_text(&mut self, text: &str) {
        self.wait(1);
        self.session.handle_input(self.now, Frame::text(text));
    }

    /// A message of a topic.
    pub(crate) fn publish(&mut self, topic: &str, seq: u64) {
        self.hear(&json!({"data":{"topic":topic,"from":"usr1","seq":seq,"content":format!("m{seq}")}}));
    }

    pub(crate) fn ask(&mut self, request: Request) -> RequestId {
        self.session.send(self.now, request).expect("accepted")
    }

    /// What was sent, but pings and close frames.
    pub(crate) fn sent(&mut self) -> Vec<Value> {
        self.frames()
            .into_iter()
            .filter_map(|frame| match frame {
                Frame::Text(text) => Some(serde_json::from_str(&text).expect("JSON")),
                _ => None,
            })
            .collect()
    }

    pub(crate) fn frames(&mut self) -> Vec<Frame> {
        std::iter::from_fn(|| self.session.poll_transmit()).collect()
    }

    /// The one message that was sent.
    pub(crate) fn one_sent(&mut self) -> Value {
        let mut sent = self.sent();
        assert_eq!(sent.len(), 1, "{sent:?}");
        sent.remove(0)
    }

    /// Answers the one message that was sent, which must be of this kind, with a ctrl of these members. Gives the message.
    pub(crate) fn answer(&mut self, kind: &str, members: Value, code: u16) -> Value {
        let sent = self.one_sent();
        let id = sent[kind]["id"].as_str().unwrap_or_else(|| panic!("no {kind}: {sent}")).to_owned();
        self.ctrl(&id, members, code);
        sent
    }

    pub(crate) fn ctrl(&mut self, id: &str, mut members: Value, code: u16) {
        members["id"] = id.into();
        members["code"] = code.into();
        members["text"] = "text".into();
        self.hear(&json!({"ctrl": members}));
    }

    /// Answers the one question for messages that was sent with those of `present` that it asks for, the newest first
    /// and at most `cap`. Gives the range that was asked for.
    pub(crate) fn serve_history(&mut self, topic: &str, present: &[u64], cap: usize) -> (u64, u64) {
        let question = self.one_sent();
        self.serve(&question, topic, present, cap)
    }

    pub(crate) fn serve(&mut self, question: &Value, topic: &str, present: &[u64], cap: usize) -> (u64, u64) {
        let get = &question["get"];
        assert_eq!((&get["what"], &get["topic"]), (&json!("data"), &json!(topic)), "{question}");
        let since = get["data"]["since"].as_u64().unwrap_or(0);
        let before = get["data"]["before"].as_u64().unwrap_or(u64::MAX);
        let limit = get["data"]["limit"].as_u64().unwrap_or(100) as usize;
        let mut found: Vec<_> = present.iter().copied().filter(|seq| (since..before).contains(seq)).collect();
        found.sort_unstable_by(|a, b| b.cmp(a));
        found.truncate(limit.min(cap));
        for seq in &found {
            self.publish(topic, *seq);
        }
        let id = get["id"].as_str().expect("an id").to_owned();
        if found.is_empty() {
            self.ctrl(&id, json!({"topic":topic,"params":{"what":"data"}}), 204);
        } else {
            self.ctrl(&id, json!({"topic":topic,"params":{"what":"data","count":found.len()}}), 208);
        }
        (since, before)
    }

    pub(crate) fn events(&mut self) -> Vec<ClientEvent> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    /// The events in short: numbers of messages, gaps as `gap 3..5`, closed gaps as `closed 3..5 lost 4..5`.
    pub(crate) fn story(&mut self) -> Vec<String> {
        self.events().iter().map(told).collect()
    }

    pub(crate) fn reply(&mut self, id: RequestId) -> Result<Reply, RequestError> {
        match self.session.poll_reply() {
            Some((answered, result)) if answered == id => result,
            other => panic!("{other:?}"),
        }
    }

    /// Lets the line end, and gives what the next one goes on from.
    pub(crate) fn lose(mut self) -> Resume {
        self.session.handle_input(self.now, Frame::Eof);
        while self.session.poll_event().is_some() {}
        while self.session.poll_reply().is_some() {}
        self.frames();
        self.session.into_resume().expect("finished")
    }
}

pub(crate) fn told(event: &ClientEvent) -> String {
    match event {
        ClientEvent::Received(received) => match received.seq() {
            Some(seq) => seq.to_string(),
            None => received.message.key().to_owned(),
        },
        ClientEvent::Gap(Gap { range, .. }) => format!("gap {}..{}", range.low, range.hi),
        ClientEvent::GapClosed(GapClosed { range, lost, .. }) => {
            let lost: String = lost.iter().map(|range| format!(" lost {}..{}", range.low, range.hi)).collect();
            format!("closed {}..{}{lost}", range.low, range.hi)
        }
        ClientEvent::NumbersReset(reset) => format!("reset {}..{}", reset.before, reset.last),
        other => format!("{other:?}"),
    }
}
