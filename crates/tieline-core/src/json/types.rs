//! The macros that wire types are written with, so that a protocol's types read like its document.

/// Declares structs of a JSON object whose members may all be absent.
///
/// Each field is an `Option`; its wire name is the field's name, or the literal after `=`, and further spellings that
/// are read but never written follow `|`. `null` is absent, but where the field is marked `; null`: there it is kept and
/// written. The struct gets `Clone`, `Debug`, `PartialEq`, `Eq`, `Default`,
/// `serde::Serialize`, [`Decode`](crate::json::Decode), [`Encode`](crate::json::Encode), and `FIELDS`, the wire names.
/// Its [`SHAPE`](crate::json::Decode::SHAPE) is what a linter holds messages against.
///
/// ```
/// use tieline_core::json::{Encode, decode};
/// use tieline_core::{Str, wire_struct};
///
/// wire_struct! {
///     /// A caller in a queue.
///     pub struct Waiting<S> {
///         /// The place in the queue, from 1, as a string of digits.
///         pub position: S,
///         /// Where the call goes; the misspelling is the wire's.
///         pub destination: S = "destination" | "destiantion",
///         /// Seconds in the queue.
///         pub waited: u64 = "wait_secs",
///     }
/// }
///
/// let waiting: Waiting<Str<'_>> = decode(r#"{"position":2,"destiantion":"101","wait_secs":"7","new":[]}"#)?;
/// assert_eq!(waiting.position.as_deref(), Some("2"));
/// assert_eq!(waiting.waited, Some(7));
/// assert_eq!(waiting.to_json(), r#"{"position":"2","destination":"101","wait_secs":7}"#);
/// # Ok::<(), tieline_core::json::DecodeError>(())
/// ```
#[macro_export]
macro_rules! wire_struct {
    ($(
        $(#[$meta:meta])*
        $vis:vis struct $name:ident<S> {
            $( $(#[$field_meta:meta])* pub $field:ident : $ty:ty $(= $key:literal $(| $alias:literal)*)? $(; $null:ident)? ),* $(,)?
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, $crate::__private::Serialize)]
        #[serde(crate = "tieline_core::__private::serde")]
        #[serde(bound(serialize = "S: AsRef<str> + tieline_core::__private::Serialize"))]
        #[non_exhaustive]
        $vis struct $name<S> {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none" $(, rename = $key)?)]
                pub $field: Option<$ty>,
            )*
        }

        // Prints what is there only.
        impl<S: AsRef<str> + core::fmt::Debug> core::fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                let mut out = f.debug_struct(stringify!($name));
                $( if let Some(value) = &self.$field { out.field(stringify!($field), value); } )*
                out.finish()
            }
        }

        impl<S> Default for $name<S> {
            fn default() -> Self {
                Self { $( $field: None, )* }
            }
        }

        $crate::__wire_arbitrary! { $name { $( $field: $ty, )* } }

        impl<S> $name<S> {
            /// The wire names of the fields, in the order they are written.
            pub const FIELDS: &'static [&'static str] =
                &[$( $crate::__wire_key!($field $($key)?) ),*];
        }

        impl<'a, C: ?Sized, S> $crate::json::Decode<'a, C> for $name<S>
        where
            $( $ty: $crate::json::Decode<'a, C>, )*
        {
            const SHAPE: $crate::json::Shape = $crate::json::Shape::Object(&[$(
                $crate::json::Member::new(
                    $crate::__wire_key!($field $($key)?),
                    &[$($($alias),*)?],
                    <$ty as $crate::json::Decode<'a, C>>::SHAPE,
                )
            ),*]);

            fn decode(
                scanner: &mut $crate::json::Scanner<'a>,
                context: &C,
            ) -> Result<Self, $crate::json::DecodeError> {
                let mut value = Self::default();
                value.decode_members(scanner, context)?;
                Ok(value)
            }

            fn decode_onto(
                list: &mut $crate::__private::Vec<Self>,
                scanner: &mut $crate::json::Scanner<'a>,
                context: &C,
            ) -> Result<(), $crate::json::DecodeError> {
                list.push(Self::default());
                match list.last_mut() {
                    Some(value) => value.decode_members(scanner, context),
                    None => Ok(()),
                }
            }
        }

        impl<S> $name<S> {
            /// Decodes the object at the cursor into the fields.
            fn decode_members<'a, C: ?Sized>(
                &mut self,
                scanner: &mut $crate::json::Scanner<'a>,
                context: &C,
            ) -> Result<(), $crate::json::DecodeError>
            where
                $( $ty: $crate::json::Decode<'a, C>, )*
            {
                let mut members = scanner.object()?;
                let mut more = scanner.member(&mut members)?;
                while more {
                    // The fields in the order of the document, each tried where the cursor stands: mostly one sweep
                    // finds them all.
                    $(
                        if more && scanner.take_key(concat!("\"", $crate::__wire_key!($field $($key)?), "\":")) {
                            $crate::__wire_value!(self.$field, scanner, context $(, $null)?).map_err(
                                |error: $crate::json::DecodeError|
                                    error.in_field($crate::__wire_key!($field $($key)?)),
                            )?;
                            more = scanner.member(&mut members)?;
                        }
                    )*
                    if more {
                        let key = scanner.name()?;
                        self.decode_field(&key, scanner, context)?;
                        more = scanner.member(&mut members)?;
                    }
                }
                Ok(())
            }

            /// Decodes the value of `key`, in whatever way that is written, or skips it.
            #[cold]
            fn decode_field<'a, C: ?Sized>(
                &mut self,
                key: &str,
                scanner: &mut $crate::json::Scanner<'a>,
                context: &C,
            ) -> Result<(), $crate::json::DecodeError>
            where
                $( $ty: $crate::json::Decode<'a, C>, )*
            {
                $(
                    if key == $crate::__wire_key!($field $($key)?) $($(|| key == $alias)*)? {
                        $crate::__wire_value!(self.$field, scanner, context $(, $null)?).map_err(
                            |error: $crate::json::DecodeError|
                                error.in_field($crate::__wire_key!($field $($key)?)),
                        )?;
                        return Ok(());
                    }
                )*
                scanner.skip_value().map(drop)
            }
        }

        impl<S> $name<S>
        where
            $( $ty: $crate::json::Encode, )*
        {
            /// Writes the members into an object that may hold others.
            pub fn encode_members(&self, object: &mut $crate::json::ObjectWriter<'_>) {
                $( object.member($crate::__wire_key!($field $($key)?), &self.$field); )*
            }
        }

        impl<S> $crate::json::Encode for $name<S>
        where
            $( $ty: $crate::json::Encode, )*
        {
            fn encode(&self, out: &mut $crate::__private::String) {
                let mut object = $crate::json::ObjectWriter::new(out);
                self.encode_members(&mut object);
                object.end();
            }
        }
    )*};
}

