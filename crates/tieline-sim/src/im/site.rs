//! The service as it runs, from a start to a restart that forgets.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

use serde_json::{Value, json};
use tieline_core::json::Raw;
use tieline_core::{Random, Seed, Text};
use tieline_portsip_im::server::Answer;
use tieline_portsip_im::service::{Arrival, Rate, ServiceConfig};
use tieline_server::im::engine::{Clock, Running};
use tieline_server::im::host::HostedIm;
use tieline_server::im::store::MemoryStore;

use super::desk::ImDesk;
use super::names::{Names, user_name};
use super::person::{MAILBOX, Person};
use super::{Plan, Staff};
use crate::scenario::{Group, ImAct, Receipt, is_outside};
use crate::world::Refused;

/// Separates the ids of messages from other random numbers.
const PURPOSE: u64 = 0x1_B07;
/// The clocks of some scenarios stand, or run very fast: rates say nothing there.
const ANY_RATE: Rate = Rate { burst: 1_000_000, per_second: 1_000_000 };

pub(super) struct Site {
    pub(super) hosted: HostedIm,
    _running: Running,
    staff: Arc<[Staff]>,
    /// Who is in the service, by number.
    people: BTreeMap<String, Person>,
    pub(super) names: Names,
    ids: Random,
}

impl Site {
    /// Starts the service with the people that are `present`, and the groups of the plan.
    pub(super) fn start(
        seed: Seed,
        clock: Arc<dyn Clock>,
        desk: Arc<ImDesk>,
        plan: &Plan,
        present: &BTreeSet<String>,
    ) -> io::Result<Self> {
        let mut config = ServiceConfig::new(0, seed);
        config.rate = ANY_RATE;
        let store = MemoryStore::new();
        let started = HostedIm::start_with_clock(&store, config, desk, Box::new(|_, _| {}), clock);
        let (hosted, running) = started.map_err(io::Error::other)?;
        let mut names = Names::default();
        for staff in plan.staff.iter() {
            names.add_person(&staff.number, staff.user);
        }
        let (people, ids) = (BTreeMap::new(), Random::new(seed, PURPOSE));
        let mut site = Self { hosted, _running: running, staff: Arc::clone(&plan.staff), people, names, ids };
        // Everybody has an account, so that others can write to him.
        let numbers: Vec<String> = plan.staff.iter().map(|staff| staff.number.clone()).collect();
        for number in &numbers {
            site.enter(number);
        }
        for group in &plan.groups {
            site.found(group).map_err(io::Error::other)?;
        }
        for number in numbers.iter().filter(|number| !present.contains(*number)) {
            site.leave(number);
        }
        let _due = site.hosted.engine().settle();
        Ok(site)
    }

    /// Sets a group up: its owner creates it and invites the others, who come in as far as they are there.
    fn found(&mut self, group: &Group) -> Result<(), Refused> {
        let public = json!({"fn": group.name});
        let created = json!({"sub": {"topic": "new", "set": {"desc": {"public": public}}}});
        let topic = self
            .ask(&group.owner.text, &created)?
            .iter()
            .filter_map(Answer::as_ctrl)
            .find_map(|ctrl| ctrl.topic.as_ref().map(|topic| topic.as_str().to_owned()));
        let topic = topic.ok_or(Refused::DeniedInIm)?;
        self.names.add_group(&group.id.text, &topic);
        for member in group.members.iter().filter(|member| **member != group.owner) {
            let user = self.names.user(&member.text).ok_or(Refused::NoSuchExtension)?;
            self.ask(&group.owner.text, &json!({"set": {"topic": topic, "sub": {"user": user_name(user)}}}))?;
            self.ask(&member.text, &json!({"sub": {"topic": topic}}))?;
        }
        Ok(())
    }

    /// Somebody comes in, unless he is there. `None` when nobody has this number.
    fn enter(&mut self, number: &str) -> Option<&mut Person> {
        if !self.people.contains_key(number) {
            let staff = self.staff.iter().find(|staff| staff.number == number)?;
            let person = Person::enter(self.hosted.enter(staff.arrival(), MAILBOX));
            self.people.insert(number.to_owned(), person);
        }
        self.people.get_mut(number)
    }

    pub(super) fn has(&self, number: &str) -> bool {
        self.people.contains_key(number)
    }

    pub(super) fn leave(&mut self, number: &str) {
        self.people.remove(number);
    }

