//! What holds for every input of the codec.

use proptest::prelude::*;
use serde_json::Value;
use tieline_axeos::{Batch, CallRequest, EVENT_TYPES, Element, Entry, Listing, Phone, Poll, User};
use tieline_core::Text;
use tieline_core::json::{Encode, decode};
use tieline_testkit::AXEOS;

/// Samples with a few characters changed.
fn near_samples() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0usize..4, r#"[\[\]{}:,"\\ 0-9eEu.+\-tfn\x00ü]{0,3}"#);
    (prop::sample::select(AXEOS), prop::collection::vec(edit, 0..4)).prop_map(|(fixture, edits)| {
        let mut text: Vec<char> = fixture.text.chars().collect();
        for (at, len, with) in edits {
            let at = at.index(text.len().max(1));
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        text.into_iter().collect()
    })
}

/// Arrays of objects of any known fields, in any order, with any values.
fn any_listing() -> impl Strategy<Value = String> {
    let tag =
        prop_oneof![prop::sample::select(EVENT_TYPES).prop_map(|info| info.event_type.to_owned()), "[a-z ]{1,12}",];
    let mut fields = vec!["seq", "event_type", "timestamp", "uuid", "x"];
    fields.extend(EVENT_TYPES.iter().flat_map(|info| info.fields));
    fields.extend(User::<Text>::FIELDS);
    fields.extend(Phone::<Text>::FIELDS);
    let value = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<String>().prop_map(|s| serde_json::to_string(&s).expect("a string")),
        prop::sample::select(
            &["null", "1.5", "[]", "{}", "[{}]", r#"{"number":"1","seq":3}"#, r#"{"event_type":"api call"}"#][..]
        )
        .prop_map(str::to_owned),
    ];
    let member = (prop::sample::select(fields), value).prop_map(|(key, value)| format!("\"{key}\":{value}"));
    let object = (tag, any::<u64>(), prop::collection::vec(member, 0..8), any::<prop::sample::Index>()).prop_map(
        |(tag, seq, mut members, at)| {
            members.insert(at.index(members.len() + 1), format!("\"event_type\":\"{tag}\""));
            members.insert(at.index(members.len() + 1), format!("\"seq\":{seq}"));
            format!("{{{}}}", members.join(" , "))
        },
    );
    prop::collection::vec(object, 0..5).prop_map(|objects| format!("[{}]", objects.join("\n,")))
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![near_samples(), any_listing()]
}

fn batch(text: &str) -> Option<Batch> {
    Listing::decode(Text::from(text), 64).ok()
}

proptest! {
    #[test]
    fn no_input_panics(text in prop_oneof![texts(), any::<String>()], depth in 0u32..5) {
        let frame = Text::from(text.as_str());
        let _ = Listing::<Entry<Text>>::decode(frame.clone(), depth);
        let _ = Listing::<User<Text>>::decode(frame.clone(), depth);
        let _ = Listing::<Phone<Text>>::decode(frame, depth);
        let _ = Entry::decode_str(&text);
        let _ = CallRequest::from_json(&text);
        let _ = Poll::from_pairs([("last", &text)]);
    }

    #[test]
    fn an_answer_is_read_exactly_when_it_is_a_json_array(text in prop_oneof![texts(), any::<String>()]) {
        let value = serde_json::from_str::<Value>(&text);
        let is_array = value.as_ref().is_ok_and(Value::is_array);
        prop_assert_eq!(batch(&text).is_some(), is_array);
        prop_assert_eq!(Listing::<User<Text>>::decode(Text::from(text.as_str()), 64).is_ok(), is_array);
    }

    #[test]
    fn every_element_is_there_as_it_was_written(text in texts()) {
        if let Some(batch) = batch(&text) {
            let value: Value = serde_json::from_str(&text).expect("JSON");
            let values = value.as_array().expect("an array");
            prop_assert_eq!(batch.len(), values.len());
            for (element, value) in batch.elements().iter().zip(values) {
                prop_assert_eq!(&serde_json::from_str::<Value>(element.raw()).expect("JSON"), value);
                let seq = value.get("seq");
                let seq = seq.and_then(|seq| seq.as_u64().or_else(|| seq.as_str()?.parse().ok()));
                prop_assert_eq!(element.seq(), seq);
                if let Element::Good(item) = element {
                    let word = match &value["event_type"] {
                        Value::String(word) => word.clone(),
                        other => other.to_string(),
                    };
                    prop_assert_eq!(item.value.event.event_type(), word);
                }
            }
        }
    }

    #[test]
    fn what_is_decoded_encodes_to_what_decodes_the_same(text in texts()) {
        for entry in batch(&text).iter().flat_map(Batch::values) {
            let first = entry.to_json();
            let again = Entry::decode_text(&Text::from(first.as_str())).expect("our own encoding");
            prop_assert_eq!(&again, entry);
            prop_assert_eq!(serde_json::to_value(entry).expect("serializes"), serde_json::from_str::<Value>(&first).expect("JSON"));
        }
        if let Ok(users) = Listing::<User<Text>>::decode(Text::from(text.as_str()), 64) {
            for user in users.values() {
                let first = user.to_json();
                prop_assert_eq!(&decode::<User<String>>(&first).expect("our own").to_json(), &first);
            }
        }
    }

    #[test]
    fn borrowed_sliced_and_copied_strings_agree(text in texts()) {
        for element in batch(&text).iter().flat_map(Batch::elements) {
            let borrowed = Entry::decode_str(element.raw()).map(|entry| entry.to_json());
            prop_assert_eq!(&Entry::decode_text(element.raw()).map(|entry| entry.to_json()), &borrowed);
            prop_assert_eq!(&Entry::decode_owned(element.raw()).map(|entry| entry.to_json()), &borrowed);
            prop_assert_eq!(borrowed.is_ok(), matches!(element, Element::Good(_)));
        }
    }

    #[test]
    fn a_call_is_the_same_as_json_and_as_a_form(user in "[a-z:@ü ]{1,8}", number in r"\+?[0-9]{1,18}", auto in any::<bool>()) {
        let mut request = CallRequest::new(user, number);
        request.auto_answer = auto;
        prop_assert_eq!(CallRequest::from_json(&request.to_json()), Ok(request.clone()));
        prop_assert_eq!(CallRequest::from_pairs(request.pairs()), Ok(request.clone()));
    }
}
