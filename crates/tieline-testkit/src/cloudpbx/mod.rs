//! The tables of CloudPBX samples.

mod stream;

pub use stream::{CLOUDPBX_STREAM, StreamFixture, StreamKind};
