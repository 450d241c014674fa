//! What the linter says of messages and shapes.

use proptest::prelude::*;
use tieline_core::json::lint::{Anomaly, AnomalyKind, Linter, Path, Rules, Severity};
use tieline_core::json::{
    Decode, DecodeError, DecodeErrorKind, Encode, JsonKind, Member, Raw, Scanner, Shape, Width, decode,
};
use tieline_core::{Timestamp, open_enum, wire_struct};

open_enum! {
    /// A colour.
    pub enum Colour {
        /// Red.
        Red = "RED",
    }
}

wire_struct! {
    /// Something small.
    pub struct Part<S> {
        /// Its name.
        pub name: S = "name" | "nmae",
        /// Its size.
        pub size: u16,
    }

    /// Something with everything.
    pub struct Thing<S> {
        /// A string.
        pub text: S,
        /// An integer.
        pub count: i64 = "cnt",
        /// A boolean.
        pub on: bool,
        /// A word.
        pub colour: Colour<S>,
        /// A time.
        pub time: Timestamp<S>,
        /// Objects.
        pub parts: Vec<Part<S>>,
        /// One object, behind a pointer.
        pub part: Box<Part<S>>,
        /// Strings, each of which may be `null`.
        pub maybe: Vec<Option<S>>,
        /// Anything.
        pub raw: Raw<S>,
        /// A number with a decoder of its own.
        pub price: Price,
        /// A value with a decoder that does not say what it takes.
        pub silent: Silent,
    }
}

/// A decimal number, or one in a string.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Price(String);

impl<'a, C: ?Sized> Decode<'a, C> for Price {
    const SHAPE: Shape = Shape::Number;

    fn decode(scanner: &mut Scanner<'a>, _: &C) -> Result<Self, DecodeError> {
        if scanner.kind()? == JsonKind::Number {
            return scanner.number().map(|number| Self(number.into()));
        }
        let mut at = scanner.clone();
        let text = scanner.string().map_err(|_| at.wrong_type("a number"))?;
        let mut digits = Scanner::new(&text, 0);
        match digits.number() {
            Ok(number) if number.len() == text.len() => Ok(Self(number.into())),
            _ => Err(at.wrong_type("a number")),
        }
    }
}

impl Encode for Price {
    fn encode(&self, out: &mut String) {
        out.push_str(&self.0);
    }
}

/// Whatever stands there.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Silent;

impl<'a, C: ?Sized> Decode<'a, C> for Silent {
    fn decode(scanner: &mut Scanner<'a>, _: &C) -> Result<Self, DecodeError> {
        scanner.skip_value().map(|_| Self)
    }
}

impl Encode for Silent {
    fn encode(&self, out: &mut String) {
        out.push_str("null");
    }
}

const THING: Shape = <Thing<String> as Decode<'static, ()>>::SHAPE;

fn pairs(anomalies: Vec<Anomaly>) -> Vec<(String, AnomalyKind)> {
    anomalies.into_iter().map(|anomaly| (anomaly.path, anomaly.kind)).collect()
}

fn told(text: &str) -> Vec<(String, AnomalyKind)> {
    pairs(Linter::new().lint(text, &THING))
}

fn one(path: &str, kind: AnomalyKind) -> Vec<(String, AnomalyKind)> {
    vec![(path.into(), kind)]
}

fn other(expected: &'static str, found: JsonKind) -> AnomalyKind {
    AnomalyKind::OtherKind { expected, found }
}

fn wrong(expected: &'static str, found: JsonKind) -> AnomalyKind {
    AnomalyKind::Refused(DecodeErrorKind::WrongType { expected, found })
}

