//! What a login proves itself with.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD};
use tieline_core::Secret;

use crate::{Concealed, Login};

/// The scheme of PortSIP's login.
const ACCESS_TOKEN: &str = "access_token";

/// Who logs in, and with what.
#[derive(Clone)]
#[non_exhaustive]
pub enum Credentials {
    /// Scheme `access_token`, PortSIP's: the token that the PBX gives for a user's password over REST.
    AccessToken {
        /// The user name, without the domain.
        user: String,
        /// The SIP domain of the tenant; an IPv6 address has colons in it.
        domain: String,
        /// The token. It has no colon.
        token: Secret,
    },
    /// Any other scheme: `token`, with the bytes of the token that an earlier login returned; `basic` and others at
    /// Tinode.
    Other {
        /// The scheme.
        scheme: String,
        /// What the scheme asks for, before it is written in base64.
        secret: Secret<Vec<u8>>,
    },
}

impl Credentials {
    /// PortSIP's login.
    pub fn access_token(user: impl Into<String>, domain: impl Into<String>, token: impl Into<Secret>) -> Self {
        Self::AccessToken { user: user.into(), domain: domain.into(), token: token.into() }
    }

    /// A login of another scheme.
    pub fn other(scheme: impl Into<String>, secret: impl Into<Vec<u8>>) -> Self {
        Self::Other { scheme: scheme.into(), secret: Secret::new(secret.into()) }
    }

    /// The name of the scheme.
    #[must_use]
    pub fn scheme(&self) -> &str {
        match self {
            Self::AccessToken { .. } => ACCESS_TOKEN,
            Self::Other { scheme, .. } => scheme,
        }
    }

    /// The login message: the secret in standard base64 with padding.
    #[must_use]
    pub fn to_login(&self) -> Login<String> {
        let secret = match self {
            Self::AccessToken { user, domain, token } => {
                let plain = Secret::new(alloc::format!("{user}@{domain}:{}", token.expose()));
                BASE64.encode(plain.expose().as_bytes())
            }
            Self::Other { secret, .. } => BASE64.encode(secret.expose()),
        };
        Login { scheme: Some(self.scheme().into()), secret: Some(Concealed::new(secret)), ..Login::default() }
    }

    /// Reads a login message. Base64 is read in either alphabet, padded or not; the name of the scheme in any case. The
    /// user ends at the first `@`, the token begins after the last colon.
    ///
    /// # Errors
    /// When the scheme or the secret is missing, the secret is not base64, or not of the form that `access_token` has.
    pub fn from_login<S: AsRef<str>>(login: &Login<S>) -> Result<Self, BadSecret> {
        let scheme = login.scheme.as_ref().map(AsRef::as_ref).filter(|scheme| !scheme.is_empty()).ok_or(BadSecret)?;
        let secret = login.secret.as_ref().and_then(|secret| from_base64(secret.expose())).ok_or(BadSecret)?;
        if !scheme.eq_ignore_ascii_case(ACCESS_TOKEN) {
            return Ok(Self::Other { scheme: scheme.to_ascii_lowercase(), secret });
        }
        let plain = core::str::from_utf8(secret.expose()).map_err(|_| BadSecret)?;
        let (name, token) = plain.rsplit_once(':').ok_or(BadSecret)?;
        let (user, domain) = name.split_once('@').ok_or(BadSecret)?;
        if user.is_empty() || domain.is_empty() || token.is_empty() {
            return Err(BadSecret);
        }
        Ok(Self::access_token(user, domain, token))
    }
}

fn from_base64(text: &str) -> Option<Secret<Vec<u8>>> {
    let codecs = [BASE64, BASE64URL, BASE64_NOPAD, BASE64URL_NOPAD];
    codecs.iter().find_map(|codec| codec.decode(text.as_bytes()).ok()).map(Secret::new)
}

// Who it is may be printed, with what not.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessToken { user, domain, .. } => write!(f, "Credentials({ACCESS_TOKEN}, {user}@{domain})"),
            Self::Other { scheme, .. } => write!(f, "Credentials({scheme})"),
        }
    }
}

impl PartialEq for Credentials {
    /// In a time that depends only on the lengths of the secrets.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::AccessToken { user, domain, token },
                Self::AccessToken { user: other_user, domain: other_domain, token: other_token },
            ) => user == other_user && domain == other_domain && token.matches(other_token),
            (Self::Other { scheme, secret }, Self::Other { scheme: other_scheme, secret: other_secret }) => {
                scheme == other_scheme && secret.matches(other_secret)
            }
            _ => false,
        }
    }
}

impl Eq for Credentials {}

/// A login message whose scheme or secret is missing or of the wrong form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the secret of the login is missing or of the wrong form")]
pub struct BadSecret;
