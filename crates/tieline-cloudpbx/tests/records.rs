//! What the fields of the records say.

use tieline_cloudpbx::{
    CdrRecord, CivilTime, Clid, Cost, Disposition, Grosze, InZone, LocalTime, Moment, Number, Rating, RecordingRecord,
    UniqueId, UniqueIdKind,
};
use tieline_core::json::{Encode, decode};
use tieline_core::{Date, Str};

fn cdr(json: &str) -> CdrRecord<Str<'_>> {
    decode(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn clid(raw: &str) -> (Option<String>, Option<String>) {
    let clid = Clid::new(raw);
    (clid.name().map(|name| name.to_string()), clid.number().map(str::to_owned))
}

fn some(name: &str, number: &str) -> (Option<String>, Option<String>) {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    (some(name), some(number))
}

#[test]
fn the_callers_presentation_is_split_into_name_and_number() {
    for (raw, name, number) in [
        (r#""Sekretariat 3" <101>"#, "Sekretariat 3", "101"),
        (r#""" <101>"#, "", "101"),
        ("<101>", "", "101"),
        ("Jan Nowak <+48 600 100 200>", "Jan Nowak", "+48 600 100 200"),
        (r#""a <b> c" <101>"#, "a <b> c", "101"),
        (r#""Jan \"Jaś\" Nowak" <101>"#, "Jan \"Jaś\" Nowak", "101"),
        (r#""C:\temp" <101>"#, "C:\\temp", "101"),
        ("101", "", "101"),
        ("+48600100200", "", "+48600100200"),
        ("Recepcja", "Recepcja", ""),
        (r#""Recepcja""#, "Recepcja", ""),
        (r#""Anonim" <>"#, "Anonim", ""),
        ("", "", ""),
        (" ", "", ""),
        ("\"", "\"", ""),
        (">", ">", ""),
        ("<", "<", ""),
    ] {
        assert_eq!(clid(raw), some(name, number), "{raw:?}");
    }
}

#[test]
fn a_presentation_is_written_as_it_is_read() {
    for (name, number) in [("Sekretariat 3", "101"), ("a \"b\" \\ <c>", "101"), ("", "101"), ("Recepcja", "")] {
        assert_eq!(clid(Clid::<String>::of(name, number).raw()), some(name, number));
    }
    assert_eq!(Clid::<String>::of("Sekretariat 3", "101").raw(), r#""Sekretariat 3" <101>"#);
}

#[test]
fn a_cost_is_a_string_a_number_or_empty() {
    let grosze = |millionths| Rating::Rated(Grosze::from_millionths(millionths));
    for (json, rating) in [
        (r#"{"cost":""}"#, Rating::NotRated),
        (r#"{"cost":" "}"#, Rating::NotRated),
        (r#"{"cost":"12"}"#, grosze(12_000_000)),
        (r#"{"cost":12}"#, grosze(12_000_000)),
        (r#"{"cost":12.5}"#, grosze(12_500_000)),
        (r#"{"cost":"0.0000019"}"#, grosze(1)),
        (r#"{"cost":1.0e-5}"#, grosze(10)),
        (r#"{"cost":"1.5E3"}"#, grosze(1_500_000_000)),
        (r#"{"cost":-3}"#, grosze(-3_000_000)),
        (r#"{"cost":0}"#, grosze(0)),
        (r#"{"cost":"00000000000000000000000000012"}"#, grosze(12_000_000)),
        (r#"{"cost":"12,50"}"#, Rating::Unreadable),
        (r#"{"cost":"12 gr"}"#, Rating::Unreadable),
        (r#"{"cost":1e100}"#, Rating::Unreadable),
        (r#"{"cost":"1e99999999999"}"#, Rating::Unreadable),
        (r#"{"cost":"."}"#, Rating::Unreadable),
        (r#"{"cost":"-"}"#, Rating::Unreadable),
    ] {
        let cost = cdr(json).cost.expect(json);
        assert_eq!(cost.rating(), rating, "{json}");
        assert_eq!(format!("{{\"cost\":{}}}", cost.to_json()), json, "written as it was");
    }
    assert_eq!(cdr(r#"{"cost":null}"#).cost, None);
}

#[test]
fn an_amount_is_printed_with_the_digits_it_takes_and_read_back() {
    for (millionths, text) in [(0, "0"), (12_000_000, "12"), (12_500_000, "12.5"), (-1, "-0.000001")] {
        let amount = Grosze::from_millionths(millionths);
        assert_eq!(amount.to_string(), text);
        assert_eq!(Cost::<String>::of(amount).grosze(), Some(amount));
    }
    assert_eq!(Grosze::from_millionths(1).checked_add(Grosze::from_millionths(2)), Some(Grosze::from_millionths(3)));
    assert_eq!(Grosze::from_millionths(i64::MAX).checked_add(Grosze::from_millionths(1)), None);
    assert_eq!(Cost::<String>::not_rated().to_json(), "\"\"");
}

#[test]
fn durations_are_numbers_or_strings_and_written_as_they_were() {
    for (json, seconds) in [
        ("13", Some(13)),
        (r#""13""#, Some(13)),
        (r#""""#, None),
        ("13.9", Some(13)),
        ("-1", None),
        (r#""soon""#, None),
    ] {
        let record = format!(r#"{{"duration":{json},"billsec":{json}}}"#);
        let read = cdr(&record);
        assert_eq!(read.duration.as_ref().expect(json).to_u64(), seconds, "{json}");
        assert_eq!(read.billsec.as_ref().expect(json).to_u64(), seconds, "{json}");
        assert_eq!(read.to_json(), record);
    }
    assert_eq!(Number::<String>::from(13).to_json(), "13");
}

#[test]
fn dispositions_are_those_of_the_document_or_whatever_came() {
    for word in ["ANSWERED", "NO ANSWER", "BUSY", "FAILED"] {
        assert!(Disposition::<String>::KNOWN.contains(&word));
    }
    let json = r#"{"disposition":"CONGESTION"}"#;
    assert_eq!(cdr(json).disposition, Some(Disposition::Other("CONGESTION".into())));
    assert_eq!(cdr(json).to_json(), json);
}

#[test]
fn a_unique_id_is_a_call_a_message_or_something_else() {
    let call = |unix_seconds, sequence| UniqueIdKind::Call { unix_seconds, sequence };
    for (raw, kind) in [
        ("1639563902.75", call(1_639_563_902, 75)),
        ("1552558647.371", call(1_552_558_647, 371)),
        ("999999999.0", call(999_999_999, 0)),
        ("pbx-1-1639563902.75", call(1_639_563_902, 75)),
        ("3421756012963258480", UniqueIdKind::Sms),
        ("1639563902", UniqueIdKind::Other),
        ("1639563902.", UniqueIdKind::Other),
        (".75", UniqueIdKind::Other),
        ("75.1639563902", UniqueIdKind::Other),
        ("16395639021.75", UniqueIdKind::Other),
        ("1639563902.75.1", UniqueIdKind::Other),
        ("1639563902.99999999999999999999", UniqueIdKind::Other),
        ("342175601296325848012", UniqueIdKind::Other),
        ("", UniqueIdKind::Other),
    ] {
        assert_eq!(UniqueId::new(raw).kind(), kind, "{raw:?}");
    }
}

#[test]
fn a_local_time_is_kept_as_it_is_and_read_into_its_parts() {
    let time = LocalTime::new("2021-12-15 11:25:02");
    let civil = time.civil().expect("a time");
    assert_eq!(
        (civil.date(), civil.hour(), civil.minute(), civil.second()),
        (Date::new(2021, 12, 15).expect("a day"), 11, 25, 2)
    );
    assert_eq!(civil.to_string(), time.raw());
    assert_eq!(LocalTime::<String>::from(civil).raw(), time.raw());
    for raw in ["", "2021-12-15", "2021-12-15 24:00:00", "2021-02-29 00:00:00", "2021-12-15 1:25:02", "15.12.2021"] {
        assert_eq!(LocalTime::new(raw).civil(), None, "{raw:?}");
        assert_eq!(LocalTime::new(raw).raw(), raw);
    }
}

#[test]
fn the_samples_agree_with_the_clock_of_warsaw() {
    // By the second in the CDR, one second later in the list of recordings.
    assert_eq!(CivilTime::at_offset(1_639_563_902, 3600).expect("a time").to_string(), "2021-12-15 11:25:02");
    let call = cdr(r#"{"calldate":"2021-12-15 11:25:02","uniqueid":"1639563902.75"}"#);
    let by_id = |unix_seconds, utc_offset| Moment::ByUniqueId { unix_seconds, utc_offset };
    assert_eq!(call.moment(|_| unreachable!("the id says it")), by_id(1_639_563_902, Some(3600)));
    let recording: RecordingRecord<Str<'_>> =
        decode(r#"{"date":"2019-03-14 11:17:28","uniqueid":"1552558647.371"}"#).expect("a record");
    assert_eq!(recording.moment(|_| InZone::Unknown), by_id(1_552_558_647, Some(3600)));
}

#[test]
fn the_two_passes_of_the_autumn_hour_are_told_apart_by_the_id() {
    // In Poland the clocks were set back on 2021-10-31 at 01:00 UTC, so 02:30 was at 00:30 UTC and again at 01:30 UTC.
    for (id, utc_offset) in [("1635640200.1", 7200), ("1635643800.1", 3600)] {
        let json = format!(r#"{{"calldate":"2021-10-31 02:30:00","uniqueid":"{id}"}}"#);
        let moment = cdr(&json).moment(|_| InZone::Unknown);
        let unix_seconds = id.trim_end_matches(".1").parse().expect("seconds");
        assert_eq!(moment, Moment::ByUniqueId { unix_seconds, utc_offset: Some(utc_offset) });
    }
}

#[test]
fn a_record_that_began_long_after_its_call_does_not_tell_the_offset() {
    let moment = cdr(r#"{"calldate":"2021-12-15 11:45:02","uniqueid":"1639563902.75"}"#).moment(|_| InZone::Unknown);
    assert_eq!(moment, Moment::ByUniqueId { unix_seconds: 1_639_563_902, utc_offset: None });
    assert_eq!(moment.unix_seconds(), Some(1_639_563_902));
}

#[test]
fn a_message_has_its_moment_by_the_callers_zone_or_not_at_all() {
    let json = r#"{"calldate":"2021-10-31 02:30:00","uniqueid":"3421756012963258480"}"#;
    let record = cdr(json);
    assert_eq!(record.moment(|_| InZone::Unknown), Moment::LocalOnly);
    assert_eq!(record.moment(|_| InZone::Unknown).unix_seconds(), None);
    let zone = |time: CivilTime| {
        let as_utc = time.unix_seconds_as_utc();
        InZone::Twice { earlier: as_utc - 7200, later: as_utc - 3600 }
    };
    let twice = Moment::ByZoneTwice { earlier: 1_635_640_200, later: 1_635_643_800 };
    assert_eq!(record.moment(zone), twice);
    assert_eq!(twice.unix_seconds(), Some(1_635_640_200));
    let once = |time: CivilTime| InZone::Once(time.unix_seconds_as_utc());
    assert_eq!(record.moment(once), Moment::ByZone { unix_seconds: 1_635_647_400 });
}

#[test]
fn a_record_without_times_asks_nobody() {
    for json in ["{}", r#"{"calldate":"soon"}"#, r#"{"uniqueid":"x"}"#] {
        assert_eq!(cdr(json).moment(|_| unreachable!("there is no local time")), Moment::LocalOnly, "{json}");
    }
}

#[test]
fn channels_come_with_escaped_slashes_and_without() {
    for json in [r#"{"channel":"SIP\/PBX-101-00000028"}"#, r#"{"channel":"SIP/PBX-101-00000028"}"#] {
        assert_eq!(cdr(json).channel.expect("a channel").as_str(), "SIP/PBX-101-00000028");
    }
}
