//! Access modes: what a user may do in a topic, as a set, as letters and as a change.

use alloc::string::String;
use core::fmt;
use core::ops::{BitAnd, BitOr, Not, Sub};
use core::str::FromStr;

use tieline_core::json::{Decode, DecodeError, Encode, Scanner, write_str};

/// The rights of a user in a topic: a set of the letters `JRWPASDO`.
///
/// What a user wants and what the topic's administrators give are two modes; in force is what both have.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct AccessMode(u8);

/// The letters in the order in which they are written, each with its bit.
const LETTERS: [(char, AccessMode); 8] = [
    ('J', AccessMode::JOIN),
    ('R', AccessMode::READ),
    ('W', AccessMode::WRITE),
    ('P', AccessMode::PRESENCE),
    ('A', AccessMode::APPROVE),
    ('S', AccessMode::SHARE),
    ('D', AccessMode::DELETE),
    ('O', AccessMode::OWNER),
];

impl AccessMode {
    /// No right: written `N`.
    pub const NONE: Self = Self(0);
    /// `J`: to subscribe.
    pub const JOIN: Self = Self(0x01);
    /// `R`: to receive messages.
    pub const READ: Self = Self(0x02);
    /// `W`: to publish.
    pub const WRITE: Self = Self(0x04);
    /// `P`: to receive presence.
    pub const PRESENCE: Self = Self(0x08);
    /// `A`: to approve and remove members.
    pub const APPROVE: Self = Self(0x10);
    /// `S`: to invite others.
    pub const SHARE: Self = Self(0x20);
    /// `D`: to delete messages for everybody.
    pub const DELETE: Self = Self(0x40);
    /// `O`: to own the topic. Exactly one subscriber of a group does.
    pub const OWNER: Self = Self(0x80);

    /// `JRWPASDO`: the creator of a group.
    pub const FULL: Self = Self(0xFF);
    /// `JRWPS`: the default of a group's members.
    pub const GROUP_DEFAULT: Self = Self(0x2F);
    /// `JRWPA`: the default of a P2P topic.
    pub const P2P_DEFAULT: Self = Self(0x1F);
    /// `JRWPAS`: the most that a user's own default may give.
    pub const AUTH_CAP: Self = Self(0x3F);

    /// The set of the low eight bits: J is 1, R 2, W 4, P 8, A 16, S 32, D 64, O 128.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits)
    }

    /// The bits of the set, as [`from_bits`](Self::from_bits) takes them.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether every right of `other` is in this set.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether there is no right in it.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Whether it makes an administrator of the topic: `O` or `A`.
    #[must_use]
    pub const fn is_admin(self) -> bool {
        self.0 & (Self::OWNER.0 | Self::APPROVE.0) != 0
    }

    /// Whether it lets invite others: an administrator, or `S`.
    #[must_use]
    pub const fn is_sharer(self) -> bool {
        self.is_admin() || self.0 & Self::SHARE.0 != 0
    }

    /// Reads letters, in any order and case, repeated or not. `Ok(None)` for the empty text: leave it unchanged. `N`
    /// in front is no right, whatever follows.
    ///
    /// # Errors
    /// On any other character, and on `N` behind a letter.
    pub fn parse(text: &str) -> Result<Option<Self>, InvalidMode> {
        if text.is_empty() {
            return Ok(None);
        }
        if text.starts_with(['N', 'n']) {
            return Ok(Some(Self::NONE));
        }
        letters(text).map(Some)
    }

    /// The change from this mode to `new`, as presence writes it: what is added, then what is removed, `+W-PA`; empty
    /// when nothing changes.
    #[must_use]
    pub fn delta(self, new: Self) -> String {
        let mut out = String::new();
        for (sign, part) in [('+', new - self), ('-', self - new)] {
            if !part.is_none() {
                out.push(sign);
                part.push_letters(&mut out);
            }
        }
        out
    }

    /// This mode after a change: signed letters are added and removed in their order, letters without a sign replace it,
    /// `N` alone takes every right away, the empty text changes nothing.
    ///
    /// # Errors
    /// As [`parse`](Self::parse); also on a sign that no letter follows.
    pub fn apply(self, change: &str) -> Result<Self, InvalidMode> {
        if !change.contains(['+', '-']) {
            return Self::parse(change).map(|mode| mode.unwrap_or(self));
        }
        let mut mode = self;
        let mut rest = change;
        while let Some(sign) = rest.chars().next() {
            let add = match sign {
                '+' => true,
                '-' => false,
                _ => return Err(InvalidMode),
            };
            rest = rest.get(1..).unwrap_or_default();
            let (part, after) = rest.split_at(rest.find(['+', '-']).unwrap_or(rest.len()));
            if part.is_empty() {
                return Err(InvalidMode);
            }
            let part = letters(part)?;
            mode = if add { mode | part } else { mode - part };
            rest = after;
        }
        Ok(mode)
    }

    fn push_letters(self, out: &mut String) {
        out.extend(LETTERS.iter().filter(|(_, bit)| self.contains(*bit)).map(|(letter, _)| letter));
    }
}

