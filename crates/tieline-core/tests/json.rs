//! The scanner accepts exactly what serde_json accepts, and types read and write what their documents show.

use proptest::prelude::*;
use tieline_core::json::{
    Decode, DecodeError, DecodeErrorKind, Encode, JsonKind, KeyGuess, Places, Raw, Scanner, decode, decode_with, peek,
};
use tieline_core::{Str, Text, Timestamp, open_enum, wire_struct};

open_enum! {
    /// A colour.
    pub enum Colour {
        /// Red.
        Red = "RED",
        /// None.
        Blank = "",
    }
}

wire_struct! {
    /// Everything a wire struct can hold.
    pub struct Everything<S> {
        /// A string.
        pub text: S,
        /// A number.
        pub count: i64,
        /// A boolean.
        pub online: bool,
        /// A renamed field with a second spelling.
        pub destination: S = "dest" | "desst",
        /// An open enum.
        pub colour: Colour<S>,
        /// A list.
        pub list: Vec<Inner<S>>,
        /// A moment.
        pub time: Timestamp<S>,
        /// Raw.
        pub raw: Raw<S>,
    }

    /// A value that may be null.
    pub struct Nullable<S> {
        /// Kept when null.
        pub content: Raw<S>; null,
    }

    /// An inner object.
    pub struct Inner<S> {
        /// A string.
        pub name: S,
    }
}

#[test]
fn null_is_kept_where_the_field_says_so() {
    for text in ["{}", r#"{"content":null}"#, r#"{"content":1}"#] {
        let value: Nullable<Str<'_>> = decode(text).expect("valid");
        assert_eq!(value.to_json(), text);
    }
}

type Borrowed<'a> = Everything<Str<'a>>;

fn error(text: &str) -> DecodeError {
    decode::<Borrowed<'_>>(text).expect_err("refused")
}

