//! What every adapter must do with PortSIP IM.
#![cfg(feature = "portsip-im")]

#[path = "common/im.rs"]
mod common;

tieline_testkit::adapter_im_tests!(common::Tokio);

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
tieline_testkit::adapter_im_tls_tests!(common::Tokio);
