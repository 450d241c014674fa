//! What holds for every input of the REST calls.

use proptest::prelude::*;
use tieline_cloudpbx::{
    CdrRecord, CivilTime, Clid, Cost, Grosze, InZone, Listing, LocalTime, Number, RecordingRecord, Rows, SmsResponse,
    UniqueId,
};
use tieline_core::json::{Encode, decode, decode_with};
use tieline_core::{Str, Text};
use tieline_testkit::CLOUDPBX_REST;

/// Samples with a few characters changed.
fn near_samples() -> impl Strategy<Value = String> {
    let edit = (any::<prop::sample::Index>(), 0usize..4, r#"[\[\]{}:,"\\ 0-9eEu.+\-tfn<>/\x00ü]{0,3}"#);
    (prop::sample::select(CLOUDPBX_REST), prop::collection::vec(edit, 0..4)).prop_map(|(fixture, edits)| {
        let mut text: Vec<char> = fixture.text.chars().collect();
        for (at, len, with) in edits {
            let at = at.index(text.len().max(1));
            let end = (at + len).min(text.len());
            text.splice(at..end, with.chars());
        }
        text.into_iter().collect()
    })
}

/// CDRs of any documented fields in any order, with values of any kind.
fn any_cdr() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f32>().prop_filter("a number", |number| number.is_finite()).prop_map(|number| format!("{number:e}")),
        any::<String>().prop_map(|text| text.as_str().to_json()),
        "[0-9.eE+-]{0,24}".prop_map(|text| text.as_str().to_json()),
        prop::sample::select(&["null", "[]", "{}", "true", "\"\"", "\"ANSWERED\"", "\"1639563902.75\""][..])
            .prop_map(str::to_owned),
    ];
    let field = prop::sample::select(CdrRecord::<Str<'_>>::FIELDS);
    prop::collection::vec((field, value), 0..14).prop_map(|members| {
        let members: Vec<_> = members.into_iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
        format!("{{{}}}", members.join(" , "))
    })
}

fn read_everything<S: AsRef<str>>(record: &CdrRecord<S>) {
    let _ = record.moment(|time| InZone::Once(time.unix_seconds_as_utc()));
    let _ = record.clid.as_ref().map(|clid| (clid.name().map(Str::into_cow).is_some(), clid.number().is_some()));
    let _ = record.cost.as_ref().map(Cost::rating);
    let _ = record.duration.as_ref().and_then(Number::to_u64);
    let _ = record.uniqueid.as_ref().map(UniqueId::kind);
    let _ = record.calldate.as_ref().and_then(LocalTime::civil);
}

proptest! {
    #[test]
    fn no_input_panics(text in prop_oneof![near_samples(), any::<String>(), any_cdr().prop_map(|row| format!("[{row}]"))]) {
        let list = Text::from(text.as_str());
        for row in Rows::<CdrRecord<Str<'_>>>::new(&text).flatten() {
            let _ = row.record.as_ref().map(read_everything);
        }
        if let Ok(list) = Listing::<CdrRecord<Text>>::decode(&list, 100) {
            list.records().for_each(read_everything);
        }
        let _ = Listing::<RecordingRecord<Text>>::decode(&list, 100);
        let _ = decode_with::<SmsResponse<Text>, _>(&list, &list, 64);
    }

    #[test]
    fn a_record_that_was_read_is_read_the_same_from_what_we_write(text in any_cdr()) {
        if let Ok(record) = decode::<CdrRecord<String>>(&text) {
            let written = record.to_json();
            prop_assert_eq!(decode::<CdrRecord<String>>(&written), Ok(record), "{}", written);
        }
    }

    #[test]
    fn slices_of_the_list_and_borrowed_strings_hold_the_same(rows in prop::collection::vec(any_cdr(), 0..4)) {
        let list = Text::from(format!("[{}]", rows.join(",")));
        let sliced = Listing::<CdrRecord<Text>>::decode(&list, 10).expect("an array");
        let borrowed: Vec<_> = Rows::<CdrRecord<Str<'_>>>::new(&list).map(|row| row.expect("an array")).collect();
        prop_assert_eq!(sliced.rows.len(), borrowed.len());
        for (sliced, borrowed) in sliced.rows.iter().zip(borrowed) {
            match (sliced, borrowed.record) {
                (Ok(sliced), Ok(borrowed)) => prop_assert_eq!(sliced.to_json(), borrowed.to_json()),
                (Err(bad), Err(error)) => prop_assert_eq!((&bad.error, &*bad.raw), (&error, borrowed.raw)),
                (sliced, borrowed) => prop_assert!(false, "{sliced:?} {borrowed:?}"),
            }
        }
    }

    #[test]
    fn an_answer_of_send_sms_is_read_as_it_was_written(
        id in prop::option::of(any::<String>()),
        state in prop::option::of("[A-Z_]{1,8}"),
        message in prop::option::of(any::<String>()),
    ) {
        let mut response = SmsResponse::accepted(String::new(), tieline_cloudpbx::SmsState::Queue);
        response.response_id = id;
        response.response_status = state.map(tieline_cloudpbx::SmsState::from_word);
        response.response_error_message = message;
        prop_assert_eq!(decode::<SmsResponse<String>>(&response.to_json()), Ok(response));
    }

    #[test]
    fn a_name_and_a_number_come_back_from_the_presentation_made_of_them(
        name in "[^\\s\\pC]([^\\pC]{0,8}[^\\s\\pC])?",
        number in "[0-9+*#]{1,12}",
    ) {
        let clid = Clid::<String>::of(&name, &number);
        prop_assert_eq!(clid.name().map(|name| name.to_string()), Some(name));
        prop_assert_eq!(clid.number(), Some(&*number));
    }

    #[test]
    fn a_clock_shows_each_second_once_and_is_read_back(unix in -62_167_219_200i64..=253_402_214_400, offset in -43_200..=50_400i32) {
        if let Some(shown) = CivilTime::at_offset(unix, offset) {
            prop_assert_eq!(shown.unix_seconds_as_utc() - i64::from(offset), unix);
            prop_assert_eq!(LocalTime::<String>::from(shown).civil(), Some(shown));
        }
    }

    #[test]
    fn an_amount_is_read_as_it_was_written(millionths in any::<i64>()) {
        let amount = Grosze::from_millionths(millionths);
        let read = Cost::<String>::of(amount).grosze();
        prop_assert_eq!(read, if millionths == i64::MIN { None } else { Some(amount) });
    }
}
