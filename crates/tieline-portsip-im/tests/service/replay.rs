//! The recorded conversations of a server of the same family, played against the service.
//!
//! What a client said is said again, with our names for users and groups; what each session was told in consequence is
//! compared with the recording. Where we differ stands in `deviations.jsonl`, frame by frame and with the reason: an entry
//! that no longer holds fails, and so does a difference that has none. What was said over HTTP, of files, the tests of
//! `tieline-server` compare (`im_files_recorded.rs`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tieline_core::{Instant, Timestamp};
use tieline_portsip_im::server::ServerConfig;
use tieline_portsip_im::service::ServiceConfig;
use tieline_testkit::{IM_RECORDINGS, RecordingFile};

use crate::world::{World, value};

/// Recordings in which a client does not wait for the effect of what it says: compared as a whole.
const BURSTS: [&str; 3] = ["pub-concurrent", "pipelined-requests", "sub-race"];

/// What differs in the effect of one frame on one session.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Difference {
    file: String,
    /// The id or text of what was said, or the pause, that had the effect.
    after: String,
    session: String,
    recorded: Vec<Value>,
    ours: Vec<Value>,
}

struct Replay<'f> {
    file: &'f RecordingFile,
    world: World,
    /// Names in the recording, and ours, each with what stands for both.
    recorded: BTreeMap<String, String>,
    ours: BTreeMap<String, String>,
    groups: usize,
    after: String,
    expected: BTreeMap<String, Vec<String>>,
    differences: Vec<Difference>,
}

impl<'f> Replay<'f> {
    fn new(file: &'f RecordingFile, lines: &[Value]) -> Self {
        let ts = lines.iter().find_map(|line| {
            let frame = value(line["text"].as_str().filter(|_| line["dir"] == "S")?);
            let ts = Timestamp::new(frame["ctrl"]["ts"].as_str()?.to_owned()).unix_micros()?;
            Some(ts - i64::try_from(line["t"].as_u64()? * 1000).expect("soon"))
        });
        let epoch = ts.expect(file.name);
        let mut config = ServiceConfig::new(epoch, [1; 16]);
        // A join that is stored would shift every number of the recordings; it has tests of its own.
        config.join_notice = None;
        let mut server = ServerConfig::new(epoch);
        match file.name {
            "group-subscriber-limit" => config.members = 3,
            "frame-too-large" => server.limits.message_bytes = 2048,
            _ => {}
        }
        server.login_attempts = 100;
        let mut world = World::with(config, server);
        let (mut recorded, mut ours) = (BTreeMap::new(), BTreeMap::new());
        for (name, id) in lines[0]["users"].as_object().into_iter().flatten() {
            let stands = format!("@{name}");
            recorded.insert(id.as_str().expect("an id").to_owned(), stands.clone());
            ours.insert(world.id(name), stands);
        }
        Self {
            file,
            world,
            recorded,
            ours,
            groups: 0,
            after: String::new(),
            expected: BTreeMap::new(),
            differences: Vec::new(),
        }
    }

    fn play(mut self, lines: &[Value]) -> Vec<Difference> {
        let mut said = false;
        for line in &lines[1..] {
            self.world.wait_until(Instant::from_millis(line["t"].as_u64().expect("a time")));
            let session = line["session"].as_str().unwrap_or_default().to_owned();
            let text = line["text"].as_str().unwrap_or_default();
            match (line["dir"].as_str(), line["event"].as_str()) {
                (Some("C"), _) => {
                    // What is said in one breath has one effect.
                    if !said {
                        self.compare(false);
                    }
                    self.after = after(text);
                    self.say(&session, text);
                }
                (Some(_), _) => {
                    self.learn_group(&session, text);
                    self.expected.entry(session).or_default().push(text.to_owned());
                }
                (_, Some("open")) => {
                    self.compare(false);
                    self.world.connect(&session);
                }
                (_, Some("closed by client")) => {
                    self.compare(false);
                    self.after = format!("{session} closed");
                    self.world.cut(&session);
                }
                (_, Some("wait")) => {
                    self.compare(false);
                    self.after = format!("wait {}", line["ms"]);
                }
                (_, Some("server is told to stop")) => {
                    self.compare(false);
                    self.after = "stop".into();
                    self.world.stop();
                }
                (_, Some("closed by server")) => assert!(self.world.is_closed(&session), "{}", self.file.name),
                _ => {}
            }
            said = line["dir"] == "C";
        }
        self.compare(true);
        self.differences
    }

