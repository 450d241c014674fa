//! What is logged of Axeos.
#![cfg(all(feature = "axeos", any(feature = "tls", feature = "aws-lc-rs")))]

#[path = "common/axeos.rs"]
mod common;

tieline_testkit::adapter_axeos_trace_test!(common::Blocking);
