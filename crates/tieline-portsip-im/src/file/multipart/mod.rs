//! `multipart/form-data` (RFC 7578), written and read piece by piece.

mod decoder;
mod disposition;
mod form;

pub use decoder::{Decoder, MultipartError, MultipartLimits, Part, PartEvent, boundary_of};
pub(in crate::file) use disposition::file_name;
pub use form::{Boundary, Form};
