//! Leaves secrets out of what is recorded.

use serde_json::Value;

use crate::capture::redact::SECRETS;

const REDACTED: &str = "[redacted]";
/// Longer texts are cut off.
const LONGEST: usize = 4 << 10;

/// A message without its secrets.
pub(crate) fn redacted(text: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(text) else { return format!("[{} bytes, no JSON]", text.len()) };
    conceal(&mut value);
    let mut text = value.to_string();
    if text.len() > LONGEST {
        text.truncate(beginning(&text, LONGEST).len());
        text.push('…');
    }
    text
}

fn conceal(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                if SECRETS.iter().any(|secret| key.eq_ignore_ascii_case(secret)) {
                    *value = REDACTED.into();
                } else {
                    conceal(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(conceal),
        _ => {}
    }
}

/// The target of a request without the secrets of its query.
pub(crate) fn redacted_target(head: &hyper::http::request::Parts) -> String {
    let shown = tieline_core::http::shown_target(head, SECRETS);
    let target = shown.split_once(' ').map_or(shown.as_str(), |(_, target)| target);
    beginning(target, LONGEST).to_owned()
}

/// At most so many bytes of a text, whole characters.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find_map(|end| text.get(..end));
    end.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out_wherever_they_stand() {
        let login = r#"{"command":"auth","username":"alice","password":"hunter2","more":[{"Access_Token":"hunter2"}]}"#;
        let shown = redacted(login);
        assert!(!shown.contains("hunter2") && shown.contains("alice"), "{shown}");
    }

    #[test]
    fn what_cannot_be_read_and_what_is_long_is_not_shown() {
        assert_eq!(redacted(r#"{"password":"hunter2"#), "[20 bytes, no JSON]");
        assert!(redacted(&format!(r#"{{"a":"{}"}}"#, "ü".repeat(5000))).len() <= LONGEST + 3);
    }

    #[test]
    fn a_query_loses_its_keys() {
        let request = hyper::Request::get("/ws/pbx_A?pbxkey=hunter2&x=1").body(()).expect("a request");
        assert_eq!(redacted_target(&request.into_parts().0), "/ws/pbx_A?pbxkey=[redacted]&x=1");
    }
}
