//! The page on CloudPBX names what the REST calls have.

use tieline_cloudpbx::{CdrRecord, Listed, RecordingRecord, SmsResponse};

const PAGE: &str = include_str!("../../../docs/cloudpbx.md");

#[test]
fn the_page_names_every_field() {
    let fields = [CdrRecord::<&str>::FIELDS, RecordingRecord::<&str>::FIELDS].concat();
    for field in fields {
        assert!(PAGE.contains(&format!("`{field}`")), "{field}");
    }
    for field in SmsResponse::<&str>::FIELDS {
        assert!(PAGE.contains(&format!("\"{field}\":")), "{field}");
    }
}

#[test]
fn the_page_states_the_caps() {
    for (cap, text) in [(CdrRecord::<&str>::CAP, "10,000"), (RecordingRecord::<&str>::CAP, "5,000")] {
        assert_eq!(cap.to_string(), text.replace(',', ""));
        assert!(PAGE.contains(&format!("at most {text} |")), "{text}");
    }
}
