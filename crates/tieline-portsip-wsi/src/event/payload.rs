//! What all payloads share: decoding that watches the tag, and the facts that routing needs.

use tieline_core::json::{Decode, DecodeError, Scanner};
use tieline_core::{Str, Timestamp};

use super::{CallTarget, ExtensionState, QueueAgent};

/// The typed parse of an event's object.
pub(super) trait Payload<'a, C: ?Sized> {
    /// Decodes the object at the cursor, in place: an event is too large to be moved about. `tag` becomes the `event_type`
    /// that stood at its top level, the last of several, `None` without one.
    fn fill(&mut self, scanner: &mut Scanner<'a>, context: &C, tag: &mut Option<Str<'a>>) -> Result<(), DecodeError>;
}

/// What an event says about whom and when, borrowed from whichever fields its payload has.
pub(super) struct Facts<'e, S> {
    pub(super) time: Option<&'e Timestamp<S>>,
    pub(super) tenant_id: Option<&'e S>,
    pub(super) session_id: Option<&'e S>,
    pub(super) call_id: Option<&'e S>,
    pub(super) queue_id: Option<&'e S>,
    pub(super) queue_number: Option<&'e S>,
    /// SIP addresses or numbers: the extension, its peer, the caller, the callee, the target.
    pub(super) parties: [Option<&'e S>; 5],
    pub(super) states: &'e [ExtensionState<S>],
    pub(super) targets: &'e [CallTarget<S>],
    pub(super) agents: &'e [QueueAgent<S>],
    pub(super) removed_agents: &'e [QueueAgent<S>],
}

impl<S> Default for Facts<'_, S> {
    fn default() -> Self {
        Self {
            time: None,
            tenant_id: None,
            session_id: None,
            call_id: None,
            queue_id: None,
            queue_number: None,
            parties: [None; 5],
            states: &[],
            targets: &[],
            agents: &[],
            removed_agents: &[],
        }
    }
}

/// A payload that can be asked for its facts.
pub(super) trait AsFacts<S> {
    fn facts(&self) -> Facts<'_, S>;
}

impl<S, T: AsFacts<S>> AsFacts<S> for alloc::boxed::Box<T> {
    fn facts(&self) -> Facts<'_, S> {
        T::facts(self)
    }
}

impl<'a, C: ?Sized, T: Payload<'a, C>> Payload<'a, C> for alloc::boxed::Box<T> {
    fn fill(&mut self, scanner: &mut Scanner<'a>, context: &C, tag: &mut Option<Str<'a>>) -> Result<(), DecodeError> {
        T::fill(self, scanner, context, tag)
    }
}

/// The value of an `event_type`.
pub(super) fn tag<'a>(scanner: &mut Scanner<'a>) -> Result<Option<Str<'a>>, DecodeError> {
    Decode::decode(scanner, &()).map_err(|error: DecodeError| error.in_field("event_type"))
}

