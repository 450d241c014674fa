//! JSON as the wire types need it: a scanner that borrows, the traits that types are decoded and encoded by, and the
//! macros [`wire_struct!`](crate::wire_struct) and [`open_enum!`](crate::open_enum) that write those types down.
//!
//! Decoding costs no allocation for strings without escapes. Unknown keys are skipped, duplicate keys: the last wins,
//! `null` is absent. A string is accepted where a number is documented and a number where a string is; what is
//! written is the documented form. Skipped and raw values are checked but not recursed into, materialised ones stop
//! at a depth limit.
//!
//! Each type also says what the documents write for it ([`Decode::SHAPE`]); [`lint`] holds messages against that.

mod decode;
mod encode;
mod error;
pub mod lint;
mod peek;
mod raw;
mod scanner;
mod shape;
mod types;

pub use decode::{Decode, decode, decode_with};
pub use encode::{Encode, ObjectWriter, write_str};
pub use error::{DecodeError, DecodeErrorKind, Fault, JsonKind, Place, Places};
pub use peek::{KeyGuess, peek};
pub use raw::Raw;
pub use scanner::{Members, Scanner};
pub use shape::{Member, Shape, Width};
