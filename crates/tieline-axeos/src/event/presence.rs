//! Events of users and phones.

use super::payload::payload;
use crate::Scalar;

payload! {
    /// `phone status update`: the state of a phone changed.
    pub struct PhoneStatus<S> {
        /// The phone; it need not be in the list.
        pub phone_uuid: S,
        /// Its state, in words for people.
        pub status: S,
        /// Its state as a code.
        pub status_code: Scalar<S>,
    }

    /// `user logged in`: a user is on another phone now.
    pub struct LoggedIn<S> {
        /// The user.
        pub user_uuid: S,
        /// The phone.
        pub phone_uuid: S,
    }

    /// `user logged out`: a user is back on the own phone.
    pub struct LoggedOut<S> {
        /// The user.
        pub user_uuid: S,
    }
}