/// Declares payloads: a [`wire_struct!`](tieline_core::wire_struct), its [`Payload`] and its [`Facts`], which are found
/// by the names of the fields.
macro_rules! payload {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident<S> {
            $( $(#[$field_meta:meta])* pub $field:ident : $ty:ty $(= $key:literal $(| $alias:literal)*)? ),* $(,)?
        }
    )*) => {
        tieline_core::wire_struct! {$(
            $(#[$meta])*
            pub struct $name<S> {
                $( $(#[$field_meta])* pub $field: $ty $(= $key $(| $alias)*)? ),*
            }
        )*}

        $(
            impl<'a, C: ?Sized, S> $crate::event::payload::Payload<'a, C> for $name<S>
            where
                $( $ty: tieline_core::json::Decode<'a, C>, )*
            {
                fn fill(
                    &mut self,
                    scanner: &mut tieline_core::json::Scanner<'a>,
                    context: &C,
                    tag: &mut Option<tieline_core::Str<'a>>,
                ) -> Result<(), tieline_core::json::DecodeError> {
                    let mut members = scanner.object()?;
                    let mut more = scanner.member(&mut members)?;
                    while more {
                        // As in `wire_struct!`; the tag stands first, or where the alphabet puts it.
                        if scanner.take_key("\"event_type\":") {
                            *tag = $crate::event::payload::tag(scanner)?;
                            more = scanner.member(&mut members)?;
                        }
                        $(
                            if more
                                && scanner.take_key(concat!("\"", tieline_core::__wire_key!($field $($key)?), "\":"))
                            {
                                tieline_core::__wire_value!(self.$field, scanner, context).map_err(
                                    |error: tieline_core::json::DecodeError|
                                        error.in_field(tieline_core::__wire_key!($field $($key)?)),
                                )?;
                                more = scanner.member(&mut members)?;
                            }
                        )*
                        if more {
                            if scanner.take_key("\"event_type\":") {
                                *tag = $crate::event::payload::tag(scanner)?;
                            } else {
                                let key = scanner.name()?;
                                if key == *"event_type" {
                                    *tag = $crate::event::payload::tag(scanner)?;
                                } else {
                                    self.decode_field(&key, scanner, context)?;
                                }
                            }
                            more = scanner.member(&mut members)?;
                        }
                    }
                    Ok(())
                }
            }

            impl<S> $crate::event::payload::AsFacts<S> for $name<S> {
                fn facts(&self) -> $crate::event::payload::Facts<'_, S> {
                    let mut facts = $crate::event::payload::Facts::default();
                    $( $crate::event::payload::fact!(facts, self, $field); )*
                    facts
                }
            }
        )*
    };
}

/// Notes one field as a fact if its name is one.
macro_rules! fact {
    ($facts:ident, $of:expr, time) => {
        $facts.time = $of.time.as_ref();
    };
    ($facts:ident, $of:expr, timestamp) => {
        $facts.time = $of.timestamp.as_ref();
    };
    ($facts:ident, $of:expr, tenant_id) => {
        $facts.tenant_id = $of.tenant_id.as_ref();
    };
    ($facts:ident, $of:expr, session_id) => {
        $facts.session_id = $of.session_id.as_ref();
    };
    ($facts:ident, $of:expr, call_id) => {
        $facts.call_id = $of.call_id.as_ref();
    };
    ($facts:ident, $of:expr, queue_id) => {
        $facts.queue_id = $of.queue_id.as_ref();
    };
    ($facts:ident, $of:expr, queue_number) => {
        $facts.queue_number = $of.queue_number.as_ref();
    };
    ($facts:ident, $of:expr, extension) => {
        $facts.parties[0] = $of.extension.as_ref();
    };
    ($facts:ident, $of:expr, extension_number) => {
        $facts.parties[0] = $of.extension_number.as_ref();
    };
    ($facts:ident, $of:expr, aor) => {
        $facts.parties[0] = $of.aor.as_ref();
    };
    ($facts:ident, $of:expr, peer_aor) => {
        $facts.parties[1] = $of.peer_aor.as_ref();
    };
    ($facts:ident, $of:expr, peer_extension) => {
        $facts.parties[1] = $of.peer_extension.as_ref();
    };
    ($facts:ident, $of:expr, caller) => {
        $facts.parties[2] = $of.caller.as_ref();
    };
    ($facts:ident, $of:expr, callee) => {
        $facts.parties[3] = $of.callee.as_ref();
    };
    ($facts:ident, $of:expr, call_target) => {
        $facts.parties[4] = $of.call_target.as_ref();
    };
    ($facts:ident, $of:expr, destination) => {
        $facts.parties[4] = $of.destination.as_ref();
    };
    ($facts:ident, $of:expr, status) => {
        $facts.states = $of.status.as_deref().unwrap_or_default();
    };
    ($facts:ident, $of:expr, call_targets) => {
        $facts.targets = $of.call_targets.as_deref().unwrap_or_default();
    };
    ($facts:ident, $of:expr, agents) => {
        $facts.agents = $of.agents.as_deref().unwrap_or_default();
    };
    ($facts:ident, $of:expr, updated_agents) => {
        $facts.agents = $of.updated_agents.as_deref().unwrap_or_default();
    };
    ($facts:ident, $of:expr, removed_agents) => {
        $facts.removed_agents = $of.removed_agents.as_deref().unwrap_or_default();
    };
    ($facts:ident, $of:expr, $other:ident) => {};
}

pub(super) use {fact, payload};