    fn say(&mut self, session: &str, text: &str) {
        let mut said = text.to_owned();
        for (theirs, stands) in &self.recorded {
            if let Some((ours, _)) = self.ours.iter().find(|(_, ours)| *ours == stands) {
                said = said.replace(theirs.as_str(), ours);
            }
        }
        if let Some(login) = self.login_of(session, text) {
            said = login;
        }
        self.world.say_text(session, &said);
    }

    /// The login of our scheme for a recorded one: right, wrong, or of the wrong form.
    fn login_of(&self, session: &str, text: &str) -> Option<String> {
        let frame: Value = serde_json::from_str(text).ok()?;
        let login = frame["login"].as_object()?;
        let id = login.get("id")?.as_str()?;
        let scheme = login.get("scheme")?.as_str()?;
        let secret = data_encoding::BASE64.decode(login.get("secret")?.as_str()?.as_bytes()).ok()?;
        let secret = String::from_utf8(secret).unwrap_or_else(|_| "a:token".into());
        let known = |name: &str| self.ours.values().any(|stands| name.starts_with(&stands[1..]));
        let plain = match (scheme.to_ascii_lowercase().as_str(), secret.split_once(':')) {
            ("basic", Some((name, "pass1234"))) if known(name) => return Some(self.world.login_frame(session, id)),
            ("basic", Some((name, _))) => format!("{name}@portsip.io:WRONG"),
            ("basic", None) => secret,
            _ => return None,
        };
        let secret = data_encoding::BASE64.encode(plain.as_bytes());
        Some(json!({"login": {"id": id, "scheme": "access_token", "secret": secret}}).to_string())
    }

    /// Compares what everybody heard since the last frame.
    fn compare(&mut self, last: bool) {
        if BURSTS.contains(&self.file.name) && !last {
            return;
        }
        let expected = std::mem::take(&mut self.expected);
        let sessions = self.world.sessions();
        let mut heard: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for session in sessions {
            heard.insert(session.clone(), self.world.heard_text(&session));
        }
        for (session, ours) in heard {
            let theirs = expected.get(&session).cloned().unwrap_or_default();
            let mut recorded = self.normalised(&theirs, true);
            let mut ours = self.normalised(&ours, false);
            if self.file.name == "pub-concurrent" {
                // Who of several publishes first is open; each session hears the numbers rise, the reader all of them,
                // and at the end asks for the last four.
                let (theirs, own) = (numbers(&mut recorded), numbers(&mut ours));
                assert_eq!(theirs.len(), own.len(), "{session}");
                let live = if session == "carol1" { &own[..30] } else { &own[..] };
                assert!(live.is_sorted_by(|one, next| one < next), "{session}: {own:?}");
                assert!(session != "carol1" || own[29..] == [30, 30, 29, 28, 27], "{own:?}");
            }
            let (recorded, ours) = difference(recorded, ours, BURSTS.contains(&self.file.name));
            if !recorded.is_empty() || !ours.is_empty() {
                self.differences.push(Difference {
                    file: self.file.name.into(),
                    after: self.after.clone(),
                    session,
                    recorded,
                    ours,
                });
            }
        }
    }

    /// Both names of a group, once its creation is answered.
    fn learn_group(&mut self, session: &str, recorded: &str) {
        if !recorded.contains("tmpname") {
            return;
        }
        let recorded = value(recorded);
        let same = |frame: &Value| frame["ctrl"]["id"] == recorded["ctrl"]["id"];
        let name = |frame: &Value| frame["ctrl"]["topic"].as_str().expect("a name").to_owned();
        let own = self.world.peek(session).into_iter().find(same);
        if let Some(own) = own {
            let stands = format!("@group{}", self.groups);
            self.groups += 1;
            self.recorded.insert(name(&recorded), stands.clone());
            self.ours.insert(name(&own), stands);
        }
    }

    fn normalised(&self, frames: &[String], recorded: bool) -> Vec<Value> {
        let names = if recorded { &self.recorded } else { &self.ours };
        let mut normal = Vec::new();
        for text in frames {
            let mut text = text.clone();
            for (name, stands) in names {
                text = text.replace(name.as_str(), stands);
            }
            let mut frame = value(&text);
            // The answer to a `hi` is the session's, and PortSIP shows none.
            if frame["ctrl"]["params"]["ver"].is_string() {
                continue;
            }
            blank(&mut frame);
            normal.push(frame);
        }
        normal
    }
}

