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
    let whole = pieces::text(text);
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
            key.text_word(whole.as_bytes(), index, length)
        };
        out.extend_from_slice(mapped.as_bytes());
        index += 1;
        rest = after;
    }
}

/// Whether a text is a time: digits and what stands between them, a `T`, a `Z`.
pub(super) fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    let Some(rest) = shape.strip_prefix("0000-00-00") else { return false };
    let Some(rest) = rest.strip_prefix(['T', ' ']) else { return rest.is_empty() };
    let Some(rest) = rest.strip_prefix("00:00:00") else { return false };
    let fraction = rest.strip_prefix('.').map_or(rest, |rest| rest.trim_start_matches('0'));
    matches!(fraction, "" | "Z" | "+00:00" | "-00:00" | "+0000" | "-0000")
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
