//! The table of Axeos samples.
//!
//! The vendor's reference client reads fields without ever showing an answer. So every sample is ours by construction: in
//! `assumed/` the names are those that the client reads (or, of the call, those of the vendor's other page), and the values
//! are ours; in `ours/` stand shapes that no document has, to see that they pass.

/// What a sample is on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AxeosKind {
    /// `users`: an array of users.
    Users,
    /// `phones`: an array of phones.
    Phones,
    /// `events`: an array of events.
    Events,
    /// The body of `call`, as JSON.
    CallRequest,
    /// The answer of `call`.
    CallReply,
}

/// One JSON sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AxeosFixture {
    /// The file below `fixtures/axeos/`, without `.json`: `assumed/03-phones`. Unique.
    pub name: &'static str,
    /// What it is.
    pub kind: AxeosKind,
    /// The sample, with its white space.
    pub text: &'static str,
}

impl AxeosFixture {
    /// Whether every name in it is one that the vendor's pages have. Otherwise it is a shape that none has.
    #[must_use]
    pub fn has_documented_names(&self) -> bool {
        self.name.starts_with("assumed/")
    }
}

macro_rules! fixture {
    ($kind:ident, $name:literal) => {
        AxeosFixture {
            name: $name,
            kind: AxeosKind::$kind,
            text: include_str!(concat!("../fixtures/axeos/", $name, ".json")),
        }
    };
}

/// Every Axeos sample; none is a vendor's own text.
pub const AXEOS: &[AxeosFixture] = &[
    fixture!(Users, "assumed/01-users-3x"),
    fixture!(Users, "assumed/02-users-4x"),
    fixture!(Phones, "assumed/03-phones"),
    fixture!(Events, "assumed/04-events-presence"),
    fixture!(Events, "assumed/05-events-calls"),
    fixture!(CallRequest, "assumed/06-call-request"),
    fixture!(CallReply, "assumed/07-call-reply-success"),
    fixture!(CallReply, "assumed/08-call-reply-busy"),
    fixture!(CallReply, "assumed/09-call-reply-no_answer"),
    fixture!(CallReply, "assumed/10-call-reply-failed"),
    fixture!(Events, "ours/11-events-unknown"),
    fixture!(Events, "ours/12-events-one-bad"),
    fixture!(Users, "ours/13-users-unknown"),
    fixture!(Events, "ours/14-events-empty"),
];
