//! The two scales of states. The same digit means different things on each.

use alloc::string::String;
use core::fmt;
use core::ops::{BitOr, BitOrAssign};

use tieline_core::json::{Decode, DecodeError, Encode, Scanner, Shape, Width};

/// The state of a subscriber or a device: `statusValue` of `subscriber`, `status` of `extstatus`.
///
/// The document lists seven values. Up to 16 they are the extension states of Asterisk, which combines them (in use and
/// ringing: 9) and has two negative ones; 32 is CloudPBX's own. So this is a set of bits over a signed number, and every
/// number is kept. Not to be mixed up with [`DeviceState`], where 1 means not in use.
///
/// ```
/// use tieline_cloudpbx::stream::State;
///
/// let state = State::IN_USE | State::RINGING;
/// assert!(state.contains(State::RINGING));
/// assert_eq!((state.value(), state.to_string().as_str()), (9, "in use|ringing"));
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct State(i64);

impl State {
    /// Idle: no bit at all.
    pub const IDLE: Self = Self(0);
    /// In a call.
    pub const IN_USE: Self = Self(1);
    /// Busy.
    pub const BUSY: Self = Self(2);
    /// Unavailable, for example not registered.
    pub const UNAVAILABLE: Self = Self(4);
    /// Ringing.
    pub const RINGING: Self = Self(8);
    /// A call is on hold.
    pub const ON_HOLD: Self = Self(16);
    /// Being connected.
    pub const CONNECTING: Self = Self(32);
    /// Deactivated. Asterisk's; no document of CloudPBX names it.
    pub const DEACTIVATED: Self = Self(-1);
    /// Removed. Asterisk's; no document of CloudPBX names it.
    pub const REMOVED: Self = Self(-2);

    /// The documented values with their names, which combine by `|`.
    pub const NAMED: &'static [(Self, &'static str)] = &[
        (Self::IDLE, "idle"),
        (Self::IN_USE, "in use"),
        (Self::BUSY, "busy"),
        (Self::UNAVAILABLE, "unavailable"),
        (Self::RINGING, "ringing"),
        (Self::ON_HOLD, "on hold"),
        (Self::CONNECTING, "connecting"),
    ];

    /// The state of a number.
    #[must_use]
    pub const fn new(value: i64) -> Self {
        Self(value)
    }

    /// The number of the wire.
    #[must_use]
    pub const fn value(self) -> i64 {
        self.0
    }

    /// Whether all of `other` is in the set. A negative state is no set: it contains itself only. [`IDLE`](Self::IDLE) is
    /// contained in itself only, too.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 == other.0 || (self.0 > 0 && other.0 > 0 && self.0 & other.0 == other.0)
    }

    /// The bits that no document names; 0 for a negative state.
    #[must_use]
    pub const fn unknown_bits(self) -> i64 {
        if self.0 < 0 { 0 } else { self.0 & !0b11_1111 }
    }

    /// The names of what is in the set: one for a plain state, several for a combined one, none for a number that no
    /// document names.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let named = Self::NAMED.iter().filter(move |(state, _)| self.contains(*state)).map(|(_, name)| *name);
        let negative = match self {
            Self::DEACTIVATED => Some("deactivated"),
            Self::REMOVED => Some("removed"),
            _ => None,
        };
        named.chain(negative)
    }
}

impl BitOr for State {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for State {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

/// The names with `|` between them, and what has no name as its number.
impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut first = true;
        for name in self.names() {
            f.write_str(if first { "" } else { "|" })?;
            f.write_str(name)?;
            first = false;
        }
        match self.unknown_bits() {
            0 if first => write!(f, "{}", self.0),
            0 => Ok(()),
            bits => write!(f, "{}{bits:#x}", if first { "" } else { "|" }),
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({}, {self})", self.0)
    }
}

impl<'a, C: ?Sized> Decode<'a, C> for State {
    const SHAPE: Shape = Shape::Integer(Width::I64);

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        i64::decode(scanner, context).map(Self)
    }
}

impl Encode for State {
    fn encode(&self, out: &mut String) {
        self.0.encode(out);
    }
}

impl serde::Serialize for State {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_i64(self.0)
    }
}

macro_rules! device_states {
    ($( $(#[$meta:meta])* $variant:ident = $code:literal $name:literal, )*) => {
        /// The state of an agent in a queue: `m_status` of `qmember`. Asterisk's device states, one at a time; not to be
        /// mixed up with [`State`], where 1 means in use. The wire writes the number as a string.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum DeviceState {
            $( $(#[$meta])* $variant, )*
            /// A number that no document names.
            Other(i64),
        }

        impl DeviceState {
            /// The documented states, in the order of their numbers, from 0.
            pub const KNOWN: &'static [Self] = &[$( Self::$variant ),*];

            /// The state of a number.
            #[must_use]
            pub const fn new(value: i64) -> Self {
                match value {
                    $( $code => Self::$variant, )*
                    other => Self::Other(other),
                }
            }

            /// The number of the wire.
            #[must_use]
            pub const fn value(self) -> i64 {
                match self {
                    $( Self::$variant => $code, )*
                    Self::Other(other) => other,
                }
            }

            /// The name, for people and logs; `None` for a number that no document names.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some($name), )*
                    Self::Other(_) => None,
                }
            }
        }
    };
}

device_states! {
    /// Nobody knows.
    Unknown = 0 "unknown",
    /// Free.
    NotInUse = 1 "not in use",
    /// In a call.
    InUse = 2 "in use",
    /// Busy.
    Busy = 3 "busy",
    /// Not valid: the device is not known to the PBX.
    Invalid = 4 "invalid",
    /// Unavailable, for example not registered.
    Unavailable = 5 "unavailable",
    /// Ringing.
    Ringing = 6 "ringing",
    /// Ringing while in a call.
    RingInUse = 7 "ringing in use",
    /// A call is on hold.
    OnHold = 8 "on hold",
}

impl fmt::Display for DeviceState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.value()),
        }
    }
}

impl<'a, C: ?Sized> Decode<'a, C> for DeviceState {
    const SHAPE: Shape = Shape::Quoted(&Shape::Integer(Width::I64));

    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        i64::decode(scanner, context).map(Self::new)
    }
}

impl Encode for DeviceState {
    fn encode(&self, out: &mut String) {
        super::quoted::Quoted(self.value()).encode(out);
    }
}

impl serde::Serialize for DeviceState {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.collect_str(&self.value())
    }
}
