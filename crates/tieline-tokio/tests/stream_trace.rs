//! What is logged of an event stream.
#![cfg(feature = "cloudpbx")]

#[path = "common/stream.rs"]
mod common;

tieline_testkit::adapter_stream_trace_test!(common::Tokio);
