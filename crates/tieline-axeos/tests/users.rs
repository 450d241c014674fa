//! Users of PBX 3.x and 4.x, told apart by their keys.

use tieline_axeos::{Generation, Listing, Scalar, User, UserPhoneType};
use tieline_core::json::{Encode, decode};
use tieline_core::{Str, Text};

fn user(json: &str) -> User<Str<'_>> {
    decode(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

#[test]
fn the_key_phones_tells_the_generation_whatever_it_holds() {
    assert_eq!(user(r#"{"primary_phone":"p"}"#).generation(), Generation::V3);
    assert_eq!(user(r#"{"phones":[]}"#).generation(), Generation::V4);
}

#[test]
fn a_hot_desk_that_is_null_counts_and_one_that_is_absent_does_not() {
    let on = |json| user(json).logged_in_on().map(ToString::to_string);
    assert_eq!(on(r#"{"hot_desk":null,"current_phone":"c","primary_phone":"p"}"#), None);
    assert_eq!(on(r#"{"current_phone":"c","primary_phone":"p"}"#).as_deref(), Some("c"));
    assert_eq!(on(r#"{"hot_desk":"h","current_phone":"c"}"#).as_deref(), Some("h"));
}

#[test]
fn the_own_phone_is_no_phone_to_be_logged_in_on_in_3x() {
    assert_eq!(user(r#"{"current_phone":"p","primary_phone":"p"}"#).logged_in_on(), None);
    assert_eq!(user(r#"{"current_phone":"","primary_phone":"p"}"#).logged_in_on(), None);
}

#[test]
fn without_the_key_of_the_primary_phone_the_first_phone_of_the_list_is_the_own_one() {
    let own = |json: String| user(&json).own_phone().map(ToString::to_string);
    let phones = r#"[{"type":"hot-desk"},{"type":"phone","phone":"a"},{"type":"phone","phone":"b"}]"#;
    assert_eq!(own(format!(r#"{{"phones":{phones}}}"#)).as_deref(), Some("a"));
    assert_eq!(own(format!(r#"{{"phones":{phones},"primary_phone":null}}"#)), None);
}

#[test]
fn null_stays_null_and_absent_stays_absent() {
    for json in [r#"{"uuid":"u","full_name":null,"hot_desk":null}"#, r#"{"uuid":"u"}"#] {
        assert_eq!(user(json).to_json(), json);
    }
}

#[test]
fn an_empty_uuid_is_no_phone() {
    assert_eq!(user(r#"{"phone":""}"#).phone_in_use(), None);
    assert_eq!(user(r#"{"phone":null}"#).phone_in_use(), None);
    assert_eq!(user(r#"{"phone":"p"}"#).phone_in_use().map(|phone| &**phone), Some("p"));
}

#[test]
fn an_unknown_kind_of_phone_passes_through() {
    let json = r#"{"phones":[{"type":"satellite","phone":"p"}]}"#;
    let user = user(json);
    let phones = user.phones.as_deref().expect("phones");
    assert_eq!(phones[0].kind, Some(UserPhoneType::Other(Str::borrowed("satellite"))));
    assert_eq!(user.to_json(), json);
}

#[test]
fn a_user_without_uuid_is_told_and_the_others_stay() {
    let body = Text::from(r#"[{"uuid":"a"},{"username":"b"},5,{"uuid":"c"}]"#);
    let users = Listing::<User<Text>>::decode(body, 64).expect("an array");
    assert_eq!(users.values().filter_map(|user| user.uuid.as_deref()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(users.bad().map(|bad| &*bad.raw).collect::<Vec<_>>(), [r#"{"username":"b"}"#, "5"]);
}

#[test]
fn what_is_no_array_is_no_list() {
    for body in ["{}", "null", "\"\"", "", "[{]", "[{\"uuid\":\"a\"}", "[{\"uuid\":\"a\"}]x", "[{\"uuid\":\"a\"},]"] {
        Listing::<User<Text>>::decode(Text::from(body), 64).expect_err(body);
    }
}

#[test]
fn a_short_text_cannot_cost_a_lot_of_memory() {
    let bad = format!("[{}]", vec!["1"; 1002].join(","));
    Listing::<User<Text>>::decode(Text::from(bad), 64).expect_err("too many bad ones");
    let many = format!("[{}]", vec![r#"{"uuid":""}"#; 100_001].join(","));
    Listing::<User<Text>>::decode(Text::from(many), 64).expect_err("too many");
}

#[test]
fn a_code_is_kept_as_the_number_or_string_it_is() {
    for (json, shown, number) in
        [("5", "5", Some(5)), ("\"5\"", "5", Some(5)), ("\"\"", "", None), ("1.5", "1.5", None), ("[1]", "[1]", None)]
    {
        let code: Scalar<Str<'_>> = decode(json).expect(json);
        assert_eq!((code.to_json().as_str(), code.to_string().as_str(), code.as_integer()), (json, shown, number));
    }
}