/// The wire name of a field: the literal if there is one, else the field's own name.
#[doc(hidden)]
#[macro_export]
macro_rules! __wire_key {
    ($field:ident $key:literal) => {
        $key
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// Decodes the value of a field into it: `null` is absent, unless the field keeps it.
#[doc(hidden)]
#[macro_export]
macro_rules! __wire_value {
    ($field:expr, $scanner:ident, $context:ident, null) => {
        $crate::json::Decode::decode($scanner, $context).map(|value| $field = Some(value))
    };
    ($field:expr, $scanner:ident, $context:ident) => {
        $crate::json::Decode::decode_into(&mut $field, core::convert::identity, $scanner, $context)
    };
}

/// Declares enums of a string with known values that later servers may add to.
///
/// The enum is generic over the string: known variants, and `Other` with whatever else stood there. It gets `as_str`,
/// `KNOWN` (the wire words), `Clone`, `Debug`, `PartialEq`, `Eq`, `Display`, `serde::Serialize`,
/// [`Decode`](crate::json::Decode) and [`Encode`](crate::json::Encode).
///
/// ```
/// use tieline_core::json::{Encode, decode};
/// use tieline_core::{Str, open_enum};
///
/// open_enum! {
///     /// Whether an extension is in a call.
///     pub enum CallStatus {
///         /// In a call.
///         OnCall = "ON_CALL",
///     }
/// }
///
/// assert_eq!(decode::<CallStatus<Str<'_>>>(r#""ON_CALL""#)?, CallStatus::OnCall);
/// assert_eq!(decode::<CallStatus<Str<'_>>>(r#""PARKED""#)?.as_str(), "PARKED");
/// # Ok::<(), tieline_core::json::DecodeError>(())
/// ```
#[macro_export]
macro_rules! open_enum {
    ($(
        $(#[$meta:meta])*
        $vis:vis enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal ),* $(,)? }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        $vis enum $name<S> {
            $( $(#[$variant_meta])* $variant, )*
            /// A value that this crate does not know, as it stood on the wire.
            Other(S),
        }

        impl<S> $name<S> {
            /// The known words of the wire.
            pub const KNOWN: &'static [&'static str] = &[$( $word ),*];

            /// The variant of a known word; any other word comes back.
            pub fn from_word(word: S) -> Self
            where
                S: AsRef<str>,
            {
                match Self::known(word.as_ref()) {
                    Some(known) => known,
                    None => Self::Other(word),
                }
            }

            fn known(word: &str) -> Option<Self> {
                match word {
                    $( $word => Some(Self::$variant), )*
                    _ => None,
                }
            }
        }

        impl<S: AsRef<str>> $name<S> {
            /// The word of the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $word, )*
                    Self::Other(word) => word.as_ref(),
                }
            }
        }

        $crate::__words_arbitrary! { $name }

        impl<S: AsRef<str>> core::fmt::Display for $name<S> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<'a, C: ?Sized, S: $crate::json::Decode<'a, C> + AsRef<str>> $crate::json::Decode<'a, C> for $name<S> {
            const SHAPE: $crate::json::Shape = $crate::json::Shape::Words(Self::KNOWN);

            fn decode(
                scanner: &mut $crate::json::Scanner<'a>,
                context: &C,
            ) -> Result<Self, $crate::json::DecodeError> {
                match scanner.take_word(Self::known) {
                    Some(known) => Ok(known),
                    None => S::decode(scanner, context).map(Self::from_word),
                }
            }
        }

        impl<S: AsRef<str>> $crate::json::Encode for $name<S> {
            fn encode(&self, out: &mut $crate::__private::String) {
                $crate::json::write_str(self.as_str(), out);
            }
        }

        impl<S: AsRef<str>> $crate::__private::serde::Serialize for $name<S> {
            fn serialize<Z: $crate::__private::serde::Serializer>(&self, serializer: Z) -> Result<Z::Ok, Z::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    )*};
}

