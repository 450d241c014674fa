//! Addresses of event streams.
#![cfg(feature = "cloudpbx")]

use tieline_cloudpbx::stream::{StreamTarget, TargetError};
use tieline_core::Secret;
use tieline_dial::cloudpbx::{FRAME_INTERVAL, StreamAddress, StreamConfig};
use tieline_dial::{ConnectError, Proxy};

fn config() -> StreamConfig<()> {
    StreamConfig::new().proxy(Proxy::direct())
}

#[test]
fn all_four_schemes_are_taken_and_print_with_the_key_left_out() {
    for (scheme, shown) in [("ws", "ws"), ("http", "ws"), ("wss", "wss"), ("https", "wss")] {
        let address: StreamAddress =
            format!("{scheme}://pbx.example:8443/ws/pbx_Biuro?pbxkey=swordfish").parse().expect("an address");
        assert_eq!((address.pbx_name(), address.has_key()), ("Biuro", true));
        assert_eq!(address.to_string(), format!("{shown}://pbx.example:8443/ws/pbx_Biuro?pbxkey=[redacted]"));
        let told = format!("{address:?} {address}");
        assert!(!told.contains("swordfish"), "{told}");
    }
}

#[test]
fn a_server_and_a_target_make_an_address() {
    let target = StreamTarget::new("Łódź", "k&y");
    let address = StreamAddress::new("http://127.0.0.1:8080/", &target).expect("an address");
    assert_eq!(address.to_string(), "ws://127.0.0.1:8080/ws/pbx_%C5%81%C3%B3d%C5%BA?pbxkey=[redacted]");
    let keyless = StreamAddress::without_key("http://127.0.0.1:8080", "Biuro").expect("an address");
    assert_eq!((keyless.to_string().as_str(), keyless.has_key()), ("ws://127.0.0.1:8080/ws/pbx_Biuro", false));
    assert!(keyless.with_key(Secret::from("key")).has_key());
}

#[test]
fn what_is_no_stream_is_refused_in_words() {
    let refused = |text: &str| match text.parse::<StreamAddress>() {
        Err(ConnectError::Target(error)) => error,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(refused("wss://pbx.example/ws/Biuro?pbxkey=swordfish"), TargetError::Path);
    assert_eq!(refused("wss://pbx.example/ws/pbx_Biuro?key=swordfish"), TargetError::NoKey);
    assert_eq!(refused("wss://pbx.example/ws/pbx_Biuro?"), TargetError::NoKey);
    assert!(matches!("ftp://pbx/ws/pbx_a".parse::<StreamAddress>(), Err(ConnectError::Url(_))));
}

#[test]
fn without_any_key_there_is_no_dialer() {
    let address = StreamAddress::without_key("ws://127.0.0.1", "Biuro").expect("an address");
    let refused = config().dialer(address.clone()).expect_err("no key");
    assert!(matches!(refused, ConnectError::Credentials(_)), "{refused:?}");
    assert!(config().key(()).dialer(address).is_ok());
}

#[test]
fn the_pace_and_the_longest_message_are_set_whatever_the_options_say() {
    let mut config = config();
    config.options.websocket.message_bytes = 7;
    config.session.limits.message_bytes = 4096;
    let options = config.line_options();
    assert_eq!(options.websocket.one_frame_per_write, Some(FRAME_INTERVAL));
    assert_eq!(options.websocket.message_bytes, 4096);
}
