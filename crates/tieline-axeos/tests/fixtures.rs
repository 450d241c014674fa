//! Every sample survives decoding and encoding, whole.

use serde_json::Value;
use tieline_axeos::{Batch, CallReply, CallRequest, EVENT_TYPES, Entry, Event, Listing, Phone, Row, User, UserPhone};
use tieline_core::Text;
use tieline_core::json::{Encode, decode};
use tieline_testkit::{AXEOS, AxeosFixture, AxeosKind};

fn of(kind: AxeosKind) -> impl Iterator<Item = &'static AxeosFixture> {
    AXEOS.iter().filter(move |fixture| fixture.kind == kind && fixture.has_documented_names())
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn listing<T: Row>(fixture: &AxeosFixture) -> Listing<T> {
    Listing::decode(Text::from(fixture.text), 64).unwrap_or_else(|error| panic!("{}: {error}", fixture.name))
}

fn survives<T: Row + Encode + serde::Serialize>(fixture: &AxeosFixture) {
    let listing = listing::<T>(fixture);
    assert_eq!(listing.bad().count(), 0, "{}", fixture.name);
    let expected = value(fixture.text);
    for (element, expected) in listing.values().zip(expected.as_array().expect("an array")) {
        assert_eq!(&value(&element.to_json()), expected, "{}", fixture.name);
        assert_eq!(&serde_json::to_value(element).expect("serializes"), expected, "{}", fixture.name);
    }
    let again = Listing::of(listing.into_elements().into_iter().map(|element| match element {
        tieline_axeos::Element::Good(item) => item.value,
        tieline_axeos::Element::Bad(bad) => panic!("{bad:?}"),
    }));
    assert_eq!(value(again.body()), expected, "{}", fixture.name);
}

#[test]
fn no_field_of_a_user_is_lost_and_null_stays_apart_from_absent() {
    of(AxeosKind::Users).for_each(survives::<User<Text>>);
}

#[test]
fn no_field_of_a_phone_is_lost() {
    of(AxeosKind::Phones).for_each(survives::<Phone<Text>>);
}

#[test]
fn no_field_of_an_event_is_lost_and_all_are_known() {
    of(AxeosKind::Events).for_each(|fixture| {
        survives::<Entry<Text>>(fixture);
        for entry in listing::<Entry<Text>>(fixture).values() {
            assert!(!matches!(entry.event, Event::Unknown(_)), "{entry:?}");
        }
    });
}

#[test]
fn every_event_type_and_every_field_of_it_is_in_a_sample() {
    let batches: Vec<Batch> = of(AxeosKind::Events).map(listing).collect();
    for info in EVENT_TYPES {
        let of_type = |entry: &&Entry<Text>| entry.event.event_type() == info.event_type;
        let samples: Vec<Value> =
            batches.iter().flat_map(Batch::values).filter(of_type).map(|entry| value(&entry.to_json())).collect();
        assert!(!samples.is_empty(), "{}", info.event_type);
        for sample in &samples {
            for key in sample.as_object().expect("an object").keys() {
                let head = ["seq", "event_type", "timestamp"].contains(&key.as_str());
                assert!(head || info.fields.contains(&key.as_str()), "{}: {key}", info.event_type);
            }
        }
    }
    let fields = |text: &str, names: &[&str]| names.iter().all(|name| text.contains(&format!("\"{name}\"")));
    let all: String = AXEOS.iter().map(|fixture| fixture.text).collect();
    for names in [User::<Text>::FIELDS, UserPhone::<Text>::FIELDS, Phone::<Text>::FIELDS, CallReply::<Text>::FIELDS] {
        assert!(fields(&all, names), "{names:?}");
    }
    for info in EVENT_TYPES {
        assert!(fields(&all, info.fields), "{}", info.event_type);
    }
    for names in [tieline_axeos::Caller::<Text>::FIELDS, tieline_axeos::Target::<Text>::FIELDS] {
        assert!(fields(&all, names), "{names:?}");
    }
}

#[test]
fn borrowed_sliced_and_copied_strings_agree() {
    for fixture in AXEOS.iter().filter(|fixture| fixture.kind == AxeosKind::Events) {
        for item in listing::<Entry<Text>>(fixture).elements() {
            let raw = item.raw();
            let borrowed = Entry::decode_str(raw).map(|entry| entry.to_json());
            assert_eq!(Entry::decode_text(raw).map(|entry| entry.to_json()), borrowed);
            assert_eq!(Entry::decode_owned(raw).map(|entry| entry.to_json()), borrowed);
        }
    }
}

#[test]
fn a_call_and_its_answers_lose_nothing() {
    for fixture in of(AxeosKind::CallRequest) {
        let request = CallRequest::from_json(fixture.text).expect(fixture.name);
        assert_eq!(value(&request.to_json()), value(fixture.text), "{}", fixture.name);
        assert_eq!(CallRequest::from_pairs(request.pairs()), Ok(request), "{}", fixture.name);
    }
    for fixture in of(AxeosKind::CallReply) {
        let reply: CallReply<String> = decode(fixture.text).expect(fixture.name);
        assert!(!matches!(reply.status, Some(tieline_axeos::CallStatus::Other(_)) | None), "{}", fixture.name);
        assert_eq!(value(&reply.to_json()), value(fixture.text), "{}", fixture.name);
    }
}

#[test]
fn an_unknown_event_is_kept_whole() {
    let fixture = AXEOS.iter().find(|fixture| fixture.name == "ours/11-events-unknown").expect("it is there");
    let batch = listing::<Entry<Text>>(fixture);
    let events: Vec<_> = batch.values().collect();
    let Event::Unknown(unknown) = &events[0].event else { panic!("{:?}", events[0]) };
    assert_eq!((events[0].seq, &*unknown.event_type), (7, "fax received"));
    assert_eq!(unknown.body.field::<Vec<u64>>("pages"), Ok(Some(vec![1, 2])));
    assert_eq!(value(&events[0].to_json()), value(fixture.text)[0]);
    let Event::IncomingCall(call) = &events[2].event else { panic!("{:?}", events[2]) };
    let targets: Vec<_> =
        call.targets().map(|target| target.user_phone_type.as_ref().map(|kind| kind.as_str())).collect();
    assert_eq!(targets, [Some("pager")], "`targets` counts, not `target`");
}

#[test]
fn one_bad_event_loses_neither_its_siblings_nor_its_number() {
    let fixture = AXEOS.iter().find(|fixture| fixture.name == "ours/12-events-one-bad").expect("it is there");
    let batch = listing::<Entry<Text>>(fixture);
    assert_eq!(batch.values().map(|entry| entry.seq).collect::<Vec<_>>(), [20, 22]);
    let bad: Vec<_> = batch.bad().map(|bad| (bad.seq, bad.error.field, bad.error.line)).collect();
    assert_eq!(bad, [(Some(21), Some("caller"), 9), (None, Some("seq"), 11), (None, None, 14)]);
    assert_eq!(batch.elements()[3].raw(), "\"what\"");
}
