//! Where a download may be sent on to.

use std::string::String;

use tieline_core::http::BaseUrl;

use super::Download;

/// A download is sent on so often at most.
pub const MAX_REDIRECTS: u32 = 3;

/// Why a redirect is not followed. `Display` holds nothing of what the server wrote.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectError {
    /// Another host, another port, or without TLS what was with it: the token does not go there, and nobody knows who
    /// answers.
    #[error("the file was said to be at another host, to which the token does not go: not followed")]
    Elsewhere,
    /// Too often.
    #[error("the download was sent on more than {MAX_REDIRECTS} times")]
    TooMany,
    /// Not an address.
    #[error("the address that the download was sent on to cannot be read")]
    Unreadable,
}

/// The download at the address that an answer named. It is followed with the same credentials within one origin, that is
/// scheme, host and port, at most [`MAX_REDIRECTS`] times, and nowhere else. The document shows no redirect at all.
///
/// # Errors
/// [`RedirectError`].
pub fn redirected(base: &BaseUrl, from: &Download, location: &str) -> Result<Download, RedirectError> {
    if from.hops >= MAX_REDIRECTS {
        return Err(RedirectError::TooMany);
    }
    let location = location.trim().split('#').next().unwrap_or_default();
    let odd = |byte: u8| !(0x21..0x7f).contains(&byte) || byte == b'\\';
    if location.is_empty() || location.bytes().any(odd) {
        return Err(RedirectError::Unreadable);
    }
    let target = match split_authority(location, base.is_secure()) {
        Some((secure, authority, target)) => {
            let scheme = if secure { "https" } else { "http" };
            let origin: BaseUrl =
                std::format!("{scheme}://{authority}").parse().map_err(|_| RedirectError::Unreadable)?;
            if origin != base.origin() {
                return Err(RedirectError::Elsewhere);
            }
            match target {
                "" => String::from("/"),
                target if target.starts_with('?') => ["/", target].concat(),
                target => target.into(),
            }
        }
        // A scheme that is none of ours.
        None if location.split(['/', '?']).next().is_some_and(|first| first.contains(':')) => {
            return Err(RedirectError::Elsewhere);
        }
        None if location.starts_with('/') => location.into(),
        None => beside(&from.target(base).map_err(|_| RedirectError::Unreadable)?, location)?,
    };
    Ok(Download { moved_to: Some(target), hops: from.hops + 1, ..from.clone() })
}

/// Whether TLS, the authority, and path with query, of an address with a host.
fn split_authority(location: &str, secure: bool) -> Option<(bool, &str, &str)> {
    let (secure, rest) = if let Some(rest) = location.strip_prefix("//") {
        (secure, rest)
    } else {
        let (scheme, rest) = location.split_once("://")?;
        match scheme {
            scheme if scheme.eq_ignore_ascii_case("https") => (true, rest),
            scheme if scheme.eq_ignore_ascii_case("http") => (false, rest),
            _ => return None,
        }
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    Some((secure, authority, target))
}

/// An address that is given relative to the path it stands at.
fn beside(path: &str, location: &str) -> Result<String, RedirectError> {
    if location.starts_with('?') {
        return Ok([path, location].concat());
    }
    let name = location.split('?').next().unwrap_or_default();
    if name.split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(RedirectError::Unreadable);
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    Ok([folder, "/", location].concat())
}
