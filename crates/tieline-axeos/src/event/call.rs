//! Events of calls.

use alloc::vec::Vec;

use tieline_core::{open_enum, wire_struct};

use super::payload::payload;

payload! {
    /// What every event of a call has: `incoming call`, `api call`, `internal dial`, `call answered`, `call finished`.
    pub struct Call<S> {
        /// The id of the call, the same in all its events.
        pub unique_id: S,
        /// A tag that the PBX administrator gave; where there is one.
        pub event_tag: S,
        /// Who calls.
        pub caller: Caller<S>,
        /// The outside number that was called; several of the `called_` fields may be present.
        pub called_did: S,
        /// The extension that was called.
        pub called_extension: S,
        /// The number that was dialled.
        pub called_number: S,
        /// Where the call goes. Where it is present, even empty, [`target`](Self::target) does not count: see
        /// [`targets`](Self::targets()).
        pub targets: Vec<Target<S>>,
        /// Where the call goes, when it is one place.
        pub target: Target<S>,
        /// Why the call is over: `call finished` only. No document lists the values.
        pub reason: S,
    }
}

wire_struct! {
    /// Who calls. All of it may be absent.
    pub struct Caller<S> {
        /// The user who calls; need not be in the list.
        pub user_uuid: S,
        /// The phone that calls; need not be in the list.
        pub phone_uuid: S,
        /// The number in its full form; where it is present, [`number`](Self::number) is the same one as dialled.
        pub normalized_number: S,
        /// The number.
        pub number: S,
        /// The name for people.
        pub name: S,
    }

    /// Where a call goes: to a user, else to a phone, else to a number.
    pub struct Target<S> {
        /// The user.
        pub user_uuid: S,
        /// The phone; of a user, the one that is called.
        pub phone_uuid: S,
        /// The trunk to the number.
        pub trunk_uuid: S,
        /// The number.
        pub number: S,
        /// By what the user is called; means something beside `user_uuid` only.
        pub user_phone_type: TargetPhoneType<S>,
    }
}

open_enum! {
    /// By what a user is called.
    ///
    /// The words of [`UserPhoneType`](crate::UserPhoneType), and one more; a target says `phone_uuid` and `trunk_uuid`
    /// where a user's list says `phone` and `trunk`.
    pub enum TargetPhoneType {
        /// A phone of the PBX.
        Phone = "phone",
        /// The phone the user is logged in on.
        HotDesk = "hot-desk",
        /// An outside number.
        Number = "number",
        /// An outside number over a certain trunk.
        TrunkNumber = "trunk number",
        /// The number that the user forwards to.
        Forward = "forward",
    }
}

impl<S> Call<S> {
    /// Where the call goes: `targets` where that key is present, else the one `target`, if any.
    pub fn targets(&self) -> impl Iterator<Item = &Target<S>> {
        let (many, one) = match &self.targets {
            Some(targets) => (targets.as_slice(), None),
            None => (&[][..], self.target.as_ref()),
        };
        many.iter().chain(one)
    }
}

impl<S> Caller<S> {
    /// The number, in its full form where there is one.
    #[must_use]
    pub const fn best_number(&self) -> Option<&S> {
        match &self.normalized_number {
            Some(number) => Some(number),
            None => self.number.as_ref(),
        }
    }
}
