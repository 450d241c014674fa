//! Users, as PBX 3.x and 4.x send them.

use tieline_core::{open_enum, wire_struct};

open_enum! {
    /// By what a user can be reached: `type` of an entry of [`User::phones`].
    pub enum UserPhoneType {
        /// A phone of the PBX; `phone` tells which.
        Phone = "phone",
        /// Whatever phone the user is logged in on.
        HotDesk = "hot-desk",
        /// An outside number, `number`.
        Number = "number",
        /// An outside number over a certain trunk: `number` and `trunk`.
        TrunkNumber = "trunk number",
    }
}

wire_struct! {
    /// A user of the PBX: `GET users?status=1`.
    ///
    /// PBX 3.x and 4.x send different keys, and which keys are there is what tells them apart, not their values: so a
    /// key that may be `null` is `None` when it is absent and `Some(None)` when it is `null`.
    pub struct User<S> {
        /// What other objects and events call the user by.
        pub uuid: S,
        /// The login name.
        pub username: S,
        /// The name for people; may be empty.
        pub full_name: Option<S>; null,
        /// The uuid of the phone in use; `null` or empty without one. It need not be in the list of phones.
        pub phone: Option<S>; null,
        /// The uuid of the user's own phone, which is in use again after a log-out. 3.x; the reference client expects it
        /// from 4.x, too.
        pub primary_phone: Option<S>; null,
        /// 3.x: the uuid of the phone the user is logged in on; the own phone counts as none.
        pub current_phone: Option<S>; null,
        /// 4.x: by what the user can be reached.
        pub phones: alloc::vec::Vec<UserPhone<S>>,
        /// 4.x: the uuid of the phone the user is logged in on; `null` when on none.
        pub hot_desk: Option<S>; null,
    }

    /// By what a user can be reached; 4.x.
    pub struct UserPhone<S> {
        /// What it is.
        pub kind: UserPhoneType<S> = "type",
        /// The uuid of a phone.
        pub phone: S,
        /// An outside number.
        pub number: S,
        /// The uuid of the trunk to the number.
        pub trunk: S,
    }
}

/// Which PBX sent a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Generation {
    /// 3.x: a primary and a current phone.
    V3,
    /// 4.x: a list of phones, and a hot desk.
    V4,
}

/// What stands in a key that may be absent, `null` or empty; the last three are the same to who looks for a uuid.
fn there<S: AsRef<str>>(value: Option<&Option<S>>) -> Option<&S> {
    value.and_then(Option::as_ref).filter(|value| !value.as_ref().is_empty())
}

impl<S: AsRef<str>> User<S> {
    /// Which PBX sent the user: 4.x when there is the key `phones`.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        if self.phones.is_some() { Generation::V4 } else { Generation::V3 }
    }

    /// The uuid of the phone in use; `None` without one.
    #[must_use]
    pub fn phone_in_use(&self) -> Option<&S> {
        there(self.phone.as_ref())
    }

    /// The uuid of the user's own phone: `primary_phone`, and where that key is absent (perhaps from 4.x) the first
    /// entry of `phones` that is a phone.
    #[must_use]
    pub fn own_phone(&self) -> Option<&S> {
        match &self.primary_phone {
            Some(_) => there(self.primary_phone.as_ref()),
            None => {
                let mut phones = self.phones.iter().flatten();
                phones
                    .find(|entry| matches!(entry.kind, Some(UserPhoneType::Phone)))
                    .and_then(|entry| entry.phone.as_ref())
            }
        }
    }

    /// The uuid of the phone, not the own one, that the user is logged in on: `hot_desk` where that key is, else
    /// `current_phone` unless it is the primary one.
    #[must_use]
    pub fn logged_in_on(&self) -> Option<&S> {
        if self.hot_desk.is_some() {
            return there(self.hot_desk.as_ref());
        }
        let own = there(self.primary_phone.as_ref()).map(AsRef::as_ref);
        there(self.current_phone.as_ref()).filter(|phone| Some(phone.as_ref()) != own)
    }

    /// The full name when there is one, else the login name; empty without either.
    #[must_use]
    pub fn display_name(&self) -> &str {
        let login = self.username.as_ref().map_or("", AsRef::as_ref);
        there(self.full_name.as_ref()).map_or(login, AsRef::as_ref)
    }
}
