//! Texts without keys: words, numbers, ids and addresses within them.

use super::key::RedactionKey;
use super::pieces::{self, Piece};
use super::words;

/// Runs of letters and digits from so many on may be ids.
const ID: usize = 8;

/// Writes a text with all that may tell of somebody mapped, each word and number by itself; what is neither letter nor digit
/// stays. `keep` says which words stay.
pub(super) fn map(key: &RedactionKey, text: &[Piece<'_>], keep: impl Fn(&str) -> bool, out: &mut Vec<u8>) {
    let mut rest = text;
    while let [first, after @ ..] = rest {
        if !first.c.is_alphanumeric() {
            out.extend_from_slice(first.raw);
            rest = after;
            continue;
        }
        let length = if let Some(length) = uuid(rest) {
            out.extend_from_slice(key.uuid(&pieces::text(&rest[..length])).as_bytes());
            length
        } else if let Some(length) = ipv4(rest) {
            out.extend_from_slice(key.address(&pieces::text(&rest[..length])).as_bytes());
            length
        } else {
            let length = rest.iter().position(|piece| !piece.c.is_alphanumeric()).unwrap_or(rest.len());
            run(key, &pieces::text(&rest[..length]), &keep, out);
            length
        };
        rest = rest.get(length..).unwrap_or_default();
    }
}

/// Letters and digits in a row.
fn run(key: &RedactionKey, run: &str, keep: &impl Fn(&str) -> bool, out: &mut Vec<u8>) {
    if keep(run) {
        return out.extend_from_slice(run.as_bytes());
    }
    let parts = parts(run);
    // A topic of IM keeps what tells its kind.
    if parts.len() > 2 || (run.chars().count() > ID && is_mixed_case(run)) {
        let prefix =
            run.get(..3).filter(|prefix| matches!(*prefix, "usr" | "grp" | "p2p" | "emc" | "chn" | "nch" | "new"));
        let prefix = prefix.filter(|_| run.len() >= ID).unwrap_or_default();
        out.extend_from_slice(prefix.as_bytes());
        return out.extend_from_slice(key.id(run.get(prefix.len()..).unwrap_or_default()).as_bytes());
    }
    for part in parts {
        let mapped = match part.chars().next() {
            Some(c) if c.is_ascii_digit() => key.number(part),
            _ if keep(part) || (part.len() == 1 && part.is_ascii()) => part.to_owned(),
            _ => key.word(part),
        };
        out.extend_from_slice(mapped.as_bytes());
    }
}

/// A run cut into letters and digits.
fn parts(run: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = run;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| c.is_ascii_digit() != first.is_ascii_digit()).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

/// Whether a capital stands behind a small letter.
fn is_mixed_case(run: &str) -> bool {
    run.chars().zip(run.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase())
}

/// How long the UUID is that stands here.
fn uuid(text: &[Piece<'_>]) -> Option<usize> {
    const LENGTH: usize = 36;
    let head = text.get(..LENGTH)?;
    let is = head.iter().enumerate().all(|(at, piece)| match at {
        8 | 13 | 18 | 23 => piece.c == '-',
        _ => piece.c.is_ascii_hexdigit(),
    });
    (is && !text.get(LENGTH).is_some_and(|piece| piece.c.is_alphanumeric())).then_some(LENGTH)
}

/// How long the IPv4 address is that stands here.
fn ipv4(text: &[Piece<'_>]) -> Option<usize> {
    let length = text.iter().take(16).position(|piece| !piece.c.is_ascii_digit() && piece.c != '.');
    let length = length.unwrap_or(text.len().min(16));
    if text.get(length).is_some_and(|piece| piece.c.is_alphanumeric()) {
        return None;
    }
    pieces::text(text.get(..length)?).parse::<std::net::Ipv4Addr>().is_ok().then_some(length)
}

/// Writes what somebody wrote with all words replaced, so that nothing tells where the same word stands again; numbers are those
/// of [`map`].
pub(super) fn conceal(key: &RedactionKey, text: &[Piece<'_>], out: &mut Vec<u8>) {
    let seed = key.text_seed(pieces::text(text).as_bytes());
    let mut index = 0;
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let is = |piece: &Piece<'_>| piece.c.is_alphanumeric() && piece.c.is_ascii_digit() == first.c.is_ascii_digit();
        if !first.c.is_alphanumeric() {
            out.extend_from_slice(first.raw);
            rest = after;
            continue;
        }
        let length = rest.iter().position(|piece| !is(piece)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        let mapped = if first.c.is_ascii_digit() {
            key.number(&pieces::text(word))
        } else {
            key.text_word(&seed, index, length)
        };
        out.extend_from_slice(mapped.as_bytes());
        index += 1;
        rest = after;
    }
}

/// Whether a text is a date, or one with a time of day in UTC or of nowhere: one that there can be, so that no other number
/// passes for it.
pub(super) fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |at: usize| match bytes.get(at..at + 2) {
        Some([tens @ b'0'..=b'9', ones @ b'0'..=b'9']) => Some((tens - b'0') * 10 + (ones - b'0')),
        _ => None,
    };
    let within = |at: usize, of: std::ops::RangeInclusive<u8>| number(at).is_some_and(|number| of.contains(&number));
    let is = |at: usize, sign: u8| bytes.get(at) == Some(&sign);
    let is_date = within(0, 19..=20) && within(2, 0..=99) && is(4, b'-') && within(5, 1..=12) && is(7, b'-');
    if !is_date || !within(8, 1..=31) {
        return false;
    }
    if bytes.len() == 10 {
        return true;
    }
    // A second may be a leap second.
    let is_clock = within(11, 0..=23) && is(13, b':') && within(14, 0..=59) && is(16, b':') && within(17, 0..=60);
    if !is_clock || !(is(10, b'T') || is(10, b' ')) {
        return false;
    }
    let rest = text.get(19..).unwrap_or_default();
    let rest = match rest.strip_prefix('.') {
        None => rest,
        Some(fraction) => match fraction.bytes().take_while(u8::is_ascii_digit).count() {
            digits @ 1..=9 => fraction.get(digits..).unwrap_or_default(),
            _ => return false,
        },
    };
    matches!(rest, "" | "Z" | "+00:00" | "-00:00" | "+0000" | "-0000")
}

/// Whether a text is seconds or milliseconds since 1970, of this century; or nothing yet.
pub(super) fn is_epoch(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || (matches!(text.len(), 10 | 13) && matches!(text.as_bytes().first(), Some(b'1' | b'2'))))
}

/// The time that an id of Asterisk begins with, `1639563902.75`.
pub(super) fn asterisk_time(text: &str) -> Option<&str> {
    let (time, number) = text.split_once('.')?;
    let is =
        is_epoch(time) && time.len() == 10 && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is.then_some(time)
}

/// Whether a text is a small number: what counts something.
pub(super) fn is_count(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (1..=7).contains(&whole.len()) && fraction.len() <= 6 && all(whole) && all(fraction)
}

/// Words that stay in any text.
pub(super) fn technical(word: &str) -> bool {
    words::is_technical(word)
}

#[cfg(test)]
mod tests {
    use super::is_time;

    #[test]
    fn times_that_there_can_be_are_told_from_numbers_in_their_shape() {
        for time in [
            "2026-01-31",
            "1999-12-01 23:59:60",
            "2026-01-01T08:35:00Z",
            "2026-01-01T08:35:00.245Z",
            "2026-01-01 08:35:00.123456789+00:00",
        ] {
            assert!(is_time(time), "{time}");
        }
        for number in [
            "5012-34-56",
            "2026-13-01",
            "2026-00-01",
            "2026-01-32",
            "2026-01-01x",
            "2026-01-01T24:00:00",
            "2026-01-01T08:60:00",
            "2026-01-01T08:35:61",
            "2026-01-01T08:35:00.",
            "2026-01-01T08:35:00.1234567890Z",
            "2026-01-01T08:35:00.48501234567890123",
            "2026-01-01T08:35:00+01:00",
            "",
        ] {
            assert!(!is_time(number), "{number}");
        }
    }
}
