//! The words with a fixed set of values. Each set is open: a value that is not known is kept as `Other`.

use tieline_core::open_enum;

open_enum! {
    /// How an agent belongs to a queue: `m_mbshp`.
    pub enum Membership {
        /// Logs in and out.
        Dynamic = "dynamic",
        /// Always there, by configuration.
        Static = "static",
        /// Kept in a database. Asterisk's; the document does not name it.
        Realtime = "realtime",
    }

    /// What a member of a conference did: `action` of `cmember`.
    pub enum MemberAction {
        /// Came.
        Add = "add",
        /// Left.
        Remove = "remove",
    }
}
