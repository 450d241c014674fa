//! What every adapter must do with CloudPBX's event stream.
#![cfg(feature = "cloudpbx")]

#[path = "common/stream.rs"]
mod common;

tieline_testkit::adapter_stream_tests!(common::Blocking);

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
tieline_testkit::adapter_stream_tls_tests!(common::Blocking);
