//! What is logged.
#![cfg(all(feature = "wsi", any(feature = "tls", feature = "aws-lc-rs")))]

mod common;

tieline_testkit::adapter_trace_test!(common::Tokio);
