//! A message decodes without allocation; state allocates for its lists and the description.

use allocation_counter::measure;
use tieline_core::Text;
use tieline_portsip_im::{ClientMessage, ServerMessage};
use tieline_testkit::{IM, ImSource, Side};

#[test]
fn a_message_an_answer_and_presence_allocate_nothing() {
    for fixture in IM.iter().filter(|fixture| fixture.from == Side::Server && fixture.source == ImSource::Document) {
        if fixture.name.contains("meta") {
            continue;
        }
        let seen = measure(|| drop(ServerMessage::decode(fixture.text).expect("valid")));
        assert_eq!(seen.count_total, 0, "{}", fixture.name);
        let frame = Text::from(fixture.text);
        // Bytes allocate their counter when they are shared for the first time.
        let _shared = frame.clone();
        let seen = measure(|| drop(ServerMessage::decode_frame(&frame, 64).expect("valid")));
        assert_eq!(seen.count_total, 0, "{}", fixture.name);
    }
}

#[test]
fn a_description_allocates_once_and_subscribers_for_their_list() {
    for (part, allowed) in [("meta-desc", 1), ("meta-sub", 1)] {
        let fixture = IM.iter().find(|fixture| fixture.name.ends_with(part)).expect("listed");
        let seen = measure(|| drop(ServerMessage::decode(fixture.text).expect("valid")));
        assert_eq!(seen.count_total, allowed, "{}", fixture.name);
    }
}

#[test]
fn a_publish_allocates_nothing_on_the_side_of_the_server() {
    let fixture = IM.iter().find(|fixture| fixture.name.ends_with("client-pub-p2p")).expect("listed");
    assert_eq!(measure(|| drop(ClientMessage::decode(fixture.text).expect("valid"))).count_total, 0);
}
