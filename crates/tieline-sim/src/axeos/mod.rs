//! The world in the words of Axeos: users, phones, and the events of both and of calls.
//!
//! The extensions of the first tenant are its users, their devices its phones. What no document says is said here where it
//! is decided, as ASSUMED:
//! - a user's first device is the own phone; one on another device is logged in there, while that is registered;
//! - a call is told when it begins, when somebody answers (a queue is nobody), when it is sent on, and when it is over;
//! - what is sent on is an `internal dial`, and a `forward` of the user who did not answer;
//! - `unique_id` is the session id that PortSIP tells, the tag is the name of a queue;
//! - states of phones, their codes and the reasons of ends are the words of `phone.rs` and `call.rs`.

mod api;
mod call;
mod person;
mod phone;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use tieline_axeos::{Event, Generation, LoggedIn, LoggedOut, Phone, PhoneStatus, Scalar, User};
use tieline_core::{Seed, Text};

use crate::filled::filled;
use crate::world::{Administration, Clock, Contact, Happening, Occurrence, TenantKey, World};
use call::Ongoing;
use person::{Person, Uuids};

/// An event with its time.
pub(crate) type Timed = (Option<Scalar<String>>, Event<String>);

/// What Axeos knows of the world: the first tenant's.
#[derive(Debug)]
pub(crate) struct Axeos {
    tenant: TenantKey,
    generation: Generation,
    uuids: Uuids,
    /// By number.
    people: BTreeMap<String, Person>,
    /// By session id.
    calls: BTreeMap<String, Ongoing>,
    /// The calls that the API began, before they are told.
    by_api: BTreeSet<String>,
}

impl Axeos {
    /// Of a world that is there already: what holds in it is no news.
    pub(crate) fn new(tenant: TenantKey, generation: Generation, world: &World, seed: Seed) -> Self {
        let uuids = Uuids::new(seed);
        let mut people = BTreeMap::new();
        for extension in world.extension_states(tenant) {
            let mut person = Person::new(&extension.profile, &uuids);
            person.register(&world.contacts(tenant, &extension.profile.number));
            let _known = person.changed_phones();
            people.insert(extension.profile.number.clone(), person);
        }
        Self { tenant, generation, uuids, people, calls: BTreeMap::new(), by_api: BTreeSet::new() }
    }

    /// The call of this session was begun by the API.
    pub(crate) fn begun_by_api(&mut self, session_id: &str) {
        self.by_api.insert(session_id.to_owned());
    }

    /// Notes what happened; the events that tell it, in order.
    pub(crate) fn note(&mut self, occurrence: &Occurrence, clock: Clock) -> Vec<Timed> {
        if occurrence.tenant.key != self.tenant {
            return Vec::new();
        }
        let mut events = match &occurrence.happening {
            Happening::Registration { extension, contacts, .. } => {
                self.note_registration(&extension.profile.number, contacts)
            }
            Happening::Extension { profile, change } => {
                match change {
                    Administration::Destroyed => {
                        self.people.remove(&profile.number);
                    }
                    _ => match self.people.get_mut(&profile.number) {
                        Some(person) => person.profile = profile.clone(),
                        None => {
                            self.people.insert(profile.number.clone(), Person::new(profile, &self.uuids));
                        }
                    },
                }
                match change {
                    Administration::Updated => vec![Event::UserListChanged],
                    _ => vec![Event::UserListChanged, Event::PhoneListChanged],
                }
            }
            Happening::Call { call, change } => self.note_call(call, change),
            Happening::Target { call, target, change } => {
                self.note_target(call, target, *change);
                Vec::new()
            }
            _ => Vec::new(),
        };
        for phone in self.people.values_mut().flat_map(Person::changed_phones) {
            events.push(Event::PhoneStatusUpdate(filled!(PhoneStatus {
                phone_uuid: phone.uuid.clone(),
                status: phone.state().word().to_owned(),
                status_code: Scalar::Integer(phone.state().code()),
            })));
        }
        let time = Timestamp::from_microsecond(clock.unix_micros(occurrence.at)).ok();
        let time = time.map(|time| format!("{time:.3}"));
        events.into_iter().map(|event| (time.clone().map(Scalar::Text), event)).collect()
    }

    fn note_registration(&mut self, number: &str, contacts: &[Contact]) -> Vec<Event<String>> {
        let Some(person) = self.people.get_mut(number) else { return Vec::new() };
        let before = person.hot_desk().map(|phone| phone.uuid.clone());
        person.register(contacts);
        let user_uuid = person.uuid.clone();
        match person.hot_desk().map(|phone| phone.uuid.clone()) {
            now if now == before => Vec::new(),
            Some(phone) => {
                vec![Event::UserLoggedIn(filled!(LoggedIn { user_uuid: user_uuid, phone_uuid: phone }))]
            }
            None => vec![Event::UserLoggedOut(filled!(LoggedOut { user_uuid: user_uuid }))],
        }
    }

    /// Which PBX the users look like.
    pub(crate) const fn generation(&self) -> Generation {
        self.generation
    }

    /// Every user, by number.
    pub(crate) fn users(&self) -> Vec<User<Text>> {
        self.people.values().map(|person| person.user(self.generation)).collect()
    }

    /// Every phone, by the number of its user.
    pub(crate) fn phones(&self) -> Vec<Phone<Text>> {
        self.people.values().flat_map(|person| person.phones.iter().map(phone::Telephone::listed)).collect()
    }

    /// The extension of a user.
    pub(crate) fn extension_of(&self, username: &str) -> Option<String> {
        let person = self.people.values().find(|person| person.profile.username == username)?;
        Some(person.profile.number.clone())
    }
}
