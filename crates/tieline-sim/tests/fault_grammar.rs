//! How rules are written.

use std::time::Duration;

use tieline_sim::fault::{BadJson, Fault, Memory, Rule, Service};

fn words(text: &str) -> String {
    text.parse::<Rule>().expect_err("no rule").to_string()
}

#[test]
fn a_rule_is_read_and_written_in_the_same_words() {
    let rules = [
        ("refuse", Rule::new(Fault::Refuse)),
        ("conn=1-3:mute", Rule::new(Fault::Mute).connections(1..=3)),
        ("on=wsi,nth=2-:reset=4096", Rule::new(Fault::Reset { after: 4096 }).on(Service::Wsi).nth(2..=u64::MAX)),
        ("path=/apis/pbx/events:black-hole=0", Rule::new(Fault::BlackHole { after: 0 }).path("/apis/pbx/events")),
        ("split=3", Rule::new(Fault::Split { bytes: 3 })),
        ("nth=5:close=1011", Rule::new(Fault::Close { code: 1011 }).nth(5..=5)),
        ("merge=4", Rule::new(Fault::Merge { events: 4 })),
        ("duplicate", Rule::new(Fault::Duplicate)),
        ("reorder", Rule::new(Fault::Reorder)),
        ("skip=7", Rule::new(Fault::Skip { by: 7 })),
        ("rewind", Rule::new(Fault::Rewind { by: None })),
        ("rewind=2", Rule::new(Fault::Rewind { by: Some(2) })),
        ("burst=100", Rule::new(Fault::Burst { events: 100 })),
        ("oversized=2000000", Rule::new(Fault::Oversized { bytes: 2_000_000 })),
        ("bad-json=stray-bracket", Rule::new(Fault::BadJson(BadJson::StrayBracket))),
        ("unknown-event", Rule::new(Fault::UnknownEvent)),
        ("unknown-field", Rule::new(Fault::UnknownField)),
        ("unknown-value", Rule::new(Fault::UnknownValue)),
        ("numbers-as-strings", Rule::new(Fault::NumbersAsStrings)),
        ("login-refused", Rule::new(Fault::LoginRefused)),
        ("token-expired", Rule::new(Fault::TokenExpired)),
        ("permission-denied", Rule::new(Fault::PermissionDenied)),
        ("http=429", Rule::new(Fault::Http { status: 429, retry_after: None })),
        (
            "at=30s-40500ms:http=503,2",
            Rule::new(Fault::Http { status: 503, retry_after: Some(2) })
                .from(Duration::from_secs(30))
                .until(Duration::from_millis(40_500)),
        ),
        ("at=60s:clock-skew=-3600", Rule::new(Fault::ClockSkew { seconds: -3600 }).from(Duration::from_secs(60))),
        ("restart", Rule::new(Fault::Restart(Memory::Kept))),
        ("restart=forget", Rule::new(Fault::Restart(Memory::Lost))),
    ];
    for (text, rule) in rules {
        assert_eq!(text.parse::<Rule>().as_ref(), Ok(&rule), "{text}");
        assert_eq!(rule.to_string(), text);
    }
}

#[test]
fn what_can_be_left_out_has_a_default() {
    let same = |short: &str, long: &str| assert_eq!(short.parse::<Rule>(), long.parse::<Rule>(), "{short}");
    same("reset", "reset=0");
    same("black-hole", "black-hole=0");
    same("split", "split=1");
    same("skip", "skip=1");
    same("oversized", "oversized=2097152");
    same("bad-json", "bad-json=full-width-comma");
    same("at=1m30s-:refuse", "at=90s:refuse");
    same("on=cloudpbx:http=500", "on=cloudpbx-stream,on=cloudpbx-rest:http=500");
    same("on=im:http=500", "on=im-line,on=im-http:http=500");
}

#[test]
fn what_is_wrong_is_told_with_what_is_expected() {
    for (text, expected) in [
        ("", "`` is no fault"),
        ("explode", "`explode` is no fault"),
        ("refuse=3", "`refuse=3` is no fault: `refuse` has no value"),
        ("burst", "`burst` is no fault: `burst` has a value, `burst=NUMBER`"),
        ("skip=x", "`x` is no number from 1 to 4294967295"),
        ("close=1005", "`1005` is no close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999"),
        ("http=200", "`200` is no status that says no: 400 to 599"),
        ("restart=now", "`now` is no way to restart: `restart` or `restart=forget`"),
        (
            "on=sip:mute",
            "`sip` is no service: wsi, cloudpbx, cloudpbx-stream, cloudpbx-rest, axeos, im, im-line or im-http",
        ),
        ("conn=0:mute", "`0` is no number or range, from 1: 3, 3-5 or 3-"),
        ("nth=5-3:mute", "`5-3` is no number or range, from 1: 3, 3-5 or 3-"),
        ("at=soon:mute", "`soon` is no time or span of time: 90s, 1m30s- or 10s-20s"),
        ("path=wsi:mute", "`wsi` is no path: it begins with a slash"),
        ("often:mute", "`often` is no condition: on=, path=, conn=, at= or nth="),
        ("on=wsi:skip=2", "`skip=2` is no fault of wsi"),
        ("on=axeos:close=1000", "`close=1000` is no fault of axeos"),
        (
            "conn=1:restart",
            "`conn=1:restart` is no fault of the PBX: it has at=TIME or no condition, as it befalls everybody",
        ),
    ] {
        assert_eq!(words(text), expected, "{text}");
    }
}
