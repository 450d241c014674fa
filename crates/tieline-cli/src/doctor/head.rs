//! The beginning of an answer over HTTP: its status, its date, and a few of its words.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::output::printable;

/// The longest head that is looked at, in bytes.
pub(super) const HEAD_BYTES: usize = 32 << 10;
const HEADERS: usize = 100;
/// So many characters of a server's words are shown.
const SAID: usize = 120;

/// What an answer begins with.
#[derive(Debug, Default)]
pub(super) struct Head {
    pub(super) status: u16,
    /// The server's clock.
    pub(super) date: Option<Timestamp>,
    /// What the server says it is.
    pub(super) server: Option<String>,
    /// Where it sends to, without a query.
    pub(super) location: Option<String>,
    /// The beginning of the body.
    pub(super) body: String,
}

impl Head {
    /// Reads it; `None` while it is not whole, or is none.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = response.parse(bytes) else { return None };
        let header = |name: &str| {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            header.map(|header| String::from_utf8_lossy(header.value).trim().to_owned())
        };
        let date = header("date").and_then(|date| rfc2822::DateTimeParser::new().parse_timestamp(&date).ok());
        let location = header("location").map(|location| short(location.split('?').next().unwrap_or_default()));
        let body = short(&String::from_utf8_lossy(bytes.get(length..).unwrap_or_default()));
        let status = response.code.unwrap_or_default();
        Some(Self { status, date, server: header("server").map(|server| short(&server)), location, body })
    }
}

/// The beginning of a peer's words on one line, without what is markup.
pub(super) fn short(text: &str) -> String {
    let mut plain = String::new();
    let mut in_tag = false;
    for c in text.chars() {
        match c {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            _ if in_tag => {}
            c => plain.push(c),
        }
    }
    let words = printable(&plain.split_whitespace().collect::<Vec<_>>().join(" "));
    match words.char_indices().nth(SAID) {
        None => words,
        Some((end, _)) => format!("{}…", words.get(..end).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, short};

    #[test]
    fn status_date_and_words_are_read() {
        let text = b"HTTP/1.1 302 Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nLocation: http://login.example/?key=x\r\n\r\n<p>Log  in";
        let head = Head::parse(text).expect("a head");
        assert_eq!(head.status, 302);
        assert_eq!(head.date.expect("a date").to_string(), "1994-11-06T08:49:37Z");
        assert_eq!((head.location.as_deref(), &*head.body), (Some("http://login.example/"), "Log in"));
        assert!(Head::parse(b"HTTP/1.1 200 OK\r\n").is_none());
    }

    #[test]
    fn words_are_cut_without_their_markup() {
        assert_eq!(short("<html><h1>Welcome</h1>\n to\tthe hotel"), "Welcome to the hotel");
        assert!(short(&"ö".repeat(500)).ends_with("ö…"));
    }
}
