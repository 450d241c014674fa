//! What every adapter must do with Axeos.
#![cfg(all(feature = "axeos", any(feature = "tls", feature = "aws-lc-rs")))]

#[path = "common/axeos.rs"]
mod common;

tieline_testkit::adapter_axeos_tests!(common::Tokio);
