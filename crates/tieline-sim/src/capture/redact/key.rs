//! The key of a redaction.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// What every mapping follows from. Without it a mapping cannot be undone by trying; with it every guess can be checked. So
/// it is best drawn at random and thrown away; one that is kept makes several captures map alike.
#[derive(Clone)]
pub struct RedactionKey {
    key: [u8; 32],
    /// What was mapped lately: the same numbers and names come again and again.
    known: Arc<Mutex<HashMap<(Purpose, String), String>>>,
}

/// So many mappings are remembered.
const KNOWN: usize = 32 << 10;
/// Longer values are not remembered.
const LONGEST: usize = 64;

/// What a value is mapped as, so that the same value gives unrelated results in different roles.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Purpose {
    Number = 1,
    Word = 2,
    Id = 3,
    Secret = 4,
    Text = 5,
    Address = 6,
    Fingerprint = 7,
}

impl RedactionKey {
    /// The key that follows from a secret: the content of a file, or random bytes (32 of them are enough).
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        Self { key: Sha256::digest(secret).into(), known: Arc::default() }
    }

    /// A name for the key, which tells nothing about it: captures with the same one map alike.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let whole = self.mac(Purpose::Fingerprint, &[]);
        HEXLOWER.encode(whole.first_chunk::<8>().unwrap_or(&[0; 8]))
    }

    /// What `map` makes of a value, or made of it before.
    pub(super) fn remembered(&self, purpose: Purpose, value: &str, map: impl FnOnce() -> String) -> String {
        if value.len() > LONGEST {
            return map();
        }
        let place = (purpose, value.to_owned());
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&place) {
            return known.clone();
        }
        let mapped = map();
        let mut known = lock();
        if known.len() >= KNOWN {
            known.clear();
        }
        known.insert(place, mapped.clone());
        mapped
    }

    pub(super) fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        #[cfg(test)]
        maced(parts.iter().map(|part| part.len()).sum());
        let mut mac = match Hmac::<Sha256>::new_from_slice(&self.key) {
            Ok(mac) => mac,
            // HMAC takes keys of any length.
            Err(_) => return [0; 32],
        };
        mac.update(&[purpose as u8]);
        for part in parts {
            mac.update(&(part.len() as u64).to_le_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// As many bytes as are wanted.
    pub(super) fn stream(&self, purpose: Purpose, data: &[u8], bytes: usize) -> Vec<u8> {
        // Each block is made from all of the data: long data stand by their code.
        let short = (data.len() > LONGEST).then(|| self.mac(purpose, &[data]));
        let data = short.as_ref().map_or(data, |short| short.as_slice());
        let mut out = Vec::with_capacity(bytes + 32);
        let mut block = 0_u64;
        while out.len() < bytes {
            out.extend_from_slice(&self.mac(purpose, &[data, &block.to_le_bytes()]));
            block += 1;
        }
        out.truncate(bytes);
        out
    }
}

impl fmt::Debug for RedactionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RedactionKey([redacted])")
    }
}

#[cfg(test)]
thread_local! {
    static MACED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

#[cfg(test)]
fn maced(bytes: usize) {
    MACED.set(MACED.get() + bytes);
}

#[cfg(test)]
mod tests {
    use super::{MACED, RedactionKey};
    use crate::capture::Redactor;

    /// How many bytes are put through the code for a message.
    fn cost(message: &str) -> usize {
        MACED.set(0);
        drop(Redactor::new(RedactionKey::new(b"a test")).message(message.as_bytes()));
        MACED.get()
    }

    #[test]
    fn a_text_twice_as_long_costs_twice_as_much() {
        for part in ["so a few words ", "a1B2c3D4", "501234567"] {
            for key in ["content", "unknown", "password"] {
                let text = |times: usize| format!(r#"{{"{key}":"{}"}}"#, part.repeat(times));
                let (once, twice) = (cost(&text(400)), cost(&text(800)));
                assert!(once > 0 && twice <= once * 5 / 2, "{key}, {part}: {once} and {twice}");
            }
        }
    }
}
