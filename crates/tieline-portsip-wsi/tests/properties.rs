//! What holds for every input.

mod common;

use common::{any_event, near_samples};
use proptest::prelude::*;
use tieline_core::Text;
use tieline_core::json::Encode;
use tieline_portsip_wsi::{
    ClientMessage, Command, Dialect, EVENT_TYPES, Event, ServerMessage, Subject, Subscription, Subscriptions, Topic,
    TopicSelection, Viewer,
};

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(&["101", "102", "103", "8001", "t1"][..]).prop_map(str::to_owned)
}

fn subscription() -> impl Strategy<Value = Subscription> {
    let topic = prop_oneof![prop::sample::select(Topic::ALL), Just(Topic::Other("fax_events".into()))];
    let key = prop_oneof![
        prop::sample::select(EVENT_TYPES).prop_map(|row| row.event_type.to_owned()),
        Just("brand_new".to_owned())
    ];
    let selection = (topic, prop::collection::vec(key, 0..3)).prop_map(|(topic, keys)| TopicSelection { topic, keys });
    let names = || prop::collection::vec(name(), 0..3);
    (prop::collection::vec(selection, 0..4), names(), names(), names()).prop_map(
        |(topics, extensions, queues, tenants)| {
            let mut out = Subscription::none().extensions(extensions).queues(queues).tenants(tenants);
            out.topics = topics;
            out
        },
    )
}

fn viewer() -> impl Strategy<Value = Viewer> {
    (0..4, prop::collection::vec(name(), 0..3), prop::collection::vec(name(), 0..3)).prop_map(
        |(role, queues, mates)| {
            let viewer = match role {
                0 => Viewer::extension("t1", "101"),
                1 => Viewer::queue_manager("t1", "101"),
                2 => Viewer::tenant_admin("t1"),
                _ => Viewer::system_admin(),
            };
            viewer.in_queues(queues).with_groupmates(mates)
        },
    )
}

/// What a set makes of every event of a dialect about each of some extensions.
fn delivered(held: &Subscriptions, viewer: &Viewer, dialect: Dialect) -> Vec<(&'static str, &'static str)> {
    let mut out = Vec::new();
    for row in EVENT_TYPES.iter().filter(|row| row.dialects.contains(&dialect)) {
        for number in ["101", "102", "103"] {
            let subject = Subject { extensions: vec![number].into(), queue: Some("8001"), tenant: Some("t1"), dialect };
            if held.wants(row.event_type, &subject, viewer) {
                out.push((row.event_type, number));
            }
        }
    }
    out
}

/// The same subscription as a server of that dialect reads it.
fn over_the_wire(subscription: Subscription, dialect: Dialect) -> Option<Subscription> {
    let mut out = String::new();
    ClientMessage { id: None, command: Command::Subscribe(subscription) }.encode(dialect, &mut out);
    match ClientMessage::decode(&out).ok()?.command {
        Command::Subscribe(subscription) => Some(subscription),
        _ => None,
    }
}

