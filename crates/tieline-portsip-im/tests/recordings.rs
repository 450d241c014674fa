//! Every frame recorded with a running server of the protocol's family decodes, encodes to equal JSON, and drives the
//! client session without a surprise.

mod harness;

use std::collections::{BTreeMap, BTreeSet};

use harness::Player;
use serde_json::{Value, json};
use tieline_core::json::Encode;
use tieline_core::{ClientSession, Frame, Instant, Session};
use tieline_portsip_im::client::{ClientConfig, ClientEvent, ImClient, Noted, Received, Reply};
use tieline_portsip_im::{ClientBody, ClientMessage, Credentials, Hi, ServerMessage};
use tieline_testkit::{IM_RECORDINGS, RecordingFile, Side, im_request_of};

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn every_frame_of_the_server_is_known_and_no_field_of_it_is_lost() {
    for file in IM_RECORDINGS {
        for frame in file.frames().iter().filter(|frame| frame.from == Side::Server && frame.text != "0") {
            let message = ServerMessage::decode(&frame.text)
                .unwrap_or_else(|error| panic!("{}: {error}: {}", file.name, frame.text));
            assert!(!matches!(message, ServerMessage::Unknown(_)), "{}: {}", file.name, frame.text);
            assert_eq!(value(&message.to_json()), value(&frame.text), "{}", file.name);
            if let ServerMessage::Ctrl(ctrl) = &message
                && let Some(params) = &ctrl.params
            {
                let known = ctrl.known_params().unwrap_or_else(|error| panic!("{}: {error}", file.name));
                assert_eq!(value(&known.to_json()), value(params.as_json()), "{}", file.name);
            }
        }
    }
}

#[test]
fn serde_and_our_encoder_agree_on_every_frame_of_the_server() {
    for file in IM_RECORDINGS {
        for frame in file.frames().iter().filter(|frame| frame.from == Side::Server) {
            let message = ServerMessage::decode(&frame.text).expect("decodes");
            assert_eq!(serde_json::to_value(&message).expect("serializes"), value(&message.to_json()), "{}", file.name);
        }
    }
}

/// What a client wrote and this codec reads in its own form: `null` members that mean absent, the id of a note, which has
/// none, and zeros of a range.
fn normalised(mut value: Value) -> Value {
    fn drop_nulls(value: &mut Value) {
        if let Value::Object(members) = value {
            members.retain(|key, member| !member.is_null() || key == "content");
            let free = ["content", "head", "public", "private", "trusted"];
            for (_, member) in members.iter_mut().filter(|(key, _)| !free.contains(&key.as_str())) {
                drop_nulls(member);
            }
        }
    }
    drop_nulls(&mut value);
    if let Some(note) = value.get_mut("note").and_then(Value::as_object_mut) {
        note.remove("id");
    }
    if let Some(ranges) = value.pointer_mut("/del/delseq").and_then(Value::as_array_mut) {
        for range in ranges.iter_mut().filter_map(Value::as_object_mut) {
            range.retain(|_, number| *number != 0);
        }
    }
    value
}

#[test]
fn every_frame_of_a_client_that_the_server_took_decodes_and_no_field_of_it_is_lost() {
    // These are about frames that servers refuse.
    let refused = ["malformed-json", "wrong-types", "message-ids"];
    for file in IM_RECORDINGS.iter().filter(|file| !refused.contains(&file.name)) {
        for frame in file.frames().iter().filter(|frame| frame.from == Side::Client && frame.text != "1") {
            if frame.text.contains(r#""low":-"#) {
                // Numbers of messages are not negative: the server refused it too.
                assert!(ClientMessage::decode(&frame.text).is_err());
                continue;
            }
            let message = ClientMessage::decode(&frame.text)
                .unwrap_or_else(|error| panic!("{}: {error}: {}", file.name, frame.text));
            if matches!(message.body, ClientBody::Unknown(_)) {
                continue;
            }
            assert_eq!(value(&message.to_json()), normalised(value(&frame.text)), "{}", file.name);
        }
    }
}

/// What one of the recorded clients would have been told by the session.
struct Driven {
    player: Player,
    /// Recorded ids, and ours.
    ids: BTreeMap<String, String>,
    asked: usize,
    answered: usize,
    /// Messages that came, and those that were told.
    came: BTreeSet<(String, u64)>,
    told: BTreeSet<(String, u64)>,
    in_pages: BTreeSet<(String, u64)>,
}

fn key(received: &Received) -> Option<(String, u64)> {
    Some((received.message.topic()?.as_str().to_owned(), received.seq()?))
}

