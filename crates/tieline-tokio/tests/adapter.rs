//! What every adapter must do.
#![cfg(feature = "wsi")]

mod common;

tieline_testkit::adapter_tests!(common::Tokio);

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
tieline_testkit::adapter_tls_tests!(common::Tokio);

#[cfg(not(any(feature = "tls", feature = "aws-lc-rs")))]
tieline_testkit::adapter_no_tls_tests!(common::Tokio);
