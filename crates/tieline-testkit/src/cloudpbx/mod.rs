//! The tables of CloudPBX samples.

mod rest;

pub use rest::{CLOUDPBX_REST, RestFixture, RestKind};
