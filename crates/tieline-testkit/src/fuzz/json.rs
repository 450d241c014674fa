//! The scanner of JSON against `serde_json`: what is accepted, and what is read.

use serde_json::{Map, Value};
use tieline_core::json::{Encode as _, JsonKind, Raw, Scanner, decode, peek};
use tieline_core::{Str, Text};

use super::{Judgement, judged, same, text};

/// Accept or refuse, and the values, of any text.
pub fn scanner(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut skipping = Scanner::new(text, 0);
    let skipped = skipping.skip_value().and_then(|json| skipping.end().map(|()| json));
    let expected = match judged(text) {
        Judgement::Json(value) => {
            assert_eq!(skipped.expect("serde_json accepts it").trim(), text.trim());
            Some(value)
        }
        Judgement::Invalid => {
            let error = skipped.expect_err("serde_json refuses it");
            assert!(error.offset <= text.len() && error.line >= 1 && error.column >= 1, "{error}");
            None
        }
        // Too deep for serde_json, or a number that no double holds: both are JSON to us.
        Judgement::Beyond => return,
    };
    let mut reading = Scanner::new(text, 128);
    let read = tree(&mut reading).and_then(|value| reading.end().map(|()| value));
    let Some(expected) = expected else { return assert!(read.is_err(), "read and skipped differ") };
    assert_eq!(read.expect("skipped, so read"), expected);

    let raw = Raw::from_json(text).expect("skipped, so kept");
    if let Ok(value) = serde_json::to_value(&raw) {
        assert!(same(&value, &expected), "through serde: {value} {expected}");
    }
    let Value::Object(members) = &expected else { return };
    for (key, value) in members {
        let found = peek::<Raw<Str<'_>>>(text, key).expect("JSON");
        match found {
            Some(found) => assert_eq!(serde_json::from_str::<Value>(found.as_json()).expect("JSON"), *value),
            None => assert!(value.is_null(), "{key}"),
        }
    }
}

/// A string is written as `serde_json` reads it, and read as `serde_json` writes it.
pub fn strings(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let ours = text.to_json();
    assert_eq!(serde_json::from_str::<String>(&ours).expect("a string"), text);
    let theirs = serde_json::to_string(text).expect("a string");
    for json in [ours, theirs] {
        assert_eq!(decode::<Str<'_>>(&json).expect("a string"), *text);
        assert_eq!(decode::<String>(&json).expect("a string"), text);
        let frame = Text::from(json.as_str());
        let sliced: Text = tieline_core::json::decode_with(&frame, &frame, 1).expect("a string");
        assert_eq!(sliced, *text);
    }
}

/// The whole value by the scanner's own steps; deeper than its limit is an error.
fn tree(scanner: &mut Scanner<'_>) -> Result<Value, tieline_core::json::DecodeError> {
    Ok(match scanner.kind()? {
        JsonKind::Null => {
            assert!(scanner.null()?);
            Value::Null
        }
        JsonKind::Bool => scanner.boolean()?.into(),
        JsonKind::Number => {
            let number = scanner.number()?;
            serde_json::from_str(number).expect("a number of ours is one of theirs")
        }
        JsonKind::String => scanner.string()?.as_str().into(),
        JsonKind::Array => {
            let (mut list, mut members) = (Vec::new(), scanner.array()?);
            while scanner.element(&mut members)? {
                list.push(tree(scanner)?);
            }
            list.into()
        }
        JsonKind::Object => {
            let (mut map, mut members) = (Map::new(), scanner.object()?);
            while let Some(key) = scanner.key(&mut members)? {
                map.insert(key.into_cow().into_owned(), tree(scanner)?);
            }
            map.into()
        }
    })
}