#[test]
fn every_kind_of_field_survives_decode_and_encode() {
    let text = concat!(
        r#"{"text":"a\"b","count":-7,"online":true,"dest":"x","colour":"RED","list":[{"name":"n"}],"#,
        r#""time":"1632668176","raw":{"a":[1, 2.50]}}"#
    );
    assert_eq!(decode::<Borrowed<'_>>(text).expect("valid").to_json(), text);
    assert_eq!(decode::<Everything<String>>(text).expect("valid").to_json(), text);
    let frame = Text::from(text);
    assert_eq!(decode_with::<Everything<Text>, Text>(&frame, &frame, 8).expect("valid").to_json(), text);
}

#[test]
fn serde_serialization_equals_our_encoding() {
    let text =
        r#"{"text":"a","count":-7,"online":true,"dest":"x","colour":"","list":[{}],"raw":{"a":[1,-2,null,"s",true]}}"#;
    let value = decode::<Borrowed<'_>>(text).expect("valid");
    let ours: serde_json::Value = serde_json::from_str(&value.to_json()).expect("JSON");
    assert_eq!(serde_json::to_value(&value).expect("serializes"), ours);
}

#[test]
fn numbers_and_strings_stand_in_for_each_other_and_the_documented_form_is_written() {
    let value: Borrowed<'_> =
        decode(r#"{"text":12.50,"count":"42","online":"true","time":1632668176,"dest":false}"#).expect("tolerated");
    assert_eq!(value.to_json(), r#"{"text":"12.50","count":42,"online":true,"dest":"false","time":"1632668176"}"#);
    assert_eq!(decode::<Borrowed<'_>>(r#"{"online":0}"#).expect("tolerated").online, Some(false));
}

#[test]
fn unknown_keys_are_skipped_null_is_absent_and_the_last_duplicate_wins() {
    let value: Borrowed<'_> = decode(r#"{"x":{"text":"no"},"text":null,"count":1,"count":2,"y":[[]]}"#).expect("ok");
    assert_eq!((value.text, value.count), (None, Some(2)));
}

#[test]
fn a_second_spelling_is_read_and_the_first_is_written() {
    let value: Borrowed<'_> = decode(r#"{"desst":"x"}"#).expect("ok");
    assert_eq!(value.to_json(), r#"{"dest":"x"}"#);
}

#[test]
fn long_strings_without_escapes_are_slices_of_the_frame_and_short_ones_copies() {
    let frame = Text::from(r#"{"text":"sip:1234567890@pbx.example.com","dest":"sip:102@pbx.example.com"}"#);
    let value: Everything<Text> = decode_with(&frame, &frame, 8).expect("ok");
    let within = |text: &Text| frame.as_bytes().as_ptr_range().contains(&text.as_bytes().as_ptr());
    let (long, short) = (value.text.expect("there"), value.destination.expect("there"));
    assert_eq!((long.as_str(), within(&long)), ("sip:1234567890@pbx.example.com", true));
    assert_eq!((short.as_str(), within(&short)), ("sip:102@pbx.example.com", false));
}

#[test]
fn fields_of_a_frame_read_as_those_that_borrow() {
    for text in [
        r#"{"text": "a b", "time": "1", "colour": "RED"}"#,
        r#"{"text":"first","text":null,"time":"1","time":null,"colour":"RED","colour":null}"#,
        r#"{"text":null,"text":"last","time":null,"time":2,"colour":null,"colour":"\u0052ED"}"#,
        r#"{"text":"longer than what a text holds within itself","text":"short"}"#,
        r#"{"text":7,"time":true,"colour":5,"list":[{"name":"n"},{},{"name":null,"name":"with \"quotes\""}]}"#,
    ] {
        let frame = Text::from(text);
        let of_frame: Everything<Text> = decode_with(&frame, &frame, 8).expect("valid");
        assert_eq!(of_frame.to_json(), decode::<Borrowed<'_>>(text).expect("valid").to_json());
    }
    for text in
        [r#"{"text":"no end"#, r#"{"text":nul}"#, r#"{"time":[]}"#, r#"{"colour":{}}"#, r#"{"list":[{"name":0x}]}"#]
    {
        let frame = Text::from(text);
        assert_eq!(decode_with::<Everything<Text>, Text>(&frame, &frame, 8), Err(error(text)));
    }
}

#[test]
fn a_string_ends_at_its_quote_whatever_its_length_and_whatever_follows() {
    // The bytes of `¢` and `ܢ` beyond ASCII are a quote and a backslash but for the highest bit.
    let letters = "abc\u{a2}\u{722}xyz";
    for length in 0..50 {
        let string: String = letters.chars().cycle().take(length).collect();
        for following in 0..20 {
            let text = format!("[\"{string}\",\"{}\"]", "n".repeat(following));
            assert_eq!(strings(&text).expect("valid")[0], string);
            let escaped = format!("[\"{string}\\n\",\"{}\"]", "n".repeat(following));
            assert_eq!(strings(&escaped).expect("valid")[0], format!("{string}\n"));
            let broken = format!("[\"{string}\n\",\"{}\"]", "n".repeat(following));
            let error = strings(&broken).expect_err("refused");
            assert_eq!((error.kind, error.offset), (DecodeErrorKind::ControlCharacter, 2 + string.len()));
        }
    }
}

fn strings(text: &str) -> Result<Vec<String>, DecodeError> {
    decode(text)
}

#[test]
fn errors_name_line_column_and_field() {
    let wrong = error("{\n  \"text\": \"ü\", \"count\": [1]}");
    assert_eq!((wrong.line, wrong.column, wrong.field), (2, 25, Some("count")));
    assert_eq!(wrong.to_string(), "an array found, an integer expected in `count` at line 2, column 25");
    assert_eq!(error("{\"text\":\"a\" \"b\"}").column, 13);
    assert_eq!(error("{\"count\":\"many\"}").kind.to_string(), "a string found, an integer expected");
    assert_eq!(error("{\"count\":99999999999999999999}").kind, DecodeErrorKind::OutOfRange);
    assert_eq!(error("{\"text\":").kind, DecodeErrorKind::UnexpectedEnd);
    assert_eq!(error("{} x").kind, DecodeErrorKind::TrailingCharacters);
    assert_eq!(error("{\"text\":\"a\nb\"}").kind, DecodeErrorKind::ControlCharacter);
    assert_eq!(error(r#"{"text":"\ud800"}"#).kind, DecodeErrorKind::InvalidEscape);
}

#[test]
fn an_error_never_shows_the_message() {
    let shown = format!("{:?} {}", error(r#"{"text":"hunter2" hunter2}"#), error(r#"{"text":"hunter2" hunter2}"#));
    assert!(!shown.contains("hunter2"));
}

#[test]
fn skipped_values_may_nest_without_bound_and_materialised_ones_may_not() {
    for depth in [1usize, 63, 64, 65, 128, 129, 200, 200_000] {
        let nest = format!("{}{}{}", "[{\"a\":".repeat(depth), "1", "}]".repeat(depth));
        let text = format!("{{\"unknown\":{nest},\"text\":\"kept\"}}");
        assert_eq!(decode::<Borrowed<'_>>(&text).expect("skipped").text.as_deref(), Some("kept"));
        assert_eq!(Raw::from_json(nest.as_str()).expect("checked").as_json(), nest);
        let broken = nest.replacen("1}", "1]", 1);
        assert!(Raw::from_json(broken.as_str()).is_err());
    }
    let flat = decode_with::<Everything<String>, ()>(r#"{"list":[{"name":"x"}]}"#, &(), 2);
    assert_eq!(flat.expect_err("three levels").kind, DecodeErrorKind::TooDeep);
}

#[test]
fn the_guess_at_a_key_is_only_a_guess_and_the_walk_is_right() {
    let text = r#"{"note":{"event_type":"inner"},"event_type" : "outer"}"#;
    assert_eq!(KeyGuess::new("\"event_type\"").string_in(text).as_deref(), Some("inner"));
    assert_eq!(peek::<Str<'_>>(text, "event_type").expect("valid").as_deref(), Some("outer"));
    assert_eq!(peek::<Str<'_>>("[]", "event_type").expect("valid"), None);
    assert_eq!(KeyGuess::new("\"event_type\"").string_in(r#"{"a":"event_type"}"#), None);
}

#[test]
fn raw_fields_are_found_by_name() {
    let raw = Raw::from_json(r#"{"a":1,"b":"two","a":3}"#).expect("valid");
    assert_eq!(raw.field::<i64>("a").expect("number"), Some(3));
    assert_eq!(raw.field::<String>("b").expect("string").as_deref(), Some("two"));
    assert_eq!(raw.field::<String>("c").expect("absent"), None);
    assert!(raw.field::<i64>("b").is_err());
    assert_eq!(Raw::from_json("[1]").expect("valid").kind(), JsonKind::Array);
    assert!(Raw::from_json("1 2").is_err());
}

/// Texts near JSON: valid trees, and valid trees with a few characters changed.
#[test]
fn lists_may_take_32_times_the_message_and_always_a_few_elements() {
    #[derive(Debug)]
    struct Wide([u64; 64]);
    impl<'a> Decode<'a, ()> for Wide {
        fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
            scanner.skip_value()?;
            Ok(Self([1; 64]))
        }
    }
    let list = |count: usize, element: &str| format!("[{}]", vec![element; count].join(","));
    assert_eq!(decode::<Vec<Wide>>(&list(20, "0")).expect("few")[19].0[0], 1);
    assert_eq!(decode::<Vec<Wide>>(&list(10_000, "0")).unwrap_err().kind, DecodeErrorKind::ListsTooLarge);
    assert_eq!(decode::<Vec<Wide>>(&list(10_000, "\"as long as an element is\"")).expect("wide enough").len(), 10_000);
    assert_eq!(decode::<Vec<Vec<Wide>>>(&list(10_000, "[0]")).unwrap_err().kind, DecodeErrorKind::ListsTooLarge);
}

fn near_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| format!("{f:e}")),
        any::<String>().prop_map(|s| serde_json::to_string(&s).expect("a string")),
        Just(r#""\u00e9\ud83d\ude00\n""#.to_owned()),
    ];
    let tree = leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((any::<String>(), inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members
                    .into_iter()
                    .map(|(key, value)| format!("{}:{value}", serde_json::to_string(&key).expect("a key")))
                    .collect();
                format!("{{ {} }}", members.join(","))
            }),
        ]
    });
    (tree, prop::collection::vec((any::<prop::sample::Index>(), r#"[\[\]{}:,"\\ 0-9eEu.+\-tfn\x00]?"#), 0..3)).prop_map(
        |(text, edits)| {
            let mut text: Vec<char> = text.chars().collect();
            for (at, with) in edits {
                let at = at.index(text.len().max(1));
                if at < text.len() {
                    text.splice(at..=at, with.chars());
                }
            }
            text.into_iter().collect()
        },
    )
}

/// Reads any value wholly through the materialising calls of the scanner.
fn walk(scanner: &mut Scanner<'_>) -> Result<serde_json::Value, DecodeError> {
    Ok(match scanner.kind()? {
        JsonKind::Null => {
            scanner.null()?;
            serde_json::Value::Null
        }
        JsonKind::Bool => scanner.boolean()?.into(),
        JsonKind::Number => serde_json::from_str(scanner.number()?).unwrap_or(serde_json::Value::Null),
        JsonKind::String => scanner.string()?.as_str().into(),
        JsonKind::Array => {
            let mut items = Vec::new();
            let mut members = scanner.array()?;
            while scanner.element(&mut members)? {
                items.push(walk(scanner)?);
            }
            items.into()
        }
        JsonKind::Object => {
            let mut map = serde_json::Map::new();
            let mut members = scanner.object()?;
            while let Some(key) = scanner.key(&mut members)? {
                let value = walk(scanner)?;
                map.insert(key.as_str().into(), value);
            }
            map.into()
        }
    })
}

/// A value that is whatever stood there.
struct Any(serde_json::Value);

impl<'a> Decode<'a, ()> for Any {
    fn decode(scanner: &mut Scanner<'a>, (): &()) -> Result<Self, DecodeError> {
        walk(scanner).map(Any)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn materialising_agrees_with_serde_json(text in near_json()) {
        let theirs = serde_json::from_str::<serde_json::Value>(&text);
        let ours = decode::<Any>(&text);
        match (theirs, ours) {
            (Ok(theirs), Ok(ours)) => prop_assert_eq!(theirs, ours.0),
            (Err(theirs), Ok(_)) => prop_assert!(theirs.to_string().contains("number out of range"), "{}", theirs),
            (Ok(_), Err(ours)) => prop_assert!(false, "refused by us only: {ours}"),
            (Err(_), Err(_)) => {}
        }
    }

    #[test]
    fn skipping_accepts_what_materialising_accepts(text in near_json()) {
        let skipped = Raw::from_json(text.as_str()).map(|_| ());
        let walked = decode::<Any>(&text).map(|_| ());
        prop_assert_eq!(skipped.is_ok(), walked.is_ok());
        if let (Err(a), Err(b)) = (skipped, walked) {
            prop_assert_eq!((a.kind, a.offset), (b.kind, b.offset));
        }
    }

    #[test]
    fn no_text_panics_and_no_error_lies_outside_of_it(text in any::<String>()) {
        if let Err(error) = decode::<Borrowed<'_>>(&text) {
            prop_assert!(error.offset <= text.len());
        }
        let _ = KeyGuess::new("\"a\"").string_in(&text);
    }

    #[test]
    fn every_string_survives(text in any::<String>()) {
        let json = text.to_json();
        prop_assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text.clone());
        prop_assert_eq!(decode::<String>(&json).expect("JSON"), text);
    }
}

#[test]
fn errors_counted_from_an_element_are_in_their_place_in_the_whole() {
    let text = "[1,\n  \"é\", 2,\n\n 3]";
    let (mut scanner, mut places) = (Scanner::new(text, 4), Places::new());
    let mut members = scanner.array().expect("an array");
    while scanner.element(&mut members).expect("JSON") {
        let whole = scanner.clone().wrong_type("an object");
        let mut element = scanner.clone();
        element.count_from_here();
        let place = places.of(text, element.offset());
        let counted = element.wrong_type("an object").seen_from(place);
        assert_eq!(counted, whole);
        scanner.skip_value().expect("JSON");
    }
}
