//! Channels, locations and the states of text messages.

use tieline_cloudpbx::{Channel, Location, SmsState, subscriber_number};
use tieline_core::json::{Encode, decode};
use tieline_core::{Str, Text};

fn channel(name: &str) -> Channel<String> {
    Channel::new(name.to_owned())
}

#[test]
fn a_channel_is_technology_resource_and_suffix() {
    let leg = channel("SIP/PBX-101-00000028");
    assert_eq!((leg.technology(), leg.resource(), leg.suffix()), (Some("SIP"), "PBX-101", Some("00000028")));
}

#[test]
fn the_backslash_of_the_document_splits_a_channel_as_a_slash_does() {
    let leg = channel(r"SIP\MojaCentrala-101-0005f005");
    assert_eq!((leg.technology(), leg.resource(), leg.suffix()), (Some("SIP"), "MojaCentrala-101", Some("0005f005")));
}

#[test]
fn only_the_first_slash_splits() {
    let leg = channel("Local/101@agents/n-0000000a;2");
    assert_eq!((leg.technology(), leg.resource(), leg.suffix()), (Some("Local"), "101@agents/n", Some("0000000a;2")));
}

#[test]
fn what_is_not_eight_hexadecimal_digits_is_no_suffix() {
    for name in ["SIP/PBX-101", "SIP/PBX-0000028", "SIP/PBX-0000002g", "SIP/00000028", "SIP/"] {
        assert_eq!(channel(name).suffix(), None, "{name}");
    }
}

#[test]
fn a_name_without_technology_is_all_resource() {
    let leg = channel("MojaCentrala-101");
    assert_eq!((leg.technology(), leg.resource()), (None, "MojaCentrala-101"));
}

#[test]
fn a_location_has_no_suffix_even_if_a_number_looks_like_one() {
    let location = Location::new(String::from("SIP/PBX-12345678"));
    assert_eq!((location.technology(), location.resource()), (Some("SIP"), "PBX-12345678"));
}

#[test]
fn a_backslash_that_made_a_control_character_is_mapped_back() {
    for name in ["biuro", "firma", "nowa", "recepcja", "techniczna"] {
        let json = format!(r#""SIP\{name}-101-0005f005""#);
        let wire: Channel<Str<'_>> = decode(&json).expect("valid JSON");
        assert_eq!(wire.as_str(), format!(r"SIP\{name}-101-0005f005"));
        assert_eq!(wire.resource(), format!("{name}-101"));
    }
}

#[test]
fn a_control_character_elsewhere_stays() {
    assert_eq!(channel("SIP/biu\u{8}ro").resource(), "biu\u{8}ro");
    assert_eq!(channel("\u{8}SIP").as_str(), "\u{8}SIP");
    assert_eq!(channel("SIP\u{1}x").as_str(), "SIP\u{1}x");
}

#[test]
fn a_mapped_name_is_written_so_that_it_reads_the_same_again() {
    let once: Channel<String> = decode(r#""SIP\biuro""#).expect("valid JSON");
    let json = once.to_json();
    assert_eq!(json, r#""SIP\\biuro""#);
    assert_eq!(decode::<Channel<String>>(&json), Ok(once));
}

#[test]
fn a_long_name_without_escapes_is_a_slice_of_its_frame() {
    let frame = Text::from(r#""SIP/MojaCentrala-w-Gdansku-101""#);
    let location: Location<Text> = tieline_core::json::decode_with(frame.as_str(), &frame, 8).expect("valid JSON");
    assert!(frame.as_bytes().as_ptr_range().contains(&location.as_str().as_bytes().as_ptr()));
}

#[test]
fn the_number_of_a_subscriber_follows_the_name_of_the_pbx() {
    assert_eq!(subscriber_number("MojaCentrala-101", "MojaCentrala"), Some("101"));
    assert_eq!(subscriber_number("Moja-Centrala-101", "Moja-Centrala"), Some("101"));
    assert_eq!(subscriber_number("MojaCentrala-101", "Moja"), None);
    assert_eq!(subscriber_number("MojaCentrala-", "MojaCentrala"), None);
}

#[test]
fn all_but_four_of_the_twelve_states_of_a_text_message_are_final() {
    let words = SmsState::<&str>::KNOWN;
    assert_eq!(words.len(), 12);
    let open: Vec<_> = words.iter().copied().filter(|word| !SmsState::from_word(*word).is_final()).collect();
    assert_eq!(open, ["SENT", "QUEUE", "ACCEPTED", "RENEWAL"]);
}

#[test]
fn a_state_that_nobody_knows_is_kept_and_not_final() {
    let status: SmsState<Str<'_>> = decode(r#""TELEPORTED""#).expect("valid JSON");
    assert_eq!(status.as_str(), "TELEPORTED");
    assert!(!status.is_final());
}
