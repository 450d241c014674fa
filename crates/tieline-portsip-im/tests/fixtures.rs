//! Every sample of the document, and every field of the types, survives decoding and encoding.

use std::collections::BTreeSet;

use serde_json::Value;
use tieline_core::Text;
use tieline_core::json::{Encode, decode};
use tieline_portsip_im::{
    Acc, Access, Card, ClientBody, ClientMessage, Credential, CredentialState, Ctrl, Data, DefaultAccess, Del,
    Deletions, Desc, Extra, Get, GetOpts, GetQuery, Hi, Info, Leave, Login, Meta, Note, Params, Photo, Pres, Pub, Seen,
    SeqRange, ServerMessage, Set, SetDesc, SetQuery, SetSub, Sub, Subscriber,
};
use tieline_testkit::{IM, ImFixture, ImSource, Side};

fn valid(from: Side) -> impl Iterator<Item = &'static ImFixture> {
    IM.iter().filter(move |fixture| fixture.from == from && fixture.source != ImSource::Invalid)
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn every_message_of_a_client_is_known_and_no_field_of_it_is_lost() {
    for fixture in valid(Side::Client) {
        let message = ClientMessage::decode(fixture.text).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert!(!matches!(message.body, ClientBody::Unknown(_)), "{}", fixture.name);
        assert_eq!(value(&message.to_json()), value(fixture.text), "{}", fixture.name);
    }
}

#[test]
fn every_message_of_a_server_is_known_and_no_field_of_it_is_lost() {
    for fixture in valid(Side::Server) {
        let message = ServerMessage::decode(fixture.text).unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert!(!matches!(message, ServerMessage::Unknown(_)), "{}", fixture.name);
        assert_eq!(value(&message.to_json()), value(fixture.text), "{}", fixture.name);
    }
}

#[test]
fn the_params_of_every_answer_are_known_and_none_is_lost() {
    for fixture in valid(Side::Server) {
        let ServerMessage::Ctrl(ctrl) = ServerMessage::decode(fixture.text).expect("valid") else { continue };
        let Some(params) = &ctrl.params else { continue };
        let known = ctrl.known_params().unwrap_or_else(|error| panic!("{}: {error}", fixture.name));
        assert_eq!(value(&known.to_json()), value(params.as_json()), "{}", fixture.name);
    }
}

#[test]
fn the_card_in_public_is_known_and_no_field_of_it_is_lost() {
    let fixture = IM.iter().find(|fixture| fixture.name.ends_with("meta-desc-full")).expect("listed");
    let ServerMessage::Meta(meta) = ServerMessage::decode(fixture.text).expect("valid") else { panic!("a meta") };
    let public = meta.desc.and_then(|desc| desc.public).expect("public");
    let card: Card<String> = decode(public.as_json()).expect("a card");
    assert_eq!(value(&card.to_json()), value(public.as_json()));
    let photo = card.photo.expect("a photo");
    assert_eq!(photo.reference.expect("a file").bare_id(), Some("NDW4_NYseeH20iuC3rih_wAAwItyRIMM"));
}

#[test]
fn slices_of_the_frame_and_copies_hold_the_same_as_borrowed_strings() {
    for fixture in valid(Side::Client) {
        let borrowed = ClientMessage::decode(fixture.text).expect("valid").to_json();
        let sliced = ClientMessage::decode_frame(&Text::from(fixture.text), 64).expect("valid");
        assert_eq!(sliced.to_json(), borrowed, "{}", fixture.name);
        assert_eq!(ClientMessage::decode_owned(fixture.text).expect("valid").to_json(), borrowed, "{}", fixture.name);
    }
    for fixture in valid(Side::Server) {
        let borrowed = ServerMessage::decode(fixture.text).expect("valid").to_json();
        let sliced = ServerMessage::decode_frame(&Text::from(fixture.text), 64).expect("valid");
        assert_eq!(sliced.to_json(), borrowed, "{}", fixture.name);
        assert_eq!(ServerMessage::decode_owned(fixture.text).expect("valid").to_json(), borrowed, "{}", fixture.name);
    }
}

#[test]
fn serde_writes_a_message_of_a_server_as_our_encoder_does() {
    for fixture in valid(Side::Server) {
        let message = ServerMessage::decode(fixture.text).expect("valid");
        let serialized = serde_json::to_value(&message).expect("serializes");
        assert_eq!(serialized, value(&message.to_json()), "{}", fixture.name);
    }
}

/// The keys of every object in a value, at any depth.
fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                found.insert(key.clone());
                keys(member, found);
            }
        }
        Value::Array(members) => members.iter().for_each(|member| keys(member, found)),
        _ => {}
    }
}

#[test]
fn every_field_of_every_type_stands_in_a_sample() {
    type S = String;
    let mut shown = [Side::Client, Side::Server].map(|from| {
        let mut found = BTreeSet::new();
        valid(from).for_each(|fixture| keys(&value(fixture.text), &mut found));
        found
    });
    let [client, server] = &mut shown;
    let of_client = [
        Hi::<S>::FIELDS,
        Acc::<S>::FIELDS,
        Login::<S>::FIELDS,
        Credential::<S>::FIELDS,
        Sub::<S>::FIELDS,
        Leave::<S>::FIELDS,
        Pub::<S>::FIELDS,
        Get::<S>::FIELDS,
        GetQuery::<S>::FIELDS,
        GetOpts::<S>::FIELDS,
        Set::<S>::FIELDS,
        SetQuery::<S>::FIELDS,
        SetDesc::<S>::FIELDS,
        SetSub::<S>::FIELDS,
        DefaultAccess::<S>::FIELDS,
        Del::<S>::FIELDS,
        Note::<S>::FIELDS,
        Extra::<S>::FIELDS,
        SeqRange::FIELDS,
    ];
    let of_server = [
        Ctrl::<S>::FIELDS,
        Params::<S>::FIELDS,
        Data::<S>::FIELDS,
        Meta::<S>::FIELDS,
        Desc::<S>::FIELDS,
        Seen::<S>::FIELDS,
        Access::<S>::FIELDS,
        Subscriber::<S>::FIELDS,
        Deletions::FIELDS,
        CredentialState::<S>::FIELDS,
        Pres::<S>::FIELDS,
        Info::<S>::FIELDS,
        Card::<S>::FIELDS,
        Photo::<S>::FIELDS,
    ];
    for (types, shown) in [(&of_client[..], client), (&of_server[..], server)] {
        for field in types.iter().copied().flatten() {
            assert!(shown.contains(*field), "{field} stands in no sample");
        }
    }
}

#[test]
fn two_messages_in_one_frame_and_what_is_no_json_are_refused_with_line_and_column() {
    let leave = IM.iter().find(|fixture| fixture.name == "invalid/01-client-leave").expect("listed");
    let error = ClientMessage::decode(leave.text).expect_err("no comma");
    assert_eq!((error.line, error.column), (5, 9), "{error}");
    let two = IM.iter().find(|fixture| fixture.name == "invalid/02-server-pres-and-ctrl").expect("listed");
    let error = ServerMessage::decode(two.text).expect_err("two messages");
    assert_eq!((error.line, error.column), (11, 1), "{error}");
}
