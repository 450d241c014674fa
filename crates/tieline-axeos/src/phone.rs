//! Phones.

use tieline_core::wire_struct;

use crate::Scalar;

wire_struct! {
    /// A phone of the PBX: `GET phones?status=1`.
    pub struct Phone<S> {
        /// What other objects and events call the phone by.
        pub uuid: S,
        /// The name it registers with.
        pub phone_username: S,
        /// The name for people; may be empty.
        pub name: S,
        /// Its state, in words for people; no document lists them.
        pub status: S,
        /// Its state as a code; no document tells type or values.
        pub status_code: Scalar<S>,
    }
}
