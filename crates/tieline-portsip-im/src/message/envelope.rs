//! Messages that are named by their only key: `{"pub":{…}}`.

/// Declares an enum of messages by their key, with `Unknown` for what has none of the keys.
///
/// Gets `decode_members`, which reads the object once and hands keys it does not know to the caller, `encode_member`,
/// `key`, and `KEYS`.
macro_rules! envelope {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident($body:ident) = $key:literal ),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, serde::Serialize)]
        #[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
        #[cfg_attr(feature = "arbitrary", arbitrary(bound = "S: arbitrary::Arbitrary<'arbitrary> + AsRef<str> + From<String>"))]
        #[serde(bound(serialize = "S: AsRef<str> + serde::Serialize"))]
        #[non_exhaustive]
        pub enum $name<S> {
            $( $(#[$variant_meta])* #[serde(rename = $key)] $variant($body<S>), )*
            /// Any other JSON, whole.
            #[serde(untagged)]
            Unknown(
                #[cfg_attr(feature = "arbitrary", arbitrary(with = crate::from_bytes::unknown))]
                tieline_core::json::Raw<S>,
            ),
        }

        impl<S: AsRef<str> + core::fmt::Debug> core::fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    $( Self::$variant(body) => body.fmt(f), )*
                    Self::Unknown(raw) => raw.fmt(f),
                }
            }
        }

        impl<S> $name<S> {
            /// The keys, in the order of the variants.
            pub const KEYS: &'static [&'static str] = &[$( $key ),*];

            /// The key of the message; empty for an unknown one.
            #[must_use]
            pub const fn key(&self) -> &'static str {
                match self {
                    $( Self::$variant(_) => $key, )*
                    Self::Unknown(_) => "",
                }
            }

            fn encode_member(&self, object: &mut tieline_core::json::ObjectWriter<'_>)
            where
                S: AsRef<str> + tieline_core::json::Encode,
            {
                match self {
                    $( Self::$variant(body) => object.member($key, body), )*
                    Self::Unknown(_) => {}
                }
            }

            /// Reads the message. `other` is shown each unknown key and says whether it read the value.
            fn decode_members<'a, C: ?Sized>(
                scanner: &mut tieline_core::json::Scanner<'a>,
                context: &C,
                mut other: impl FnMut(
                    &str,
                    &mut tieline_core::json::Scanner<'a>,
                ) -> Result<bool, tieline_core::json::DecodeError>,
            ) -> Result<Self, tieline_core::json::DecodeError>
            where
                S: tieline_core::json::Decode<'a, C> + AsRef<str>,
                tieline_core::json::Raw<S>: tieline_core::json::Decode<'a, C>,
            {
                let start = scanner.clone();
                let mut found = None;
                if scanner.kind()? == tieline_core::json::JsonKind::Object {
                    let mut members = scanner.object()?;
                    while let Some(key) = scanner.key(&mut members)? {
                        let rank = Self::KEYS.iter().position(|known| key == **known);
                        let Some(rank) = rank else {
                            if !other(key.as_str(), scanner)? {
                                scanner.skip_value()?;
                            }
                            continue;
                        };
                        if found.as_ref().is_some_and(|(before, _)| *before < rank) {
                            scanner.skip_value()?;
                            continue;
                        }
                        let body = match key.as_str() {
                            $(
                                $key => {
                                    let body: Option<$body<S>> = tieline_core::json::Decode::decode(scanner, context)
                                        .map_err(|error: tieline_core::json::DecodeError| error.in_field($key))?;
                                    body.map(Self::$variant)
                                }
                            )*
                            _ => None,
                        };
                        found = body.map(|body| (rank, body)).or(found);
                    }
                }
                match found {
                    Some((_, body)) => Ok(body),
                    None => {
                        *scanner = start;
                        tieline_core::json::Decode::decode(scanner, context).map(Self::Unknown)
                    }
                }
            }
        }
    };
}

pub(super) use envelope;
