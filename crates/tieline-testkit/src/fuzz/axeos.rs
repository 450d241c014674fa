//! Axeos: lists of events, users and phones, and what is asked for them.

use arbitrary::Unstructured;
use tieline_axeos::http::Request;
use tieline_axeos::{CallReply, CallRequest, Element, Entry, Listing, Phone, Poll, Row, User};
use tieline_core::Text;
use tieline_core::json::{Encode, decode};

use super::{Judgement, judged, request_head, text};

/// A list of events.
pub fn events(data: &[u8]) {
    list::<Entry<Text>>(data);
    let Some(text) = text(data) else { return };
    let entry = Entry::decode_str(text);
    assert_eq!(entry.as_ref().map(Encode::to_json), Entry::decode_owned(text).as_ref().map(Encode::to_json));
    if let Ok(entry) = entry {
        let again = Entry::decode_str(&entry.to_json()).map(|entry| entry.to_json());
        assert_eq!(again.as_deref(), Ok(&*entry.to_json()));
        let _ = (entry.event.user_uuids().count(), entry.event.phone_uuids().count());
    }
}

/// A list of users.
pub fn users(data: &[u8]) {
    list::<User<Text>>(data);
}

/// A list of phones.
pub fn phones(data: &[u8]) {
    list::<Phone<Text>>(data);
}

/// Every element stands in its place, whole, and a bad one takes no other with it.
fn list<T: Row + Encode + PartialEq + std::fmt::Debug>(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let frame = Text::from(text);
    let _ = Listing::<T>::decode(frame.clone(), 1);
    let read = Listing::<T>::decode(frame, 64);
    let expected = match judged(text) {
        Judgement::Json(serde_json::Value::Array(elements)) => elements,
        Judgement::Beyond => return,
        _ => return assert!(read.is_err(), "no array"),
    };
    let read = match read {
        Ok(read) => read,
        Err(error) => return assert!(matches!(error.kind, tieline_core::json::DecodeErrorKind::TooMany), "{error}"),
    };
    assert_eq!(read.len(), expected.len());
    for (element, expected) in read.elements().iter().zip(&expected) {
        let raw = match element {
            Element::Good(item) => &item.raw,
            Element::Bad(bad) => &bad.raw,
        };
        assert_eq!(&serde_json::from_str::<serde_json::Value>(raw).expect("JSON"), expected);
        if let Element::Good(item) = element {
            let json = format!("[{}]", item.value.to_json());
            let again = Listing::<T>::decode(json.as_str().into(), 64).expect("our own encoding");
            assert_eq!(again.values().collect::<Vec<_>>(), [&item.value]);
        }
    }
}

/// Requests as a server reads them, and the answer to a call.
pub fn requests(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let paths = ["/apis/pbx/users", "/apis/pbx/phones", "/apis/pbx/events", "/apis/pbx/call", "/apis/pbx/x.xml"];
    let Some(head) = request_head(&mut u, &paths) else { return };
    let body = u.take_rest();
    let _ = Request::read(&head, body);
    let Some(text) = text(body) else { return };
    let _ = decode::<CallReply<String>>(text);
    if let Ok(request) = CallRequest::from_json(text) {
        request.check().expect("it was read");
        assert_eq!(CallRequest::from_json(&request.to_json()), Ok(request));
    }
}

/// What is encoded is decoded, equal.
pub fn round_trip(data: &[u8]) {
    let mut u = Unstructured::new(data);
    match u.int_in_range(0..=5) {
        Ok(0..=2) => {
            let Ok(entry) = u.arbitrary::<Entry<String>>() else { return };
            let json = entry.to_json();
            assert_eq!(Entry::decode_owned(&json).expect("our own encoding"), entry, "{json}");
        }
        Ok(3) => {
            let Ok(user) = u.arbitrary::<User<String>>() else { return };
            assert_eq!(decode::<User<String>>(&user.to_json()), Ok(user));
        }
        Ok(4) => {
            let Ok(phone) = u.arbitrary::<Phone<String>>() else { return };
            assert_eq!(decode::<Phone<String>>(&phone.to_json()), Ok(phone));
        }
        _ => {
            let (Ok(poll), Ok(call)) = (u.arbitrary::<Poll>(), u.arbitrary::<CallRequest>()) else { return };
            let pairs = poll.pairs().map(|(name, value)| (name, value.to_string()));
            assert_eq!(Poll::from_pairs(pairs), Ok(poll));
            assert_eq!(CallRequest::from_pairs(call.pairs()), Ok(call.clone()));
            assert_eq!(CallRequest::from_json(&call.to_json()), Ok(call));
        }
    }
}
