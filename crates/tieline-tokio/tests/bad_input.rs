//! The matrix of bad input: what a hostile server does to the client, over real sockets.
#![cfg(feature = "wsi")]

mod common;

tieline_testkit::adapter_bad_input_tests!(common::Tokio);
