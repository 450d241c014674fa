//! What the benchmarks share: streams of events, and the types that others would decode them into.
#![allow(dead_code)] // each benchmark uses its part

pub(crate) mod cloudpbx;
pub(crate) mod decoders;
pub(crate) mod model;
pub(crate) mod stream;
pub(crate) mod wire;
