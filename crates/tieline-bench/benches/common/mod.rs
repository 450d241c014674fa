//! What the WSI benchmarks share: the stream of events, and the types that others would decode it into.
#![allow(dead_code)] // each benchmark uses its part

pub(crate) mod decoders;
pub(crate) mod model;
pub(crate) mod stream;
pub(crate) mod wire;
