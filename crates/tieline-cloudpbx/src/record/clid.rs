//! Who calls, as it is shown to who is called.

use alloc::string::String;

use tieline_core::Str;

use super::wire_text;

wire_text! {
    /// The caller's presentation, `"Name" <number>`, as the wire wrote it.
    pub struct Clid<S>;
}

impl<S: AsRef<str>> Clid<S> {
    /// The number: what stands between the last `<` and a final `>`, or the whole text when it looks like a number.
    #[must_use]
    pub fn number(&self) -> Option<&str> {
        self.split().1
    }

    /// The name: what stands before the number, without the quotes around it and the backslashes within.
    #[must_use]
    pub fn name(&self) -> Option<Str<'_>> {
        let name = self.split().0;
        let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
        if name.is_empty() {
            return None;
        }
        Some(if name.contains('\\') { Str::owned(unescape(name)) } else { Str::borrowed(name) })
    }

    fn split(&self) -> (&str, Option<&str>) {
        let raw = self.raw().trim();
        if let Some((name, number)) = raw.strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
            let number = number.trim();
            return (name.trim(), (!number.is_empty()).then_some(number));
        }
        if is_number(raw) { ("", Some(raw)) } else { (raw, None) }
    }
}

impl<S: From<String>> Clid<S> {
    /// The presentation of a name and a number: both as `"Name" <number>`, one alone as it is.
    #[must_use]
    pub fn of(name: &str, number: &str) -> Self {
        let mut out = String::new();
        if number.is_empty() || name.is_empty() {
            out.push_str(if number.is_empty() { name } else { number });
            return Self::new(out.into());
        }
        out.push('"');
        for char in name.chars() {
            if matches!(char, '"' | '\\') {
                out.push('\\');
            }
            out.push(char);
        }
        out.push_str("\" <");
        out.push_str(number);
        out.push('>');
        Self::new(out.into())
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'*' | b'#'))
}

/// `\"` and `\\` as what they stand for; any other backslash is itself.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some('"' | '\\')) => out.extend(chars.next()),
            _ => out.push(char),
        }
    }
    out
}
