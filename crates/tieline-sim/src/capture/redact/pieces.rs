//! Text as characters with the bytes that spell them, so that what stays is written as it was: escapes, stray backslashes, bytes
//! that are no UTF-8.

/// One character.
#[derive(Clone, Copy, Debug)]
pub(super) struct Piece<'a> {
    /// The character; of bytes that are none the replacement character.
    pub(super) c: char,
    /// How it is spelled.
    pub(super) raw: &'a [u8],
}

/// The longest string, number or word that is taken to pieces, which are many times as large; a placeholder stands for a longer
/// one as a whole.
pub(super) const LONGEST: usize = 1 << 20;

/// The character that bytes begin with.
pub(super) fn first(bytes: &[u8]) -> Option<Piece<'_>> {
    // No character has more bytes.
    let chunk = bytes.get(..4).unwrap_or(bytes).utf8_chunks().next()?;
    Some(match chunk.valid().chars().next() {
        Some(c) => Piece { c, raw: bytes.get(..c.len_utf8()).unwrap_or_default() },
        None => Piece { c: char::REPLACEMENT_CHARACTER, raw: chunk.invalid() },
    })
}

/// The characters of bytes.
pub(super) fn plain(bytes: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        let text = chunk.valid();
        pieces.extend(text.char_indices().map(|(at, c)| {
            let raw = text.get(at..at + c.len_utf8()).unwrap_or_default().as_bytes();
            Piece { c, raw }
        }));
        if !chunk.invalid().is_empty() {
            pieces.push(Piece { c: char::REPLACEMENT_CHARACTER, raw: chunk.invalid() });
        }
    }
    pieces
}

/// The characters of what stands between the quotes of a JSON string. A backslash that escapes nothing is a character.
pub(super) fn unescaped(body: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::with_capacity(body.len());
    let mut rest = body;
    while !rest.is_empty() {
        let end = rest.iter().position(|byte| *byte == b'\\').unwrap_or(rest.len());
        let (before, escape) = rest.split_at(end);
        pieces.extend(plain(before));
        let (c, length) = match escape {
            [] => break,
            [_, b'u', ..] => unicode(escape),
            [_, escaped, ..] => (simple(*escaped), 2),
            [_] => (Some('\\'), 1),
        };
        // A stray backslash stands for itself.
        let (c, length) = c.map_or(('\\', 1), |c| (c, length));
        let (raw, after) = escape.split_at(length.min(escape.len()));
        pieces.push(Piece { c, raw });
        rest = after;
    }
    pieces
}

const fn simple(escaped: u8) -> Option<char> {
    Some(match escaped {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        _ => return None,
    })
}

/// The character of `\uXXXX`, or of two of them.
fn unicode(escape: &[u8]) -> (Option<char>, usize) {
    let unit = |at: usize| -> Option<u16> {
        let digits = std::str::from_utf8(escape.get(at + 2..at + 6)?).ok()?;
        let begins = escape.get(at..at + 2) == Some(b"\\u") && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        begins.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    let Some(first) = unit(0) else { return (None, 1) };
    match char::decode_utf16([first]).next() {
        Some(Ok(c)) => (Some(c), 6),
        _ => match unit(6).and_then(|second| char::decode_utf16([first, second]).next()?.ok()) {
            Some(c) => (Some(c), 12),
            None => (Some(char::REPLACEMENT_CHARACTER), 6),
        },
    }
}

/// The characters of a part of a URL: `%20` is a space.
pub(super) fn percent_decoded(part: &[u8]) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = part;
    while let [first, ..] = rest {
        let escaped = |at: usize| -> Option<u8> {
            let digits = std::str::from_utf8(rest.get(at + 1..at + 3)?).ok()?;
            let begins = rest.get(at) == Some(&b'%') && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            begins.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
        };
        let mut bytes = Vec::new();
        while bytes.len() < 4
            && let Some(byte) = escaped(bytes.len() * 3)
        {
            bytes.push(byte);
            if std::str::from_utf8(&bytes).is_ok() {
                break;
            }
        }
        let (c, length) = match std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
            Some(c) => (c, bytes.len() * 3),
            None if !first.is_ascii() => (char::REPLACEMENT_CHARACTER, 1),
            None => (char::from(*first), 1),
        };
        let (raw, after) = rest.split_at(length.min(rest.len()));
        pieces.push(Piece { c, raw });
        rest = after;
    }
    pieces
}

/// The characters alone.
pub(super) fn text(pieces: &[Piece<'_>]) -> String {
    pieces.iter().map(|piece| piece.c).collect()
}

/// Writes pieces as they were.
pub(super) fn write(pieces: &[Piece<'_>], out: &mut Vec<u8>) {
    pieces.iter().for_each(|piece| out.extend_from_slice(piece.raw));
}