proptest! {
    #[test]
    fn no_input_panics(text in prop_oneof![near_samples(), any::<String>(), any_event()]) {
        let frame = Text::from(text.as_str());
        let _ = Event::decode(&text);
        let _ = ServerMessage::decode(&text);
        let _ = ServerMessage::decode_frame(&frame, 3);
        let _ = ClientMessage::decode(&text);
    }

    #[test]
    fn what_is_decoded_encodes_to_what_decodes_the_same(text in prop_oneof![near_samples(), any_event()]) {
        if let Ok(message) = ServerMessage::decode(&text) {
            let first = message.to_json();
            let again = ServerMessage::decode(&first).expect("our own encoding");
            prop_assert_eq!(&again, &message);
            prop_assert_eq!(again.to_json(), first);
        }
        if let Ok(message) = ClientMessage::decode(&text) {
            for dialect in Dialect::ALL {
                let mut first = String::new();
                message.encode(*dialect, &mut first);
                let again = ClientMessage::decode(&first).expect("our own encoding");
                let mut second = String::new();
                again.encode(*dialect, &mut second);
                prop_assert_eq!(second, first);
            }
        }
    }

    #[test]
    fn borrowed_sliced_and_copied_strings_agree(text in prop_oneof![near_samples(), any_event()]) {
        let frame = Text::from(text.as_str());
        let borrowed = Event::decode(&text).map(|event| event.to_json());
        prop_assert_eq!(&Event::decode_frame(&frame, 64).map(|event| event.to_json()), &borrowed);
        prop_assert_eq!(&Event::decode_owned(&text).map(|event| event.to_json()), &borrowed);
    }

    #[test]
    fn the_event_type_is_the_last_one_at_the_top_level(text in any_event()) {
        if let Ok(event) = Event::decode(&text) {
            let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
            let tag = match &value["event_type"] {
                serde_json::Value::String(tag) => tag.clone(),
                other => other.to_string(),
            };
            prop_assert_eq!(event.event_type(), tag);
        }
    }

    #[test]
    fn a_message_is_refused_exactly_when_it_is_no_json_or_a_field_has_the_wrong_kind(text in near_samples()) {
        let json = serde_json::from_str::<serde_json::Value>(&text).is_ok();
        match ServerMessage::decode(&text) {
            Ok(_) => prop_assert!(json),
            Err(error) => prop_assert!(!json || error.field.is_some(), "{}", error),
        }
    }

    #[test]
    fn what_is_subscribed_to_and_unsubscribed_from_is_no_longer_wanted(what in subscription()) {
        let mut held = Subscriptions::new();
        held.apply(&what);
        held.remove(&what);
        prop_assert!(held.is_empty(), "{:?}", held);
        prop_assert_eq!(held.len(), 0);
    }

    #[test]
    fn subscribing_twice_is_subscribing_once(what in subscription(), other in subscription()) {
        let mut once = Subscriptions::new();
        once.apply(&what);
        once.apply(&other);
        let mut twice = once.clone();
        twice.apply(&what);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn the_order_of_subscribing_does_not_matter(what in subscription(), other in subscription()) {
        let (mut one, mut two) = (Subscriptions::new(), Subscriptions::new());
        one.apply(&what);
        one.apply(&other);
        two.apply(&other);
        two.apply(&what);
        prop_assert_eq!(one, two);
    }

    #[test]
    fn unsubscribing_never_makes_more_wanted(
        what in subscription(), other in subscription(), gone in subscription(), viewer in viewer()
    ) {
        let mut held = Subscriptions::new();
        held.apply(&what);
        held.apply(&other);
        let before: Vec<_> = Dialect::ALL.iter().map(|dialect| delivered(&held, &viewer, *dialect)).collect();
        held.remove(&gone);
        for (before, dialect) in before.iter().zip(Dialect::ALL) {
            prop_assert!(delivered(&held, &viewer, *dialect).iter().all(|event| before.contains(event)));
        }
    }

    #[test]
    fn the_subscribes_of_a_set_lead_to_the_same_events(
        what in subscription(), other in subscription(), gone in subscription(), viewer in viewer()
    ) {
        let mut held = Subscriptions::new();
        held.apply(&what);
        held.apply(&other);
        held.remove(&gone);
        let mut again = Subscriptions::new();
        let mut at_the_server = Subscriptions::new();
        for subscription in held.to_subscriptions() {
            again.apply(&subscription);
            at_the_server.apply(&over_the_wire(subscription, Dialect::V12).expect("a subscribe"));
        }
        let as_before = delivered(&held, &viewer, Dialect::V12);
        prop_assert_eq!(&delivered(&again, &viewer, Dialect::V12), &as_before);
        prop_assert_eq!(&delivered(&at_the_server, &viewer, Dialect::V12), &as_before);
    }
}
