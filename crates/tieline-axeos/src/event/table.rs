//! Every event type of the reference client.

pub(super) const USER_LIST_CHANGED: &str = "user list changed";
pub(super) const PHONE_LIST_CHANGED: &str = "phone list changed";
pub(super) const PHONE_STATUS_UPDATE: &str = "phone status update";
pub(super) const USER_LOGGED_IN: &str = "user logged in";
pub(super) const USER_LOGGED_OUT: &str = "user logged out";
pub(super) const INCOMING_CALL: &str = "incoming call";
pub(super) const API_CALL: &str = "api call";
pub(super) const INTERNAL_DIAL: &str = "internal dial";
pub(super) const CALL_ANSWERED: &str = "call answered";
pub(super) const CALL_FINISHED: &str = "call finished";

/// What is known of one event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventInfo {
    /// The word of the wire; it has spaces.
    pub event_type: &'static str,
    /// The fields beside `seq`, `event_type` and `timestamp`.
    pub fields: &'static [&'static str],
    /// What it changes in a [`Directory`](crate::Directory).
    pub effect: &'static str,
}

const CALL: &[&str] =
    &["unique_id", "event_tag", "caller", "called_did", "called_extension", "called_number", "targets", "target"];
const FINISHED: &[&str] = &[
    "unique_id",
    "event_tag",
    "caller",
    "called_did",
    "called_extension",
    "called_number",
    "targets",
    "target",
    "reason",
];

const fn row(event_type: &'static str, fields: &'static [&'static str], effect: &'static str) -> EventInfo {
    EventInfo { event_type, fields, effect }
}

/// Every event type, in the order of the reference client.
pub const EVENT_TYPES: &[EventInfo] = &[
    row(USER_LIST_CHANGED, &[], "the users are read anew"),
    row(PHONE_LIST_CHANGED, &[], "the phones are read anew"),
    row(PHONE_STATUS_UPDATE, &["phone_uuid", "status", "status_code"], "the phone's state"),
    row(USER_LOGGED_IN, &["user_uuid", "phone_uuid"], "the user's phone in use"),
    row(USER_LOGGED_OUT, &["user_uuid"], "the user is back on the own phone"),
    row(INCOMING_CALL, CALL, ""),
    row(API_CALL, CALL, ""),
    row(INTERNAL_DIAL, CALL, ""),
    row(CALL_ANSWERED, CALL, ""),
    row(CALL_FINISHED, FINISHED, ""),
];
