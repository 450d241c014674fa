//! Events: one payload type per shape, one enum over them, and the number that each carries.

mod call;
mod decode;
mod payload;
mod presence;
mod table;

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use tieline_core::json::{Encode, ObjectWriter, Raw};

use crate::Scalar;

pub use call::{Call, Caller, Target, TargetPhoneType};
pub use presence::{LoggedIn, LoggedOut, PhoneStatus};
pub use table::{EVENT_TYPES, EventInfo};

/// An event with its place in the server's log.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<S> {
    /// The number of the event: it grows, whether by one each time no document says.
    pub seq: u64,
    /// When it happened; one witness has it, and no document tells its form. Nothing is ordered by it.
    pub timestamp: Option<Scalar<S>>,
    /// What happened.
    pub event: Event<S>,
}

impl<S> Entry<S> {
    /// An event with its number.
    pub const fn new(seq: u64, event: Event<S>) -> Self {
        Self { seq, timestamp: None, event }
    }
}

/// An event of the PBX. An event type that this crate does not know is [`Event::Unknown`], wholly kept.
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
#[non_exhaustive]
pub enum Event<S> {
    /// Users were added, changed or removed: their list is to be read anew.
    UserListChanged,
    /// Phones were added, changed or removed: their list is to be read anew.
    PhoneListChanged,
    /// The state of a phone changed.
    PhoneStatusUpdate(PhoneStatus<S>),
    /// A user logged in on a phone.
    UserLoggedIn(LoggedIn<S>),
    /// A user logged out, and is back on the own phone.
    UserLoggedOut(LoggedOut<S>),
    /// A call came in.
    IncomingCall(Box<Call<S>>),
    /// A call was started by the API.
    ApiCall(Box<Call<S>>),
    /// A phone of the PBX dialled.
    InternalDial(Box<Call<S>>),
    /// A call was answered.
    CallAnswered(Box<Call<S>>),
    /// A call is over; [`Call::reason`] tells why.
    CallFinished(Box<Call<S>>),
    /// An event type that this crate does not know.
    Unknown(Unknown<S>),
}

/// An event of a type that this crate does not know.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown<S> {
    /// The word of the wire.
    pub event_type: S,
    /// The whole event, as it was written.
    pub body: Raw<S>,
}

impl<S> Event<S> {
    /// The call that it is about; `None` for events of users and phones, and unknown ones.
    #[must_use]
    pub fn call(&self) -> Option<&Call<S>> {
        match self {
            Self::IncomingCall(call)
            | Self::ApiCall(call)
            | Self::InternalDial(call)
            | Self::CallAnswered(call)
            | Self::CallFinished(call) => Some(call),
            _ => None,
        }
    }

    /// The uuids of the users it names.
    pub fn user_uuids(&self) -> impl Iterator<Item = &S> {
        let own = match self {
            Self::UserLoggedIn(login) => login.user_uuid.as_ref(),
            Self::UserLoggedOut(logout) => logout.user_uuid.as_ref(),
            _ => None,
        };
        let call = self.call();
        let caller = call.and_then(|call| call.caller.as_ref()?.user_uuid.as_ref());
        let targets = call.into_iter().flat_map(Call::targets).filter_map(|target| target.user_uuid.as_ref());
        own.into_iter().chain(caller).chain(targets)
    }

    /// The uuids of the phones it names.
    pub fn phone_uuids(&self) -> impl Iterator<Item = &S> {
        let own = match self {
            Self::PhoneStatusUpdate(status) => status.phone_uuid.as_ref(),
            Self::UserLoggedIn(login) => login.phone_uuid.as_ref(),
            _ => None,
        };
        let call = self.call();
        let caller = call.and_then(|call| call.caller.as_ref()?.phone_uuid.as_ref());
        let targets = call.into_iter().flat_map(Call::targets).filter_map(|target| target.phone_uuid.as_ref());
        own.into_iter().chain(caller).chain(targets)
    }
}

