//! One user with the phones.

use std::sync::Arc;

use tieline_axeos::{Generation, Target, TargetPhoneType, User, UserPhone, UserPhoneType};
use tieline_core::{Random, Seed, Text};

use super::phone::Telephone;
use crate::filled::filled;
use crate::world::{Contact, Profile};

/// Separates the uuids' random numbers from those of other parts of the simulator.
const PURPOSE: u64 = 0xAE05;

/// Makes uuids of the world's own identifiers.
#[derive(Debug)]
pub(super) struct Uuids(Seed);

impl Uuids {
    pub(super) const fn new(seed: Seed) -> Self {
        Self(seed)
    }

    /// The uuid of an identifier: always the same one.
    pub(super) fn of(&self, id: &str) -> String {
        let id: u64 = id.parse().unwrap_or_default();
        Random::new(self.0, PURPOSE ^ id).next_uuid().as_hyphenated().to_string()
    }
}

/// An extension as a user of Axeos.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) uuid: String,
    pub(super) profile: Arc<Profile>,
    /// The own phone first.
    pub(super) phones: Vec<Telephone>,
}

impl Person {
    pub(super) fn new(profile: &Arc<Profile>, uuids: &Uuids) -> Self {
        let devices = profile.devices.iter().enumerate();
        let phones = devices.map(|(place, device)| Telephone::new(&profile.number, place, device)).collect();
        Self { uuid: uuids.of(&profile.id), profile: Arc::clone(profile), phones }
    }

    /// These are the devices registered now.
    pub(super) fn register(&mut self, contacts: &[Contact]) {
        for phone in &mut self.phones {
            phone.registered = contacts.iter().any(|contact| phone.is(&contact.device));
        }
    }

    /// The phone, not the own one, that the user is logged in on.
    pub(super) fn hot_desk(&self) -> Option<&Telephone> {
        self.phones.iter().skip(1).rev().find(|phone| phone.registered)
    }

    /// The phones whose state is another one than when this was asked last.
    pub(super) fn changed_phones(&mut self) -> Vec<&Telephone> {
        self.phones.iter_mut().filter_map(|phone| phone.is_news().then_some(&*phone)).collect()
    }

    /// The user as a PBX of a generation lists them. That 4.x has `primary_phone` is ASSUMED, since the vendor's client
    /// reads it.
    pub(super) fn user(&self, generation: Generation) -> User<Text> {
        let uuid = |phone: &Telephone| Text::from(phone.uuid.as_str());
        let own = self.phones.first().map(uuid);
        let hot_desk = self.hot_desk().map(uuid);
        let in_use = hot_desk.clone().or_else(|| own.clone());
        let mut user = filled!(User {
            uuid: Text::from(self.uuid.as_str()),
            username: Text::from(self.profile.username.as_str()),
            full_name: Some(Text::from(self.profile.display_name.as_str())),
            phone: in_use.clone(),
            primary_phone: own.clone(),
        });
        match generation {
            Generation::V3 => user.current_phone = Some(in_use),
            Generation::V4 => {
                let own = own.map(|own| filled!(UserPhone { kind: UserPhoneType::Phone, phone: own }));
                let other = (self.phones.len() > 1).then(|| filled!(UserPhone { kind: UserPhoneType::HotDesk }));
                user.phones = Some(own.into_iter().chain(other).collect());
                user.hot_desk = Some(hot_desk);
            }
        }
        user
    }

    /// A phone of the user as the target of a call.
    fn target(&self, place: usize, phone: &Telephone) -> Target<String> {
        let kind = if place == 0 { TargetPhoneType::Phone } else { TargetPhoneType::HotDesk };
        filled!(Target { user_uuid: self.uuid.clone(), phone_uuid: phone.uuid.clone(), user_phone_type: kind })
    }

    /// The phones that ring when the user is called.
    pub(super) fn targets(&self) -> Vec<Target<String>> {
        let there = self.phones.iter().enumerate().filter(|(_, phone)| phone.registered);
        there.map(|(place, phone)| self.target(place, phone)).collect()
    }

    /// One phone of the user as the target of a call.
    pub(super) fn target_at(&self, uuid: &str) -> Option<Target<String>> {
        let (place, phone) = self.phones.iter().enumerate().find(|(_, phone)| phone.uuid == uuid)?;
        Some(self.target(place, phone))
    }
}
