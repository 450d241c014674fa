//! Requests and answers: targets, header fields, bodies.

use super::MOST;
use super::json;
use super::key::RedactionKey;
use super::pieces;
use super::text::{self, is_count, is_time};
use super::words::{self, Class};
use crate::capture::Payload;

/// Writes a path with its query.
pub(super) fn target(key: &RedactionKey, target: &str) -> String {
    let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
    let mut out = Vec::new();
    text::map(key, &pieces::percent_decoded(path.as_bytes()), words::is_of_paths, &mut out);
    if let Some(query) = query {
        out.push(b'?');
        pairs(key, query.as_bytes(), &mut out);
    }
    string(out)
}

/// Writes what stands in a query or form.
fn pairs(key: &RedactionKey, pairs: &[u8], out: &mut Vec<u8>) {
    for (index, pair) in pairs.split(|byte| *byte == b'&').enumerate() {
        if index > 0 {
            out.push(b'&');
        }
        let Some(equals) = pair.iter().position(|byte| *byte == b'=') else {
            // A key alone may be a secret as a whole.
            if !pair.is_empty() {
                out.extend_from_slice(key.secret(pair).as_bytes());
            }
            continue;
        };
        let (name, value) = pair.split_at(equals);
        let value = value.get(1..).unwrap_or_default();
        if name.len().max(value.len()) > pieces::LONGEST {
            out.extend_from_slice(key.secret(pair).as_bytes());
            continue;
        }
        let value = pieces::percent_decoded(value);
        let decoded = pieces::percent_decoded(name);
        let name = pieces::text(&decoded);
        if words::is_key(&name) {
            pieces::write(&decoded, out);
        } else {
            text::map(key, &decoded, text::technical, out);
        }
        out.push(b'=');
        let whole = pieces::text(&value);
        let stays = match words::class_of(&name) {
            Class::Secret if whole.is_empty() => true,
            Class::Secret => {
                out.extend_from_slice(key.secret(whole.as_bytes()).as_bytes());
                continue;
            }
            Class::Text => {
                text::conceal(key, &value, out);
                continue;
            }
            Class::Count => is_count(&whole),
            Class::Word => words::is_of_words(&whole) || (is_count(&whole) && whole.len() <= 3),
            _ => false,
        };
        if stays || is_time(&whole) {
            pieces::write(&value, out);
        } else {
            text::map(key, &value, text::technical, out);
        }
    }
}

/// Header fields.
pub(super) fn headers(key: &RedactionKey, headers: &mut [(String, String)]) {
    for (name, value) in headers {
        let (stays, class) = words::header(name);
        *value = match class {
            Class::Word => continue,
            Class::Secret => {
                // The kind of a login is no secret.
                let (scheme, rest) = value.split_once(' ').unwrap_or(("", value));
                let known = ["basic", "bearer", "token"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
                if known { format!("{scheme} {}", key.secret(rest.as_bytes())) } else { key.secret(value.as_bytes()) }
            }
            _ if ["accept", "content-type"].iter().any(|known| name.eq_ignore_ascii_case(known)) => media(key, value),
            _ => any(key, value),
        };
        if !stays {
            *name = any(key, name);
        }
    }
}

/// A text that nothing is known of.
pub(super) fn any(key: &RedactionKey, value: &str) -> String {
    if is_time(value) {
        return value.to_owned();
    }
    let mut out = Vec::new();
    text::map(key, &pieces::plain(value.as_bytes()), text::technical, &mut out);
    string(out)
}

fn media(key: &RedactionKey, value: &str) -> String {
    let (kind, parameters) = value.split_at(value.find(';').unwrap_or(value.len()));
    if !words::MEDIA.iter().any(|known| kind.trim().eq_ignore_ascii_case(known)) {
        return any(key, value);
    }
    let plain = parameters.trim_start_matches([';', ' ']);
    let stays = plain.is_empty() || plain.eq_ignore_ascii_case("charset=utf-8");
    format!("{kind}{}", if stays { parameters.to_owned() } else { any(key, parameters) })
}

/// A body, by the media type that its header fields tell, before these are mapped.
pub(super) fn body(key: &RedactionKey, headers: &[(String, String)], body: &mut Payload) {
    let of =
        |wanted: &str| headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| &**value);
    let kind = of("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let encoded = of("content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity"));
    let Payload::Text(text) = body else {
        // What is no text cannot be redacted.
        *body = Payload::Size(body.len());
        return;
    };
    let mut out = Vec::new();
    match &*kind {
        _ if text.is_empty() => return,
        _ if encoded || kind.starts_with("multipart/") => {
            *body = Payload::Size(text.len() as u64);
            return;
        }
        "application/x-www-form-urlencoded" => pairs(key, text.as_bytes(), &mut out),
        _ => {
            if !json::map(key, text.as_bytes(), MOST, &mut out) {
                *body = Payload::Size(text.len() as u64);
                return;
            }
        }
    }
    *body = if out.len() > MOST { Payload::Size(text.len() as u64) } else { Payload::of(out) };
}

fn string(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
