//! Addresses as people paste them, with a key in them.

use tieline_core::Secret;
use tieline_core::http::{BaseUrl, BaseUrlError, query_pairs};

/// The parameters that hold a key.
const KEYS: [&str; 2] = ["key", "pbxkey"];

/// An address, and the key that stood in it.
#[derive(Debug)]
pub(super) struct Address {
    pub(super) base: BaseUrl,
    pub(super) key: Option<Secret>,
}

/// Why a text is no [`Address`]. Holds nothing of the text, which may hold a key.
#[derive(Debug, thiserror::Error)]
pub(super) enum AddressError {
    /// The rest is no address.
    #[error(transparent)]
    Base(#[from] BaseUrlError),
    /// A parameter that is no key.
    #[error("only a key can stand behind its `?`, as key=… or pbxkey=…")]
    Parameter,
    /// More than one key.
    #[error("it holds more than one key")]
    Keys,
}

impl Address {
    /// Reads an address: `?key=`, `?pbxkey=`, `KEY@` and `USER:KEY@` before the host are its key.
    pub(super) fn read(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let (address, query) = text.split_once('?').unwrap_or((text, ""));
        let mut keys: Vec<Secret> = Vec::new();
        for (name, value) in query_pairs(query.as_bytes()) {
            if !KEYS.contains(&&*name) {
                return Err(AddressError::Parameter);
            }
            keys.push(value.into_owned().into());
        }
        let scheme = address.find("://").map_or(0, |at| at + 3);
        let (scheme, rest) = address.split_at(scheme);
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = match authority.rsplit_once('@') {
            None => authority,
            Some((user, host)) => {
                let key = user.split_once(':').map_or(user, |(_, password)| password);
                let key = percent_encoding::percent_decode_str(key).decode_utf8_lossy();
                keys.push(key.into_owned().into());
                host
            }
        };
        keys.retain(|key| !key.expose().is_empty());
        let base = format!("{scheme}{host}{path}").parse()?;
        let key = keys.pop();
        if keys.is_empty() { Ok(Self { base, key }) } else { Err(AddressError::Keys) }
    }
}

#[cfg(test)]
mod tests {
    use super::{Address, AddressError};

    fn read(text: &str) -> (String, Option<String>) {
        let address = Address::read(text).expect("an address");
        (address.base.to_string(), address.key.map(|key| key.expose().clone()))
    }

    #[test]
    fn a_key_is_taken_out_of_an_address() {
        let whole = |key: &str| ("https://api.example/v1".to_owned(), Some(key.to_owned()));
        assert_eq!(read("https://api.example/v1?key=a%2Bb"), whole("a+b"));
        assert_eq!(read("https://api.example/v1/?pbxkey=abc"), whole("abc"));
        assert_eq!(read("https://a%40bc@api.example/v1"), whole("a@bc"));
        assert_eq!(read("https://me:abc@api.example/v1"), whole("abc"));
        assert_eq!(read("https://api.example/?key="), ("https://api.example".to_owned(), None));
        assert_eq!(read("http://[::1]:80"), ("http://[::1]".to_owned(), None));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_words() {
        for text in
            ["api.example?key=abc", "ftp://abc@api.example", "https://a:abc@", "https://h/?abc", "https://h/#abc"]
        {
            let error = Address::read(text).expect_err(text);
            assert!(!format!("{error} {error:?}").contains("abc"), "{error:?}");
        }
        let two = Address::read("https://abc@api.example?key=def");
        assert!(matches!(two, Err(AddressError::Keys)));
    }
}
