//! What is logged of an IM line.
#![cfg(feature = "portsip-im")]

#[path = "common/im.rs"]
mod common;

tieline_testkit::adapter_im_trace_test!(common::Tokio);