#[test]
fn the_macros_state_the_shape_of_what_they_declare() {
    let Shape::Object(members) = THING else { panic!("{THING:?}") };
    assert_eq!(members.iter().map(|member| member.key).collect::<Vec<_>>(), Thing::<String>::FIELDS);
    const PART: Shape = Shape::Object(&[
        Member::new("name", &["nmae"], Shape::String),
        Member::new("size", &[], Shape::Integer(Width::U16)),
    ]);
    let shapes = members.iter().map(|member| member.shape).collect::<Vec<_>>();
    let [text, count, on, colour, time, parts, boxed, maybe, raw, price, silent] = shapes.as_slice() else {
        panic!("{shapes:?}")
    };
    assert_eq!((*text, *count, *on), (Shape::String, Shape::Integer(Width::I64), Shape::Bool));
    assert_eq!((*colour, *time), (Shape::Words(&["RED"]), Shape::Time));
    assert_eq!((*parts, *boxed), (Shape::List(&PART), PART));
    assert_eq!(*maybe, Shape::List(&Shape::Nullable(&Shape::String)));
    assert_eq!((*raw, *price, *silent), (Shape::Any, Shape::Number, Shape::Any));
}

#[test]
fn a_message_as_documented_has_no_anomaly() {
    let text = r#"{"text":"a","cnt":-1,"on":true,"colour":"RED","time":"1632669389","parts":[{"name":"n","size":2}],
        "part":{},"maybe":[null,"x"],"raw":{"a":[1]},"price":1.5,"silent":null}"#;
    assert_eq!(told(text), []);
    assert!(decode::<Thing<String>>(text).is_ok());
}

#[test]
fn values_of_another_kind_that_are_read_are_bent() {
    let text = r#"{"text":true,"cnt":"5","on":1,"colour":3,"time":1632669389,"price":"1.5"}"#;
    assert_eq!(
        told(text),
        [
            ("text".into(), other("a string", JsonKind::Bool)),
            ("cnt".into(), other("an integer", JsonKind::String)),
            ("on".into(), other("a boolean", JsonKind::Number)),
            ("colour".into(), other("a string", JsonKind::Number)),
            ("time".into(), other("a string", JsonKind::Number)),
            ("price".into(), other("a number", JsonKind::String)),
        ]
    );
}

#[test]
fn values_that_are_refused_are_broken_each() {
    let text = r#"{"text":[],"cnt":"five","on":"maybe","parts":{},"part":7,"maybe":[{}],"price":"dear"}"#;
    assert_eq!(
        told(text),
        [
            ("text".into(), wrong("a string", JsonKind::Array)),
            ("cnt".into(), wrong("an integer", JsonKind::String)),
            ("on".into(), wrong("a boolean", JsonKind::String)),
            ("parts".into(), wrong("an array", JsonKind::Object)),
            ("part".into(), wrong("an object", JsonKind::Number)),
            ("maybe[0]".into(), wrong("a string", JsonKind::Object)),
            ("price".into(), wrong("a number", JsonKind::String)),
        ]
    );
}

#[test]
fn a_number_that_the_field_cannot_hold_is_broken() {
    let text = r#"{"part":{"size":65536}}"#;
    assert_eq!(told(text), one("part.size", AnomalyKind::Refused(DecodeErrorKind::OutOfRange)));
}

