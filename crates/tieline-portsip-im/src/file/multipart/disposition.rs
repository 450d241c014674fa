//! Parameters of header fields: `form-data; name="file"; filename="a.txt"`.

use std::string::String;

use percent_encoding::percent_decode_str;

/// The value of a parameter, without its quotes. Of several the first.
pub(super) fn parameter(value: &str, wanted: &str) -> Option<String> {
    let (_, mut rest) = value.split_once(';')?;
    loop {
        let (name, after) = rest.split_once('=')?;
        let (text, after) = read_value(after.trim_start());
        if name.trim_matches(|char: char| char == ';' || char.is_whitespace()).eq_ignore_ascii_case(wanted) {
            return Some(text);
        }
        rest = after.trim_start().strip_prefix(';')?;
    }
}

/// The name of a file: `filename*` (RFC 8187) before `filename`.
pub(in crate::file) fn file_name(value: &str) -> Option<String> {
    let extended = parameter(value, "filename*").and_then(|text| {
        let (charset, rest) = text.split_once('\'')?;
        let (_, encoded) = rest.split_once('\'')?;
        charset.eq_ignore_ascii_case("utf-8").then_some(())?;
        Some(percent_decode_str(encoded).decode_utf8_lossy().into_owned())
    });
    extended.or_else(|| parameter(value, "filename"))
}

/// A token or a quoted text, and what follows it. A backslash escapes a quote and itself only: some clients write the
/// paths of Windows as they are.
fn read_value(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(';').unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        return (token.trim().into(), rest);
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' if chars.peek().is_some_and(|(_, next)| matches!(next, '"' | '\\')) => {
                value.extend(chars.next().map(|(_, next)| next));
            }
            char => value.push(char),
        }
    }
    (value, "")
}
