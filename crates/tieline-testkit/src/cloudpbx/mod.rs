//! The tables of CloudPBX samples.

mod rest;
mod stream;

pub use rest::{CLOUDPBX_REST, RestFixture, RestKind};
pub use stream::{CLOUDPBX_STREAM, StreamFixture, StreamKind};
