//! Who is where: users joined with the phones they are logged in on.

mod detail;
mod line;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use tieline_core::Text;

use crate::{Entry, Event, Listing, Phone, User};

pub use detail::Detail;
pub use line::PresenceLine;

/// Users joined with phones: filled from the two lists, kept current by the events. Needs no poller.
///
/// Events may be applied twice, and older ones after a newer list: the next event or list mends it. What an event
/// says of a user or phone that is not in the lists is dropped, and told in the [`Change`].
#[derive(Clone, Debug, Default)]
pub struct Directory {
    users: BTreeMap<Text, User<Text>>,
    phones: BTreeMap<Text, Phone<Text>>,
}

/// What an event changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The uuids of the users whose line may read otherwise now.
    pub users: Vec<Text>,
    /// Whether the list of users is to be read anew: the server said so, or an unknown user was named.
    pub reload_users: bool,
    /// Whether the list of phones is to be read anew: the server said so, or an unknown phone was named.
    pub reload_phones: bool,
}

impl Directory {
    /// An empty directory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a whole list of users in the place of the one before.
    pub fn set_users(&mut self, users: &Listing<User<Text>>) {
        let keyed = users.values().filter_map(|user| Some((user.uuid.clone()?, user.clone())));
        self.users = keyed.collect();
    }

    /// Takes a whole list of phones in the place of the one before.
    pub fn set_phones(&mut self, phones: &Listing<Phone<Text>>) {
        let keyed = phones.values().filter_map(|phone| Some((phone.uuid.clone()?, phone.clone())));
        self.phones = keyed.collect();
    }

    /// Applies an event.
    pub fn apply(&mut self, entry: &Entry<Text>) -> Change {
        let event = &entry.event;
        let mut change = Change {
            users: Vec::new(),
            reload_users: event.user_uuids().any(|uuid| !self.users.contains_key(uuid)),
            reload_phones: event.phone_uuids().any(|uuid| !self.phones.contains_key(uuid)),
        };
        match event {
            Event::UserListChanged => change.reload_users = true,
            Event::PhoneListChanged => change.reload_phones = true,
            Event::PhoneStatusUpdate(update) => {
                let Some(phone) = update.phone_uuid.as_ref().and_then(|uuid| self.phones.get_mut(uuid)) else {
                    return change;
                };
                // Detached: a state must not keep the answer alive which it came in.
                phone.status = update.status.as_ref().map(Text::detached);
                phone.status_code = update.status_code.as_ref().map(crate::Scalar::detached);
                let uuid = phone.uuid.as_ref();
                let on_it = self.users.iter().filter(|(_, user)| user.phone_in_use() == uuid);
                change.users = on_it.map(|(user, _)| user.clone()).collect();
            }
            Event::UserLoggedIn(login) => {
                let phone = login.phone_uuid.as_ref().map(Text::detached);
                if let Some(user) = login.user_uuid.as_ref().and_then(|uuid| self.users.get_mut(uuid)) {
                    log_in(user, phone);
                    change.users.extend(user.uuid.clone());
                }
            }
            Event::UserLoggedOut(logout) => {
                if let Some(user) = logout.user_uuid.as_ref().and_then(|uuid| self.users.get_mut(uuid)) {
                    log_out(user);
                    change.users.extend(user.uuid.clone());
                }
            }
            _ => {}
        }
        change
    }

    /// A user by uuid.
    #[must_use]
    pub fn user(&self, uuid: &str) -> Option<&User<Text>> {
        self.users.get(uuid)
    }

    /// A phone by uuid.
    #[must_use]
    pub fn phone(&self, uuid: &str) -> Option<&Phone<Text>> {
        self.phones.get(uuid)
    }

    /// Every user, by login name.
    pub fn users(&self) -> impl Iterator<Item = &User<Text>> {
        let mut users: Vec<_> = self.users.values().collect();
        users.sort_by(|a, b| a.username.cmp(&b.username));
        users.into_iter()
    }

    /// Every phone, by uuid.
    pub fn phones(&self) -> impl Iterator<Item = &Phone<Text>> {
        self.phones.values()
    }

    /// The line of a user; `None` for an unknown one.
    #[must_use]
    pub fn line(&self, uuid: &str) -> Option<PresenceLine<'_>> {
        self.users.get(uuid).map(|user| self.line_of(user))
    }

    /// The line of every user, by login name.
    pub fn lines(&self) -> impl Iterator<Item = PresenceLine<'_>> {
        self.users().map(|user| self.line_of(user))
    }

    /// All that is known of a user; `None` for an unknown one.
    #[must_use]
    pub fn detail(&self, uuid: &str) -> Option<Detail<'_>> {
        self.users.get(uuid).map(|user| Detail { user, directory: self })
    }

    /// All that is known of every user, by login name.
    pub fn details(&self) -> impl Iterator<Item = Detail<'_>> {
        self.users().map(|user| Detail { user, directory: self })
    }

    fn line_of<'d>(&'d self, user: &'d User<Text>) -> PresenceLine<'d> {
        PresenceLine { user, phone: user.phone_in_use().and_then(|uuid| self.phones.get(uuid)) }
    }
}

/// `phone` is what the reference client sets. The hot desk follows, where the PBX has that key: inferred, so that line
/// and detail agree until the next list.
fn log_in(user: &mut User<Text>, phone: Option<Text>) {
    if user.hot_desk.is_some() {
        user.hot_desk = Some(phone.clone());
    }
    if user.current_phone.is_some() {
        user.current_phone = Some(phone.clone());
    }
    user.phone = Some(phone);
}

fn log_out(user: &mut User<Text>) {
    let own = user.own_phone().cloned();
    if user.hot_desk.is_some() {
        user.hot_desk = Some(None);
    }
    if user.current_phone.is_some() {
        user.current_phone = Some(own.clone());
    }
    user.phone = Some(own);
}
