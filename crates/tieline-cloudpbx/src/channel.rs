//! The names of channels and locations: `SIP/MojaCentrala-101-0005f005`.

use alloc::string::String;
use core::fmt;

use tieline_core::json::{Decode, DecodeError, Encode, Scanner, Shape};

/// A channel: one leg of a call, `TECHNOLOGY/RESOURCE-SUFFIX` as Asterisk names it.
///
/// The document prints a backslash for the slash, so both split a name. A backslash that was not escaped on the wire
/// reads as a control character when one of `bfnrt` follows (`SIP\biuro`); one that stands right after the technology
/// is mapped back, so the name always is what the PBX meant. Anything else stays as it came.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Channel<S>(S);

/// Where an agent is called: `TECHNOLOGY/RESOURCE`, a [`Channel`] without its suffix.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Location<S>(S);

impl<S: AsRef<str>> Channel<S> {
    /// The resource that is in the call: `MojaCentrala-101`, for a device the name of its account. The whole name when
    /// it is in no technology.
    #[must_use]
    pub fn resource(&self) -> &str {
        let rest = split_technology(self.as_str()).1;
        split_suffix(rest).map_or(rest, |(resource, _)| resource)
    }

    /// What tells this channel from others of its resource: eight hexadecimal digits, and for one half of a local
    /// channel `;1` or `;2`. `None` when the name has none.
    #[must_use]
    pub fn suffix(&self) -> Option<&str> {
        split_suffix(split_technology(self.as_str()).1).map(|(_, suffix)| suffix)
    }
}

impl<S: AsRef<str>> Location<S> {
    /// The resource that is called: `MojaCentrala-101`. The whole name when it is in no technology.
    #[must_use]
    pub fn resource(&self) -> &str {
        split_technology(self.as_str()).1
    }
}

macro_rules! name {
    ($($name:ident)*) => {$(
        impl<S> $name<S> {
            /// A name of its text, with a lost backslash after the technology mapped back.
            pub fn new(name: S) -> Self
            where
                S: AsRef<str> + From<String>,
            {
                match unescaped(name.as_ref()) {
                    Some(meant) => Self(S::from(meant)),
                    None => Self(name),
                }
            }
        }

        impl<S: AsRef<str>> $name<S> {
            /// The whole name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                self.0.as_ref()
            }

            /// The whole name, in the kind of string it is kept in.
            #[must_use]
            pub const fn text(&self) -> &S {
                &self.0
            }

            /// The technology: `SIP`, `PJSIP`, `Local` and others. `None` when no slash or backslash stands in the name.
            #[must_use]
            pub fn technology(&self) -> Option<&str> {
                split_technology(self.as_str()).0
            }
        }

        // Prints the name; it holds account names and numbers, as every field does.
        impl<S: AsRef<str>> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({:?})"), self.as_str())
            }
        }

        impl<S: AsRef<str>> fmt::Display for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<S: AsRef<str>> AsRef<str> for $name<S> {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl<'a, C: ?Sized, S> Decode<'a, C> for $name<S>
        where
            S: Decode<'a, C> + AsRef<str> + From<String>,
        {
            const SHAPE: Shape = Shape::String;

            fn decode(scanner: &mut Scanner<'a>, context: &C) -> Result<Self, DecodeError> {
                S::decode(scanner, context).map(Self::new)
            }
        }

        impl<S: AsRef<str>> Encode for $name<S> {
            fn encode(&self, out: &mut String) {
                tieline_core::json::write_str(self.as_str(), out);
            }
        }

        impl<S: AsRef<str>> serde::Serialize for $name<S> {
            fn serialize<Z: serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

name!(Channel Location);

/// The number of a subscriber, from the account name (`peer`, or the resource of a channel) and the name of the PBX:
/// `101` of `MojaCentrala-101`. `None` when the account is not one of this PBX, or no number follows.
///
/// ```
/// assert_eq!(tieline_cloudpbx::subscriber_number("MojaCentrala-101", "MojaCentrala"), Some("101"));
/// assert_eq!(tieline_cloudpbx::subscriber_number("Trunk", "MojaCentrala"), None);
/// ```
#[must_use]
pub fn subscriber_number<'p>(account: &'p str, pbx_name: &str) -> Option<&'p str> {
    account.strip_prefix(pbx_name)?.strip_prefix('-').filter(|number| !number.is_empty())
}

fn split_technology(name: &str) -> (Option<&str>, &str) {
    name.split_once(['/', '\\']).map_or((None, name), |(technology, rest)| (Some(technology), rest))
}

fn split_suffix(rest: &str) -> Option<(&str, &str)> {
    let (resource, suffix) = rest.rsplit_once('-')?;
    let digits = suffix.strip_suffix(";1").or_else(|| suffix.strip_suffix(";2")).unwrap_or(suffix);
    (digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some((resource, suffix))
}

/// The name with the control character that follows its technology as the two characters it was written with; `None`
/// when none does.
pub(crate) fn unescaped(name: &str) -> Option<String> {
    let end = name.bytes().position(|byte| !byte.is_ascii_alphanumeric()).filter(|end| *end > 0)?;
    let letter = match name.as_bytes().get(end)? {
        0x08 => "\\b",
        0x0c => "\\f",
        b'\n' => "\\n",
        b'\r' => "\\r",
        b'\t' => "\\t",
        _ => return None,
    };
    let mut meant = String::with_capacity(name.len() + 1);
    meant.push_str(name.get(..end)?);
    meant.push_str(letter);
    meant.push_str(name.get(end + 1..)?);
    Some(meant)
}
