//! Hashes of passwords: Argon2id, as PHC strings.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier};
use sha2::{Digest as _, Sha256};
use tieline_core::Secret;

/// The hash of a password with its salt, `$argon2id$…`. `Debug` prints neither.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(phc::PasswordHash);

/// A text that is no hash of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a hash of a password: `$argon2id$` and its parameters, salt and hash are expected")]
pub struct BadHash;

/// The hash that a wrong name is compared with, so that it takes as long as a wrong password.
static NOBODY: LazyLock<Option<PasswordHash>> = LazyLock::new(|| PasswordHash::of(&Secret::from(""), [0; 16]).ok());

impl PasswordHash {
    /// Hashes a password with Argon2id and a salt that nobody has had before: draw it. It takes a core for some 20 ms, and
    /// 19 MiB.
    ///
    /// # Errors
    /// When the password is longer than the algorithm takes: 4 GiB.
    pub fn of(password: &Secret, salt: [u8; 16]) -> Result<Self, BadHash> {
        let hash = Argon2::default().hash_password_with_salt(password.expose().as_bytes(), &salt);
        hash.map(Self).map_err(|_| BadHash)
    }

    /// Whether it is the hash of this password. Takes as long as making it did.
    #[must_use]
    pub fn verifies(&self, password: &Secret) -> bool {
        let verifier: &dyn PasswordVerifier<phc::PasswordHash> = &Argon2::default();
        verifier.verify_password(password.expose().as_bytes(), &self.0).is_ok()
    }

    /// Takes as long as a wrong password.
    pub(super) fn verify_nobody(password: &Secret) {
        if let Some(nobody) = NOBODY.as_ref() {
            let _ = nobody.verifies(password);
        }
    }

    /// A number that differs when the hash does.
    pub(super) fn revision(&self) -> u64 {
        let digest: [u8; 32] = Sha256::digest(self.to_phc().as_bytes()).into();
        digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The hash as text, for a file that few may read.
    #[must_use]
    pub fn to_phc(&self) -> String {
        self.0.to_string()
    }
}

impl FromStr for PasswordHash {
    type Err = BadHash;

    fn from_str(text: &str) -> Result<Self, BadHash> {
        let hash = phc::PasswordHash::new(text).map_err(|_| BadHash)?;
        let is_whole = hash.algorithm.as_str() == "argon2id" && hash.salt.is_some() && hash.hash.is_some();
        if is_whole && argon2::Params::try_from(&hash).is_ok() { Ok(Self(hash)) } else { Err(BadHash) }
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}