    /// Comes in, and to the groups.
    pub(super) fn come(&mut self, number: &str, groups: &[Group]) {
        if self.people.contains_key(number) {
            return;
        }
        let is_in = |group: &&Group| group.owner.text == number || group.members.iter().any(|of| of.text == number);
        let topics: Vec<String> = groups
            .iter()
            .filter(is_in)
            .filter_map(|group| self.names.group(&group.id.text).map(str::to_owned))
            .collect();
        let Some(person) = self.enter(number) else { return };
        for topic in topics {
            person.tell(&json!({"sub": {"topic": topic}}));
        }
    }

    /// What an owner says of himself stands on his card. Who is not there says nothing.
    pub(super) fn remark(&mut self, number: &str, note: &str) {
        let note = if note.is_empty() { tieline_portsip_im::CLEAR } else { note };
        if let Some(person) = self.people.get_mut(number) {
            person.tell(&json!({"set": {"topic": "me", "desc": {"public": {"note": note}}}}));
        }
    }

    fn ask(&mut self, number: &str, request: &Value) -> Result<Vec<Answer>, Refused> {
        let engine = self.hosted.engine().clone();
        self.enter(number).ok_or(Refused::NoSuchExtension)?.ask(&engine, request)
    }

    /// Does what a step says, and waits until it is done.
    pub(super) fn perform(&mut self, act: &ImAct, groups: &[Group]) -> Result<(), Refused> {
        match act {
            ImAct::Login { who } => {
                self.names.user(&who.text).ok_or(Refused::NoSuchExtension)?;
                self.come(&who.text, groups);
            }
            ImAct::Logout { who } => self.leave(&who.text),
            ImAct::Message { from, to, text } if self.names.user(&from.text).is_some() => {
                let topic = self.attach(&from.text, &to.text)?;
                let id = self.ids.next_uuid().to_string();
                self.ask(&from.text, &json!({"pub": {"id": id, "topic": topic, "content": text}}))?;
            }
            ImAct::Message { from, .. } if !is_outside(&from.text) => return Err(Refused::NoSuchExtension),
            ImAct::Message { from, to, text } => {
                let raw = |json: Value| Raw::from_json(Text::from(json.to_string())).ok();
                let channel = self.channel(&to.text).ok_or(Refused::NoSuchExtension)?;
                let head = raw(json!({"from": from.text}));
                self.hosted.engine().receive(Text::from(channel), head, raw(text.as_str().into()));
            }
            ImAct::Receipt { by, of, what } => {
                let topic = self.attach(&by.text, &of.text)?;
                let asked = self.ask(&by.text, &json!({"get": {"topic": topic, "what": "desc"}}))?;
                let desc = asked.iter().filter_map(Answer::as_meta).find_map(|meta| meta.desc.as_ref());
                let last = desc.and_then(|desc| desc.seq).unwrap_or_default();
                let word = if *what == Receipt::Read { "read" } else { "recv" };
                self.note(&by.text, &json!({"note": {"topic": topic, "what": word, "seq": last}}));
            }
            ImAct::Typing { by, to } => {
                let topic = self.attach(&by.text, &to.text)?;
                self.note(&by.text, &json!({"note": {"topic": topic, "what": "kp"}}));
            }
        }
        let _due = self.hosted.engine().settle();
        Ok(())
    }

    /// Says once more what somebody said, as a client in the topic sees it.
    pub(super) fn repeat(&mut self, number: &str, topic: &str, content: &Value, times: u32) {
        let Some(person) = self.enter(number) else { return };
        person.tell(&json!({"sub": {"topic": topic}}));
        for _ in 0..times {
            person.tell(&json!({"pub": {"topic": topic, "content": content}}));
        }
    }

    fn note(&mut self, number: &str, note: &Value) {
        if let Some(person) = self.enter(number) {
            person.note(note);
        }
    }

    /// Attaches somebody to another or to a group; the topic.
    fn attach(&mut self, number: &str, to: &str) -> Result<String, Refused> {
        let topic = self.names.topic(to).ok_or(Refused::NoSuchGroup)?;
        self.ask(number, &json!({"sub": {"topic": topic}}))?;
        Ok(topic)
    }

    /// The id behind `emc` of the channel of an extension or queue.
    fn channel(&self, number: &str) -> Option<String> {
        let user = self.names.user(number).map(|user| user.to_string());
        user.or_else(|| self.staff.iter().find_map(|staff| staff.queues.get(number).cloned()))
    }
}

impl Staff {
    /// Who logs in.
    pub(super) fn arrival(&self) -> Arrival {
        let mut arrival = Arrival::new(self.user);
        arrival.public = Raw::from_json(Text::from(json!({"fn": self.name}).to_string())).ok();
        arrival.channels = self.queues.values().map(|id| Text::from(id.as_str())).collect();
        arrival
    }
}
