//! Any text, and messages as they may be, through the codec.

use proptest::prelude::*;
use tieline_cloudpbx::stream::{Entries, Entry, Message, StreamTarget, lint};
use tieline_core::Text;
use tieline_core::json::Encode;
use tieline_core::json::lint::Severity;

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|value| value.to_string()),
        any::<i64>().prop_map(|value| value.to_string()),
        (0..40_i64).prop_map(|value| format!("\"{value}\"")),
        prop::sample::select(vec![r#""SIP\/X-1""#, r#""SIP\\X-1""#, r#""add""#, r#""SENT""#, r#""""#, r#""\u00e9""#])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop::sample::select(vec![
            "subscriber",
            "extstatus",
            "queue",
            "qmember",
            "cmember",
            "smsSendResponse",
            "other",
            "peer",
            "statusValue",
            "status",
            "calls",
            "m_status",
            "m_paused",
            "m_location",
            "channel",
            "action",
            "conference",
            "MsgId",
            "text",
            "id",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((key, inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// Messages, whole or with one byte made something else.
fn message() -> impl Strategy<Value = String> {
    let whole = (any::<i64>(), json(), any::<bool>()).prop_map(|(id, text, quoted)| {
        let text = if quoted { text.to_json() } else { text };
        format!(r#"{{"id":{id},"channel":"pbx_X","text":{text}}}"#)
    });
    (whole, prop::option::of((any::<prop::sample::Index>(), r#"[\\"{}\[\],:u0n]"#))).prop_map(|(mut text, change)| {
        if let Some((at, with)) = change {
            let at = at.index(text.len());
            text.replace_range(at..=at, &with);
        }
        text
    })
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let frame = Text::from(text);
    let (borrowed, sliced, owned) =
        (Message::decode(text), Message::decode_frame(&frame, 64, 256), Message::decode_owned(text));
    let shown = format!("{borrowed:?}");
    prop_assert_eq!(&shown, &format!("{sliced:?}"));
    prop_assert_eq!(&shown, &format!("{owned:?}"));
    let Ok(Message::Events(envelope)) = owned else { return Ok(()) };
    if serde_json::from_str::<serde_json::Value>(text).is_ok() && !text.contains(r#""text":""#) {
        prop_assert!(!envelope.repaired, "valid JSON needs no repair");
    }
    // Once written it stays as it is; but strings that stood in a string are unpacked the second time.
    let named = |entry: &Entry<String>| entry.event.is_ok() || !entry.body.starts_with('"');
    if envelope.omitted == 0 && envelope.events.iter().all(named) {
        let written = envelope.to_json();
        let Ok(Message::Events(again)) = Message::decode_owned(&written) else { panic!("our own: {written}") };
        prop_assert_eq!(again.to_json(), written);
        prop_assert_eq!(again.events.len(), envelope.events.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// The linter and the decoder agree on what is broken.
    #[test]
    fn a_message_is_broken_exactly_when_it_or_one_of_its_events_cannot_be_read(text in message()) {
        let broken = lint(&text).iter().any(|anomaly| anomaly.severity() == Severity::Broken);
        let refused = match Message::decode(&text) {
            Ok(Message::Events(envelope)) => envelope.events.iter().any(|entry| entry.event.is_err()),
            Ok(_) => false,
            Err(_) => true,
        };
        prop_assert_eq!(broken, refused, "{}", text);
    }

    /// The same of events outside of an envelope.
    #[test]
    fn bare_events_are_broken_exactly_when_one_of_them_cannot_be_read(events in json()) {
        let text = format!(r#"{{"queue":{events}}}"#);
        let broken = lint(&text).iter().any(|anomaly| anomaly.severity() == Severity::Broken);
        let entries = Entries::decode(&text).expect("JSON");
        prop_assert_eq!(broken, entries.iter().any(|entry| entry.event.is_err()), "{}", text);
    }

    #[test]
    fn messages_read_the_same_in_every_kind_of_string_and_stay_as_they_are_written(text in message()) {
        check(&text)?;
    }

    #[test]
    fn any_text_at_all_does_no_harm(text in ".{0,80}") {
        check(&text)?;
        let _ = StreamTarget::parse(&text);
    }
}