impl Driven {
    /// A session that is logged in.
    fn start() -> Self {
        let mut hello = Hi::default();
        hello.ver = Some("0.25".into());
        let mut config = ClientConfig::new(Credentials::other("basic", "alice:pass"));
        config.hello = Some(hello);
        let session = ImClient::start(config, [7; 16], None, Instant::EPOCH);
        let mut player = Player { session, now: Instant::EPOCH };
        player.answer("hi", json!({}), 201);
        player.answer("login", json!({}), 200);
        Self {
            player,
            ids: BTreeMap::new(),
            asked: 0,
            answered: 0,
            came: BTreeSet::new(),
            told: BTreeSet::new(),
            in_pages: BTreeSet::new(),
        }
    }

    fn say(&mut self, file: &str, text: &str) {
        let Some(request) = im_request_of(text) else { return };
        let Ok(id) = self.player.session.send(self.player.now, request) else { return };
        self.asked += 1;
        let sent = self.player.sent();
        let [message] = &sent[..] else { panic!("{file}: {text}: {sent:?}, {id:?}") };
        let id_of = |message: &Value| {
            let body = message.as_object().and_then(|members| members.values().find(|body| body.get("id").is_some()));
            body.and_then(|body| body["id"].as_str()).map(str::to_owned)
        };
        if let (Some(recorded), Some(ours)) = (id_of(&value(text)), id_of(message)) {
            self.ids.insert(recorded, ours);
        }
        self.take(file);
    }

    fn hear(&mut self, file: &str, text: &str) {
        let mut message = value(text);
        for kind in ["ctrl", "meta"] {
            let id = message.pointer_mut(&format!("/{kind}/id"));
            if let Some(id) = id
                && let Some(ours) = id.as_str().and_then(|recorded| self.ids.get(recorded))
            {
                *id = ours.as_str().into();
            }
        }
        if let (Some(topic), Some(seq)) = (message.pointer("/data/topic"), message.pointer("/data/seq")) {
            self.came.insert((topic.as_str().expect("a name").to_owned(), seq.as_u64().expect("a number")));
        }
        self.player.hear(&message);
        self.take(file);
    }

    /// Takes what the session says; its own questions are answered so that it learns nothing.
    fn take(&mut self, file: &str) {
        loop {
            for event in self.player.events() {
                match event {
                    ClientEvent::Malformed(malformed) => panic!("{file}: {malformed:?}"),
                    ClientEvent::Noted(Noted::Unknown, received) => panic!("{file}: {received:?}"),
                    ClientEvent::Received(received) => self.told.extend(key(&received)),
                    _ => {}
                }
            }
            while let Some((_, result)) = self.player.session.poll_reply() {
                self.answered += 1;
                if let Ok(Reply::History(page)) = result {
                    self.in_pages.extend(page.messages.iter().filter_map(key));
                }
            }
            let own = self.player.sent();
            if own.is_empty() {
                return;
            }
            for question in own {
                let id = question["get"]["id"].as_str().unwrap_or_else(|| panic!("{file}: {question}")).to_owned();
                let code = if question["get"]["what"] == "desc" { 403 } else { 204 };
                self.player.ctrl(&id, json!({}), code);
            }
        }
    }
}

fn drive(file: &RecordingFile) -> usize {
    let mut sessions: BTreeMap<String, Driven> = BTreeMap::new();
    for frame in file.frames() {
        let driven = sessions.entry(frame.session.clone()).or_insert_with(Driven::start);
        let greeting = ["{\"hi\"", "{\"login\"", "{\"acc\""].iter().any(|start| frame.text.starts_with(start));
        match frame.from {
            Side::Client if greeting => {}
            Side::Client => driven.say(file.name, &frame.text),
            Side::Server => driven.hear(file.name, &frame.text),
        }
    }
    let mut requests = 0;
    for (name, mut driven) in sessions {
        driven.player.session.handle_input(driven.player.now, Frame::Eof);
        driven.take(file.name);
        assert_eq!(driven.answered, driven.asked, "{}: {name}", file.name);
        assert!(driven.came.is_subset(&(&driven.told | &driven.in_pages)), "{}: {name}: a message is lost", file.name);
        requests += driven.asked;
    }
    requests
}

#[test]
fn every_recording_drives_the_client_session_without_a_surprise() {
    // In these clients choose ids of their own or none, write what no client of ours writes, or do not wait for the
    // answer to a subscribe.
    let others = ["message-ids", "wrong-types", "pipelined-requests"];
    let requests: usize = IM_RECORDINGS.iter().filter(|file| !others.contains(&file.name)).map(drive).sum();
    assert!(requests > 700, "{requests}");
}