impl<S: AsRef<str>> Event<S> {
    /// The word of the wire.
    #[must_use]
    pub fn event_type(&self) -> &str {
        match self {
            Self::UserListChanged => table::USER_LIST_CHANGED,
            Self::PhoneListChanged => table::PHONE_LIST_CHANGED,
            Self::PhoneStatusUpdate(_) => table::PHONE_STATUS_UPDATE,
            Self::UserLoggedIn(_) => table::USER_LOGGED_IN,
            Self::UserLoggedOut(_) => table::USER_LOGGED_OUT,
            Self::IncomingCall(_) => table::INCOMING_CALL,
            Self::ApiCall(_) => table::API_CALL,
            Self::InternalDial(_) => table::INTERNAL_DIAL,
            Self::CallAnswered(_) => table::CALL_ANSWERED,
            Self::CallFinished(_) => table::CALL_FINISHED,
            Self::Unknown(unknown) => unknown.event_type.as_ref(),
        }
    }
}

impl<S: AsRef<str> + Encode> Encode for Entry<S> {
    /// Number, type, time, and what belongs to the type. Of an unknown event what it was decoded from, number and all.
    fn encode(&self, out: &mut String) {
        if let Event::Unknown(unknown) = &self.event {
            return unknown.body.encode(out);
        }
        let mut object = ObjectWriter::new(out);
        object.member("seq", &self.seq);
        object.member("event_type", self.event.event_type());
        object.member("timestamp", &self.timestamp);
        match &self.event {
            Event::PhoneStatusUpdate(payload) => payload.encode_members(&mut object),
            Event::UserLoggedIn(payload) => payload.encode_members(&mut object),
            Event::UserLoggedOut(payload) => payload.encode_members(&mut object),
            event => event.call().into_iter().for_each(|call| call.encode_members(&mut object)),
        }
        object.end();
    }
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Entry<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("seq", &self.seq)
            .field("timestamp", &self.timestamp)
            .field("event", &self.event)
            .finish()
    }
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Event<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UserListChanged => f.write_str("UserListChanged"),
            Self::PhoneListChanged => f.write_str("PhoneListChanged"),
            Self::PhoneStatusUpdate(payload) => f.debug_tuple("PhoneStatusUpdate").field(payload).finish(),
            Self::UserLoggedIn(payload) => f.debug_tuple("UserLoggedIn").field(payload).finish(),
            Self::UserLoggedOut(payload) => f.debug_tuple("UserLoggedOut").field(payload).finish(),
            Self::IncomingCall(call) => f.debug_tuple("IncomingCall").field(call).finish(),
            Self::ApiCall(call) => f.debug_tuple("ApiCall").field(call).finish(),
            Self::InternalDial(call) => f.debug_tuple("InternalDial").field(call).finish(),
            Self::CallAnswered(call) => f.debug_tuple("CallAnswered").field(call).finish(),
            Self::CallFinished(call) => f.debug_tuple("CallFinished").field(call).finish(),
            Self::Unknown(unknown) => unknown.fmt(f),
        }
    }
}

impl<S: AsRef<str> + fmt::Debug> fmt::Debug for Unknown<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unknown").field("event_type", &self.event_type).field("body", &self.body).finish()
    }
}

impl<S: AsRef<str> + serde::Serialize> serde::Serialize for Entry<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        /// The head of an event, with what belongs to its type.
        #[derive(serde::Serialize)]
        struct Whole<'e, S, P> {
            seq: u64,
            event_type: &'e str,
            #[serde(skip_serializing_if = "Option::is_none", bound(serialize = "S: AsRef<str>"))]
            timestamp: &'e Option<Scalar<S>>,
            #[serde(flatten)]
            payload: Option<&'e P>,
        }
        fn whole<'e, S, P>(entry: &'e Entry<S>, payload: Option<&'e P>) -> Whole<'e, S, P>
        where
            S: AsRef<str>,
        {
            let event_type = entry.event.event_type();
            Whole { seq: entry.seq, event_type, timestamp: &entry.timestamp, payload }
        }
        match &self.event {
            Event::Unknown(unknown) => unknown.body.serialize(serializer),
            Event::PhoneStatusUpdate(payload) => whole(self, Some(payload)).serialize(serializer),
            Event::UserLoggedIn(payload) => whole(self, Some(payload)).serialize(serializer),
            Event::UserLoggedOut(payload) => whole(self, Some(payload)).serialize(serializer),
            event => whole(self, event.call()).serialize(serializer),
        }
    }
}