fn letters(text: &str) -> Result<AccessMode, InvalidMode> {
    text.chars().try_fold(AccessMode::NONE, |mode, found| {
        let known = LETTERS.iter().find(|(letter, _)| letter.eq_ignore_ascii_case(&found));
        known.map(|(_, bit)| mode | *bit).ok_or(InvalidMode)
    })
}

impl BitOr for AccessMode {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for AccessMode {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Sub for AccessMode {
    type Output = Self;
    /// What is in this set and not in `other`.
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl Not for AccessMode {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl fmt::Display for AccessMode {
    /// The letters in the order `JRWPASDO`; `N` when there are none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        self.push_letters(&mut out);
        f.pad(if out.is_empty() { "N" } else { &out })
    }
}

impl fmt::Debug for AccessMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessMode({self})")
    }
}

impl FromStr for AccessMode {
    type Err = InvalidMode;
    /// As [`AccessMode::parse`]; the empty text is an error.
    fn from_str(text: &str) -> Result<Self, InvalidMode> {
        Self::parse(text)?.ok_or(InvalidMode)
    }
}

/// A text that is no access mode, or no change of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an access mode is N or letters of JRWPASDO")]
pub struct InvalidMode;

/// An access mode or a change of one, as the wire wrote it: [`parse`](Self::parse) and [`apply_to`](Self::apply_to)
/// read it.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Mode<S>(S);

impl<S> Mode<S> {
    /// A mode of its text.
    pub const fn new(raw: S) -> Self {
        Self(raw)
    }
}

impl<S: AsRef<str>> Mode<S> {
    /// The text of the wire.
    #[must_use]
    pub fn raw(&self) -> &str {
        self.0.as_ref()
    }

    /// The set; `None` for the empty text, which leaves a mode unchanged.
    ///
    /// # Errors
    /// As [`AccessMode::parse`].
    pub fn parse(&self) -> Result<Option<AccessMode>, InvalidMode> {
        AccessMode::parse(self.raw())
    }

    /// What `old` becomes by this change.
    ///
    /// # Errors
    /// As [`AccessMode::apply`].
    pub fn apply_to(&self, old: AccessMode) -> Result<AccessMode, InvalidMode> {
        old.apply(self.raw())
    }
}

impl From<AccessMode> for Mode<String> {
    fn from(mode: AccessMode) -> Self {
        Self(alloc::format!("{mode}"))
    }
}

impl<S: AsRef<str>> fmt::Debug for Mode<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mode({:?})", self.raw())
    }
}

impl<'a, C: ?Sized, S: Decode<'a, C>> Decode<'a, C> for Mode<S> {
    fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
        S::decode(scanner, context).map(Self)
    }
}

impl<S: AsRef<str>> Encode for Mode<S> {
    fn encode(&self, out: &mut String) {
        write_str(self.raw(), out);
    }
}

impl<S: AsRef<str>> serde::Serialize for Mode<S> {
    fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
        serializer.serialize_str(self.raw())
    }
}