/// A struct of `wire_struct` from a fuzzer's bytes. Which form of the macro there is the feature of this crate decides.
#[cfg(feature = "arbitrary")]
#[doc(hidden)]
#[macro_export]
macro_rules! __wire_arbitrary {
    ($name:ident { $( $field:ident : $ty:ty, )* }) => {
        impl<'arbitrary, S> $crate::__private::arbitrary::Arbitrary<'arbitrary> for $name<S>
        where
            $( $ty: $crate::__private::arbitrary::Arbitrary<'arbitrary>, )*
        {
            fn arbitrary(
                u: &mut $crate::__private::arbitrary::Unstructured<'arbitrary>,
            ) -> $crate::__private::arbitrary::Result<Self> {
                Ok(Self { $( $field: u.arbitrary()?, )* })
            }
        }
    };
}

#[cfg(not(feature = "arbitrary"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __wire_arbitrary {
    ($($any:tt)*) => {};
}

/// A word of `open_enum` from a fuzzer's bytes: each of the known, or any other.
#[cfg(feature = "arbitrary")]
#[doc(hidden)]
#[macro_export]
macro_rules! __words_arbitrary {
    ($name:ident) => {
        impl<'arbitrary, S> $crate::__private::arbitrary::Arbitrary<'arbitrary> for $name<S>
        where
            S: $crate::__private::arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<$crate::__private::String>,
        {
            fn arbitrary(
                u: &mut $crate::__private::arbitrary::Unstructured<'arbitrary>,
            ) -> $crate::__private::arbitrary::Result<Self> {
                let known = u.arbitrary::<u8>()?;
                match Self::KNOWN.get(usize::from(known)) {
                    Some(word) => Ok(Self::from_word(S::from($crate::__private::String::from(*word)))),
                    None => u.arbitrary().map(Self::from_word),
                }
            }
        }
    };
}

#[cfg(not(feature = "arbitrary"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __words_arbitrary {
    ($($any:tt)*) => {};
}
