//! Limits that no test of their own crate reaches.

use tieline_axeos::{Listing, Phone};
use tieline_core::Text;
use tieline_core::json::DecodeErrorKind;
use tieline_portsip_wsi::lint::{LintOptions, lint};

#[test]
fn a_list_of_axeos_has_a_thousand_bad_elements_at_most() {
    let list = |bad: usize| Text::from(format!("[{}]", vec!["1"; bad].join(",")));
    let read = Listing::<Phone<Text>>::decode(list(1000), 64).expect("a thousand");
    assert_eq!(read.bad().count(), 1000);
    let error = Listing::<Phone<Text>>::decode(list(1001), 64).expect_err("one more");
    assert_eq!(error.kind, DecodeErrorKind::TooMany);
}

#[test]
fn a_linter_tells_a_hundred_anomalies_of_a_message_at_most() {
    let unknown: Vec<String> = (0..1000).map(|number| format!(r#""unknown{number}":1"#)).collect();
    let text = format!(r#"{{"event_type":"call_hold",{}}}"#, unknown.join(","));
    let told = lint(&text, &LintOptions::new()).len();
    assert!((2..=101).contains(&told), "{told}");
}
