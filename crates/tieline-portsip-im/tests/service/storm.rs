//! Many clients at once that ask for anything, a store that fails now and then, and lines that break: what must hold
//! whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use tieline_core::Random;
use tieline_portsip_im::service::{Ranges, TopicKey};
use tieline_portsip_im::{AccessMode, server::ServerConfig};

use crate::said::{get, note, of_kind, sub};
use crate::world::{EPOCH, World, config};

const USERS: [&str; 5] = ["alice", "bob", "carol", "dave", "erin"];
const MODES: [&str; 11] = ["JRWPASDO", "JRWPASD", "JRWPS", "JRWP", "JRP", "JR", "N", "JWP", "RWP", "", "JRWPA"];

struct Storm {
    world: World,
    random: Random,
    groups: Vec<String>,
    open: BTreeMap<String, bool>,
    opened: u32,
    /// The highest number that somebody was told of, by topic.
    told: BTreeMap<TopicKey, u64>,
    /// Whether what a line was told of last on `me` is online, as far as it was told.
    believed: BTreeMap<String, BTreeMap<String, bool>>,
    /// How often a belief was found to be right.
    right: usize,
}

impl Storm {
    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        let at = self.random.below(u32::try_from(of.len()).expect("few"));
        &of[at as usize]
    }

    fn chance(&mut self, one_in: u32) -> bool {
        self.random.below(one_in) == 0
    }

    fn request(&mut self, line: &str) -> Value {
        let own = line.trim_end_matches(|digit: char| digit.is_ascii_digit()).to_owned();
        let other = *self.pick(&USERS);
        let user = self.world.id(other);
        let groups = self.groups.clone();
        let flag = self.chance(2);
        let topic = match self.random.below(8) {
            0 => "me".to_owned(),
            1 if groups.len() < 6 => "new".to_owned(),
            1 | 2 if other != own => user.clone(),
            3 if flag => "emc7001".to_owned(),
            _ if groups.is_empty() => "new".to_owned(),
            _ => self.pick(&groups).clone(),
        };
        let mode = *self.pick(&MODES);
        let seq = i64::from(self.random.below(12)) - 1;
        let t = json!(topic);
        match self.random.below(20) {
            0..=3 => sub(&topic),
            4 => {
                json!({"sub": {"id": "q", "topic": t, "set": {"sub": {"mode": mode}}, "get": {"what": "desc sub data del"}}})
            }
            5..=8 => json!({"pub": {"id": "q", "topic": t, "noecho": flag, "content": seq}}),
            9 => json!({"leave": {"id": format!("leave {topic}"), "topic": t, "unsub": self.chance(3)}}),
            10 => get(&topic, "desc sub data del tags"),
            11 => json!({"set": {"id": "q", "topic": t, "sub": {"mode": mode}}}),
            12..=13 => json!({"set": {"id": "q", "topic": t, "sub": {"user": user, "mode": mode}}}),
            14 => json!({"set": {"id": "q", "topic": t, "desc": {"public": {"n": seq}, "private": {"n": seq}}}}),
            15 => json!({"note": {"topic": t, "what": if flag { "read" } else { "recv" }, "seq": seq}}),
            16 => json!({"note": {"topic": t, "what": "kp"}}),
            17 => {
                json!({"del": {"id": "q", "topic": t, "what": "msg", "hard": flag, "delseq": [{"low": seq.max(0), "hi": seq + 2}]}})
            }
            18 => json!({"del": {"id": "q", "topic": t, "what": "sub", "user": user}}),
            _ if self.chance(6) => json!({"del": {"id": "q", "topic": t, "what": "topic"}}),
            _ => get("me", "sub"),
        }
    }

    /// The topic that a user knows by a name.
    fn topic_of(user: u64, name: &str) -> TopicKey {
        let peer = name.strip_prefix("usr").and_then(|number| number.parse().ok());
        peer.map_or_else(|| name.parse().expect("a topic"), |peer| TopicKey::p2p(user, peer))
    }

    /// Whoever was told something in a gust, with nothing waiting for its commit before or after, might hear it.
    fn check_rights(&self, user: u64, heard: &[Value]) {
        for frame in heard {
            let (kind, told) = frame.as_object().and_then(|frame| frame.iter().next()).expect("a frame");
            let name = if told["topic"] == "me" { &told["src"] } else { &told["topic"] };
            let needed = match (kind.as_str(), told["what"].as_str()) {
                ("data", _) | ("info", _) => AccessMode::JOIN | AccessMode::READ,
                ("pres", Some("msg" | "read" | "recv")) => AccessMode::JOIN | AccessMode::READ,
                ("pres", Some("on")) if told["topic"] == "me" => AccessMode::JOIN | AccessMode::PRESENCE,
                _ => continue,
            };
            let topic = Self::topic_of(user, name.as_str().expect("a name"));
            let mode = self.world.store.topic(&topic).map_or(AccessMode::NONE, |record| record.mode(user));
            assert!(mode.contains(needed), "{user} may {mode} in {topic} and hears {frame}");
        }
    }

    fn blow(&mut self) {
        let is_calm = !self.world.hold && !self.world.broken && self.world.pending.is_empty();
        self.gust();
        self.look(is_calm && self.world.pending.is_empty());
        if self.chance(40) {
            let channels: &[&str] = if self.chance(2) { &["7001"] } else { &[] };
            let user = *self.pick(&USERS);
            self.world.change_channels(user, channels);
            self.look(false);
        }
    }

    fn gust(&mut self) {
        let name = *self.pick(&USERS);
        let open: Vec<String> = self.open.keys().filter(|line| line.starts_with(name)).cloned().collect();
        if open.len() < 3 && self.chance(6) || open.is_empty() {
            self.opened += 1;
            let line = format!("{name}{}", self.opened);
            let held = std::mem::replace(&mut self.world.hold, false);
            if !held && !self.world.broken {
                self.world.arrive(&line);
                self.open.insert(line, true);
            }
            self.world.hold = held;
            return;
        }
        let line = self.pick(&open).clone();
        if self.chance(25) {
            self.open.remove(&line);
            self.world.cut(&line);
        } else {
            let said = self.request(&line);
            // Who changes the access to a conversation of two is not told anew who is online in it.
            if let Some(topic) = said.pointer("/sub/topic").or(said.pointer("/set/topic")).and_then(Value::as_str)
                && topic.starts_with("usr")
            {
                self.believed.entry(line.clone()).or_default().remove(topic);
            }
            self.world.say(&line, said);
        }
        match self.random.below(40) {
            0 => self.world.hold = true,
            1 | 2 => {
                self.world.hold = false;
                self.world.commit();
            }
            3 => self.world.broken = true,
            4..=9 => self.world.broken = false,
            10 => self.world.wait(2_500),
            11 => self.world.receive("7001", "from outside"),
            _ => {}
        }
    }

    /// What everybody was told, and what is kept.
    fn look(&mut self, is_calm: bool) {
        for line in self.world.sessions() {
            let user = self.world.users[line.trim_end_matches(|digit: char| digit.is_ascii_digit())];
            let heard = self.world.heard(&line);
            self.believe(&line, &heard);
            if is_calm {
                self.check_rights(user, &heard);
            }
            for ctrl in of_kind(&heard, "ctrl").iter().filter(|ctrl| ctrl["params"]["tmpname"].is_string()) {
                self.groups.push(ctrl["topic"].as_str().expect("a name").to_owned());
            }
            for data in of_kind(&heard, "data") {
                let name = data["topic"].as_str().expect("a name");
                let told = self.told.entry(Self::topic_of(user, name)).or_default();
                *told = (*told).max(data["seq"].as_u64().expect("a number"));
            }
        }
        let topics: BTreeSet<TopicKey> = self.told.keys().cloned().collect();
        for topic in topics {
            // A group may be deleted meanwhile.
            let Some(record) = self.world.store.topic(&topic) else { continue };
            assert!(record.head.seq >= self.told[&topic], "{topic}: what was told is kept");
            let kept = self.world.store.messages(&topic, &Ranges::of(1..record.head.seq + 1));
            let erased = record.deletions.iter().filter(|deletion| deletion.user.is_none());
            let mut gone = Ranges::default();
            erased.for_each(|deletion| gone.extend(&deletion.ranges));
            assert_eq!(kept.len() as u64 + gone.count(), record.head.seq, "{topic}: no number is missing");
        }
        for group in &self.groups {
            let Some(record) = self.world.store.topic(&group.parse().expect("a group")) else { continue };
            let owners = record.members().filter(|sub| sub.mode().contains(AccessMode::OWNER)).count();
            assert_eq!(owners, 1, "{group} has one owner");
        }
    }

    /// Keeps in mind who and what a line is told to be online.
    fn believe(&mut self, line: &str, heard: &[Value]) {
        let believed = self.believed.entry(line.to_owned()).or_default();
        for frame in heard {
            if frame["ctrl"]["id"] == "leave me" && frame["ctrl"]["code"] == 200 {
                believed.clear();
            }
            let pres = &frame["pres"];
            let on_me = pres["topic"] == "me";
            let Some(about) = pres[if on_me { "src" } else { "topic" }].as_str() else { continue };
            match pres["what"].as_str() {
                Some("on") if on_me => drop(believed.insert(about.into(), true)),
                Some("off") if on_me => drop(believed.insert(about.into(), false)),
                Some("gone") => drop(believed.remove(about)),
                // In a conversation of two it is not told what follows from a change of access.
                Some("acs") if about.starts_with("usr") => drop(believed.remove(about)),
                _ => {}
            }
        }
    }

    /// What lines believe is what the list of their topics says.
    fn compare_beliefs(&mut self) {
        let lines: Vec<String> = self.open.keys().cloned().collect();
        for line in lines {
            // What is wrong with a note is told only where it is not attached.
            self.world.say(&line, note("me", "kp"));
            if !self.world.heard(&line).is_empty() {
                continue;
            }
            self.world.say(&line, get("me", "sub"));
            let heard = self.world.heard(&line);
            let listed = heard[0].pointer("/meta/sub").and_then(Value::as_array).cloned().unwrap_or_default();
            for entry in listed {
                let (topic, mode) = (entry["topic"].as_str().expect("a name"), &entry["acs"]["mode"]);
                let hears = mode.as_str().is_some_and(|mode| mode.contains('J') && mode.contains('P'));
                let believed = self.believed.get(&line).and_then(|believed| believed.get(topic));
                if let Some(believed) = believed.filter(|_| hears) {
                    assert_eq!(entry["online"] == true, *believed, "{line} of {topic}: {entry}");
                    self.right += 1;
                }
            }
        }
    }

    /// What each user sees of all topics.
    fn views(&mut self) -> Vec<Value> {
        let mut views = Vec::new();
        for (number, name) in USERS.iter().enumerate() {
            let line = format!("{name}90{number}");
            self.world.arrive(&line);
            self.world.say(&line, get("me", "sub"));
            let mut view = self.world.heard(&line).pop().expect("an answer");
            for entry in view.pointer_mut("/meta/sub").and_then(Value::as_array_mut).into_iter().flatten() {
                let entry = entry.as_object_mut().expect("an entry");
                entry.remove("online");
                entry.remove("seen");
            }
            view.as_object_mut().expect("a frame").values_mut().for_each(|frame| frame["ts"] = Value::Null);
            views.push(view);
            self.world.cut(&line);
        }
        views
    }
}