/// Takes out what no two servers have alike, and what PortSIP has or lacks everywhere.
fn blank(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for moment in ["ts", "created", "updated", "touched", "deleted", "when", "token", "build"] {
                if let Some(moment) = members.get_mut(moment) {
                    *moment = json!("T");
                }
            }
            // Tinode's newest version counts subscribers and lets tokens expire; PortSIP names the request in a message.
            for own in ["subcnt", "expires", "reqid"] {
                members.remove(own);
            }
            if let Some(entries) = members.get_mut("sub").and_then(Value::as_array_mut) {
                entries.sort_by_key(|entry| format!("{}{}", entry["user"], entry["topic"]));
            }
            for (key, member) in members.iter_mut() {
                if key != "content" {
                    blank(member);
                }
            }
        }
        Value::Array(entries) => entries.iter_mut().for_each(blank),
        _ => {}
    }
}

/// The numbers of the messages in their order, taken out.
fn numbers(frames: &mut [Value]) -> Vec<u64> {
    let mut found = Vec::new();
    for frame in frames {
        for place in ["/data/seq", "/ctrl/params/seq", "/meta/desc/seq", "/meta/desc/read", "/meta/desc/recv"] {
            let Some(number) = frame.pointer_mut(place) else { continue };
            if place == "/data/seq" {
                found.extend(number.as_u64());
            }
            *number = json!("N");
        }
    }
    found
}

/// What stands on one side only. Answers and messages are in order; notices are not, and in a burst nothing is.
fn difference(recorded: Vec<Value>, ours: Vec<Value>, unordered: bool) -> (Vec<Value>, Vec<Value>) {
    let is_free = |frame: &Value| {
        unordered || frame.get("pres").is_some() || frame.get("info").is_some() || frame["ctrl"]["id"].is_null()
    };
    let of = |frames: &[Value], free: bool| -> Vec<Value> {
        frames.iter().filter(|frame| is_free(frame) == free).cloned().collect()
    };
    let (mut missing, mut extra) = (Vec::new(), of(&ours, true));
    for frame in of(&recorded, true) {
        match extra.iter().position(|other| *other == frame) {
            Some(at) => drop(extra.remove(at)),
            None => missing.push(frame),
        }
    }
    let (mut theirs, mut own) = (of(&recorded, false), of(&ours, false));
    if theirs != own {
        // The frames at the ends that agree say nothing.
        while !theirs.is_empty() && theirs.first() == own.first() {
            theirs.remove(0);
            own.remove(0);
        }
        while !theirs.is_empty() && theirs.last() == own.last() {
            theirs.pop();
            own.pop();
        }
        missing.extend(theirs);
        extra.extend(own);
    }
    (missing, extra)
}

/// Names what was said: its id, or its text.
fn after(text: &str) -> String {
    let frame: Option<Value> = serde_json::from_str(text).ok();
    let id = frame.and_then(|frame| Some(frame.as_object()?.values().next()?.get("id")?.as_str()?.to_owned()));
    id.filter(|id| !id.is_empty() && id.len() < 40).unwrap_or_else(|| text.chars().take(60).collect())
}

fn replay(file: &RecordingFile) -> Vec<Difference> {
    let lines: Vec<Value> = file.text.lines().map(value).collect();
    Replay::new(file, &lines).play(&lines)
}

#[test]
fn every_recording_is_answered_as_recorded_but_for_the_deviations_that_are_named() {
    let named: Vec<Value> = include_str!("deviations.jsonl").lines().map(value).collect();
    let mut left: Vec<Value> = Vec::new();
    let mut used = BTreeSet::new();
    for file in IM_RECORDINGS {
        for found in replay(file) {
            let same = |entry: &Value| {
                entry["file"] == *found.file
                    && entry["after"] == *found.after
                    && entry["session"] == *found.session
                    && entry["recorded"] == Value::Array(found.recorded.clone())
                    && entry["ours"] == Value::Array(found.ours.clone())
            };
            match named.iter().position(same) {
                Some(at) => drop(used.insert(at)),
                None => left.push(json!({"file": found.file, "after": found.after, "session": found.session,
                    "why": "", "recorded": found.recorded, "ours": found.ours})),
            }
        }
    }
    let stale: Vec<&Value> =
        named.iter().enumerate().filter(|(at, _)| !used.contains(at)).map(|(_, entry)| entry).collect();
    let text = |entries: &[String]| entries.join("\n");
    let left: Vec<String> = left.iter().map(Value::to_string).collect();
    let stale: Vec<String> = stale.into_iter().map(Value::to_string).collect();
    assert!(left.is_empty() && stale.is_empty(), "not named:\n{}\nno longer so:\n{}", text(&left), text(&stale));
    assert!(named.iter().all(|entry| !entry["why"].as_str().unwrap_or_default().is_empty()), "each has its reason");
}
