//! The one repair: backslashes that were not escaped.

use alloc::string::String;

/// `text` with every backslash doubled that stands in a string and begins no escape of JSON; `None` when there is none.
///
/// The document's samples have `"SIP\MojaCentrala-101"`, which no JSON parser takes. What cannot be told from an escape
/// (`SIP\biuro`) is left alone here and mapped back in the two fields where channels stand, see
/// [`Channel`](crate::Channel).
pub(super) fn repaired(text: &str) -> Option<String> {
    let mut out = None::<String>;
    // Up to where `text` is in `out`.
    let mut done = 0;
    for at in strays(text) {
        let out = out.get_or_insert_default();
        out.push_str(text.get(done..=at).unwrap_or_default());
        out.push('\\');
        done = at + 1;
    }
    let mut out = out?;
    out.push_str(text.get(done..).unwrap_or_default());
    Some(out)
}

/// Where those backslashes stand.
pub(super) fn strays(text: &str) -> impl Iterator<Item = usize> {
    let bytes = text.as_bytes();
    let mut in_string = false;
    let mut next = 0;
    core::iter::from_fn(move || {
        while let Some(byte) = bytes.get(next) {
            let at = next;
            next += 1;
            match byte {
                b'"' => in_string = !in_string,
                b'\\' if in_string => match bytes.get(at + 1) {
                    Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => next += 1,
                    Some(b'u') if is_four_hex(bytes.get(at + 2..at + 6)) => next += 5,
                    _ => return Some(at),
                },
                _ => {}
            }
        }
        None
    })
}

fn is_four_hex(digits: Option<&[u8]>) -> bool {
    digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