/// How many messages were told of in all, and how many beliefs were found right.
fn storm(seed: u8, gusts: usize) -> (u64, usize) {
    let mut config = config();
    config.rate.burst = 100_000;
    config.members = 4;
    config.idle = 3;
    let mut world = World::with(config, ServerConfig::new(EPOCH));
    world.channels = vec!["7001".into()];
    let mut storm = Storm {
        world,
        random: Random::new([seed; 16], 1),
        groups: Vec::new(),
        open: BTreeMap::new(),
        opened: 100,
        told: BTreeMap::new(),
        believed: BTreeMap::new(),
        right: 0,
    };
    for (number, name) in USERS.iter().enumerate() {
        let line = format!("{name}{number}");
        storm.world.arrive(&line);
        if number < 3 {
            let group = storm.world.create(&line);
            storm.groups.push(group);
        }
        storm.open.insert(line, true);
    }
    for _ in 0..gusts {
        storm.blow();
    }
    (storm.world.hold, storm.world.broken) = (false, false);
    storm.world.commit();
    // What a failed commit left is put right a while later.
    storm.world.wait(20_000);
    storm.look(false);
    storm.compare_beliefs();
    let before = storm.views();
    storm.world.restart();
    assert_eq!(storm.views(), before, "what is in memory is what is kept");
    (storm.told.values().sum(), storm.right)
}

#[test]
fn whatever_is_asked_owners_numbers_memory_rights_and_what_is_told_of_who_is_online_hold() {
    let (told, right) =
        (0..6).map(|seed| storm(seed, 1_000)).fold((0, 0), |(told, right), (more, also)| (told + more, right + also));
    assert!(told > 100 && right > 20, "something happened: {told} messages, {right} beliefs");
}
