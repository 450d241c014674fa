//! Versions, as a `hi` tells them.

/// The oldest version that is served.
const OLDEST: (u16, u16) = (0, 20);

/// What a version is to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Served(u16, u16),
    TooOld,
    Unreadable,
}

/// Reads `1`, `v1.2`, `0.25` or `1.2.3-rc1`.
pub(super) fn version(text: &str) -> Version {
    let text = text.strip_prefix('v').unwrap_or(text);
    let mut parts = text.split('.');
    let number = |part: &str| part.parse::<u16>().ok().filter(|part| *part <= 8191);
    let Some(major) = parts.next().and_then(number) else { return Version::Unreadable };
    let minor = match parts.next() {
        Some(part) => number(part),
        None => Some(0),
    };
    match minor {
        Some(0) if major == 0 => Version::Unreadable,
        Some(minor) if (major, minor) < OLDEST => Version::TooOld,
        Some(minor) => Version::Served(major, minor),
        None => Version::Unreadable,
    }
}

#[cfg(test)]
mod tests {
    use super::{Version, version};

    #[test]
    fn versions_are_read_by_their_first_two_numbers() {
        assert_eq!(version("0.25"), Version::Served(0, 25));
        assert_eq!(version("v1.2"), Version::Served(1, 2));
        assert_eq!(version("1"), Version::Served(1, 0));
        assert_eq!(version("1.2.3-rc1"), Version::Served(1, 2));
        assert_eq!(version("0.1"), Version::TooOld);
        for unreadable in ["", "0", "INVALID VERSION STRING", "9000", "0.9000", "-1", "1.x"] {
            assert_eq!(version(unreadable), Version::Unreadable, "{unreadable}");
        }
    }
}