#[test]
fn null_is_bent_as_a_member_and_broken_as_an_element() {
    assert_eq!(told(r#"{"text":null}"#), one("text", AnomalyKind::Null { expected: "a string" }));
    assert_eq!(told(r#"{"parts":[null]}"#), one("parts[0]", wrong("an object", JsonKind::Null)));
}

#[test]
fn an_unknown_key_is_told_where_the_key_stands() {
    let anomalies = Linter::new().lint("{\"text\":\"ü\",\n  \"new\" : 1}", &THING);
    let [anomaly] = anomalies.as_slice() else { panic!("{anomalies:?}") };
    assert_eq!((anomaly.kind, anomaly.path.as_str()), (AnomalyKind::UnknownKey, "new"));
    assert_eq!((anomaly.offset, anomaly.line, anomaly.column), (16, 2, 3));
    assert_eq!(anomaly.to_string(), "unknown: unknown key in `new` at line 2, column 3");
}

#[test]
fn columns_are_counted_in_characters() {
    let anomalies = Linter::new().lint("{\"text\":\"üüü\",\"new\":1}", &THING);
    assert_eq!(anomalies.iter().map(|anomaly| (anomaly.offset, anomaly.column)).collect::<Vec<_>>(), [(17, 15)]);
}

#[test]
fn a_key_twice_is_told_where_it_stands_again_also_in_what_is_not_known() {
    assert_eq!(told(r#"{"text":"a","text":"b"}"#), one("text", AnomalyKind::DuplicateKey));
    assert_eq!(told(r#"{"raw":{"a":1,"b":2,"a":3}}"#), one("raw.a", AnomalyKind::DuplicateKey));
    assert_eq!(told(r#"{"text":"a","te\u0078t":"b"}"#), one("text", AnomalyKind::DuplicateKey));
}

#[test]
fn another_spelling_of_a_key_is_bent_and_the_same_key() {
    let text = r#"{"parts":[{"nmae":"a"},{"name":"a","nmae":"b"}]}"#;
    let alias = AnomalyKind::Alias { documented: "name" };
    assert_eq!(
        told(text),
        [
            ("parts[0].nmae".into(), alias),
            ("parts[1].nmae".into(), alias),
            ("parts[1].nmae".into(), AnomalyKind::DuplicateKey),
        ]
    );
}

#[test]
fn an_unknown_word_and_a_time_that_cannot_be_read_are_told() {
    assert_eq!(told(r#"{"colour":"BLUE"}"#), one("colour", AnomalyKind::UnknownWord));
    assert_eq!(told(r#"{"time":"tomorrow"}"#), one("time", AnomalyKind::NotATime));
    assert_eq!(told(r#"{"time":""}"#), []);
}

#[test]
fn of_a_text_that_is_not_json_only_the_break_is_told() {
    let text = "{\"new\":1,\n\"text\":}";
    let error = decode::<Thing<String>>(text).expect_err("broken");
    let anomalies = Linter::new().lint(text, &THING);
    let [anomaly] = anomalies.as_slice() else { panic!("{anomalies:?}") };
    assert_eq!((anomaly.kind.code(), anomaly.severity()), ("not-json", Severity::Broken));
    assert_eq!((anomaly.offset, anomaly.line, anomaly.column), (error.offset, error.line, error.column));
    assert_eq!(
        pairs(Linter::new().lint("{} {}", &THING)),
        one("", AnomalyKind::Refused(DecodeErrorKind::TrailingCharacters))
    );
}

#[test]
fn known_values_nested_too_deeply_are_broken_and_unknown_ones_unknown() {
    let linter = Linter::new().depth(2);
    let known = linter.lint(r#"{"parts":[{}]}"#, &THING);
    assert_eq!(pairs(known), one("parts[0]", AnomalyKind::Refused(DecodeErrorKind::TooDeep)));
    let unknown = linter.lint(r#"{"raw":{"a":[]}}"#, &THING);
    assert_eq!(pairs(unknown), one("raw.a", AnomalyKind::Deep));
}

#[test]
fn nesting_without_bound_is_no_danger() {
    let text = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let anomalies = Linter::new().depth(u32::MAX).lint(&text, &Shape::Any);
    assert_eq!(anomalies.iter().map(|anomaly| anomaly.kind).collect::<Vec<_>>(), [AnomalyKind::Deep]);
}

#[test]
fn anomalies_beyond_a_number_are_counted_with_the_worst_of_them() {
    let unknown: String = (0..150).map(|n| format!("\"k{n}\":0,")).collect();
    let anomalies = Linter::new().lint(&format!("{{{unknown}\"text\":[]}}"), &THING);
    assert_eq!(anomalies.len(), Linter::MOST + 1);
    let last = anomalies.last().expect("not empty");
    assert_eq!(last.kind, AnomalyKind::More { count: 51, worst: Severity::Broken });
    assert_eq!(last.severity(), Severity::Broken);
}

#[test]
fn strange_keys_are_printed_escaped_and_cut() {
    let text = format!(r#"{{"a b\u001b[31m":0,"":0,"{}":0}}"#, "x".repeat(100));
    let paths: Vec<_> = Linter::new().lint(&text, &THING).into_iter().map(|anomaly| anomaly.path).collect();
    assert_eq!(paths, [r#""a b\u{1b}[31m""#.to_owned(), "\"\"".into(), format!("{}…", "x".repeat(64))]);
}

#[test]
fn a_value_of_several_kinds_is_held_against_the_one_it_has() {
    let shape = Shape::OneOf { expected: "a name or a list", shapes: &[Shape::String, Shape::List(&Shape::Bool)] };
    let lint = |text| pairs(Linter::new().lint(text, &shape));
    assert_eq!(lint(r#""a""#), []);
    assert_eq!(lint("[true,1]"), one("[1]", other("a boolean", JsonKind::Number)));
    assert_eq!(lint("7"), one("", wrong("a name or a list", JsonKind::Number)));
}

#[test]
fn tags_are_members_of_the_outermost_object_only() {
    const TAGS: &[Member] = &[Member::new("type", &[], Shape::String)];
    let linter = Linter::new().tags(TAGS);
    assert_eq!(
        pairs(linter.lint(r#"{"type":"x","part":{"type":"x"}}"#, &THING)),
        one("part.type", AnomalyKind::UnknownKey)
    );
    assert_eq!(
        pairs(linter.lint(r#"{"type":7,"new":0}"#, &Shape::Any)),
        one("type", other("a string", JsonKind::Number))
    );
}

#[test]
fn rules_speak_of_known_keys_and_of_strings_that_are_as_documented() {
    struct Ours;
    impl Rules for Ours {
        fn key(&self, path: &Path<'_>) -> Option<AnomalyKind> {
            path.is("parts[].size").then_some(AnomalyKind::LaterVersion { since: "2" })
        }
        fn text(&self, path: &Path<'_>, text: &str) -> Option<AnomalyKind> {
            (path.is("parts[].name") && text == "x").then_some(AnomalyKind::EarlierVersion { until: "1" })
        }
    }
    let text = r#"{"parts":[{},{"name":"x","size":1},{"name":"y","nameless":"x"}],"part":{"size":1}}"#;
    assert_eq!(
        pairs(Linter::new().rules(&Ours).lint(text, &THING)),
        [
            ("parts[1].name".into(), AnomalyKind::EarlierVersion { until: "1" }),
            ("parts[1].size".into(), AnomalyKind::LaterVersion { since: "2" }),
            ("parts[2].nameless".into(), AnomalyKind::UnknownKey),
        ]
    );
}

fn value() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(
        &[
            "null",
            "true",
            "0",
            "-1",
            "65536",
            "1.5",
            "1e3",
            "99999999999999999999",
            r#""""#,
            r#""7""#,
            r#""-0""#,
            r#""RED""#,
        ][..],
    )
    .prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let key = prop::sample::select(
            &[
                "text", "cnt", "on", "colour", "time", "parts", "part", "maybe", "raw", "price", "silent", "name",
                "nmae", "size", "x",
            ][..],
        );
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|values| format!("[{}]", values.join(","))),
            prop::collection::vec((key, inner), 0..4).prop_map(|members| {
                let members: Vec<_> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_text_is_broken_exactly_when_it_is_refused(text in value()) {
        let anomalies = Linter::new().lint(&text, &THING);
        let broken = anomalies.iter().any(|anomaly| anomaly.severity() == Severity::Broken);
        prop_assert_eq!(broken, decode::<Thing<String>>(&text).is_err(), "{:?}", anomalies);
    }
}
