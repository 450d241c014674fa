//! What messages of both sides hold.

use tieline_core::json::{JsonKind, Raw};
use tieline_core::wire_struct;

use crate::{FileRef, Mode};

/// The text that clears a value: one character, U+2421. `null` does not clear.
pub const CLEAR: &str = "\u{2421}";

/// Whether a value is the text that clears.
#[must_use]
pub fn is_clear<S: AsRef<str>>(value: &Raw<S>) -> bool {
    value.kind() == JsonKind::String
        && tieline_core::json::decode::<tieline_core::Str<'_>>(value.as_json()).is_ok_and(|text| text == CLEAR)
}

wire_struct! {
    /// The access of one user to a topic; in a `dacs`, the changes of it.
    pub struct Access<S> {
        /// What the user wants.
        pub want: Mode<S>,
        /// What the user is given.
        pub given: Mode<S>,
        /// What is in force: what both have.
        pub mode: Mode<S>,
    }

    /// The access that who is not subscribed yet would be given.
    pub struct DefaultAccess<S> {
        /// Of authenticated users.
        pub auth: Mode<S>,
        /// Of anonymous users; unused at PortSIP.
        pub anon: Mode<S>,
    }

    /// What a user or group shows of itself in `public`. PortSIP's documents show `fn` on the wire and describe the rest.
    pub struct Card<S> {
        /// The name.
        pub full_name: S = "fn",
        /// A picture.
        pub photo: Photo<S>,
        /// A remark.
        pub note: S,
    }

    /// A picture of a user or group, inline or by reference.
    pub struct Photo<S> {
        /// The image type without `image/`: `jpeg`, `png`.
        pub image_type: S = "type",
        /// The image in base64.
        pub data: S,
        /// The file that holds the image.
        pub reference: FileRef<S> = "ref",
        /// Pixels.
        pub width: u64,
        /// Pixels.
        pub height: u64,
        /// Bytes.
        pub size: u64,
    }
}
