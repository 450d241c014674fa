//! The login.

use alloc::string::String;

use tieline_core::Secret;

use crate::Dialect;

/// A login. Prints without the password, and compares passwords in a time that depends only on their lengths.
///
/// The words of one refusal ("access_token , username , domain or password error") hint at a login by access token,
/// which no document describes; there is none here.
#[derive(Clone, Debug)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
pub struct Auth {
    /// Who.
    pub login: Login,
    /// The password: in v12 the web password, in v16 the user password, with an extension number that of the
    /// extension.
    pub password: Secret,
}

/// Who logs in. The form decides what the login may see.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "arbitrary", derive(arbitrary::Arbitrary))]
#[non_exhaustive]
pub enum Login {
    /// An extension of v12.
    Extension {
        /// Its number.
        extension: String,
        /// Its SIP domain.
        domain: String,
    },
    /// A tenant of v12.
    Tenant {
        /// Its name.
        name: String,
    },
    /// A user of v16 or v22.
    Username {
        /// The name.
        username: String,
        /// The SIP domain of the tenant.
        domain: String,
    },
    /// An extension of v16.2 or v22.
    ExtensionNumber {
        /// Its number.
        extension_number: String,
        /// The SIP domain of the tenant.
        domain: String,
    },
    /// The system administrator of v22: a user without domain.
    Admin {
        /// The name.
        username: String,
    },
}

impl Login {
    /// Whether the documents of a dialect have this form.
    #[must_use]
    pub const fn is_known_to(&self, dialect: Dialect) -> bool {
        match self {
            Self::Extension { .. } | Self::Tenant { .. } => matches!(dialect, Dialect::V12),
            Self::Username { .. } | Self::ExtensionNumber { .. } => matches!(dialect, Dialect::V16 | Dialect::V22),
            Self::Admin { .. } => matches!(dialect, Dialect::V22),
        }
    }
}

impl Auth {
    /// An extension of v12 and its web password.
    #[must_use]
    pub fn extension(extension: impl Into<String>, domain: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self {
            login: Login::Extension { extension: extension.into(), domain: domain.into() },
            password: password.into(),
        }
    }

    /// A tenant of v12.
    #[must_use]
    pub fn tenant(name: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { login: Login::Tenant { name: name.into() }, password: password.into() }
    }

    /// A user of v16 or v22 and the user password.
    #[must_use]
    pub fn username(username: impl Into<String>, domain: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { login: Login::Username { username: username.into(), domain: domain.into() }, password: password.into() }
    }

    /// An extension of v16.2 or v22 and its SIP password.
    #[must_use]
    pub fn extension_number(
        extension_number: impl Into<String>,
        domain: impl Into<String>,
        password: impl Into<Secret>,
    ) -> Self {
        Self {
            login: Login::ExtensionNumber { extension_number: extension_number.into(), domain: domain.into() },
            password: password.into(),
        }
    }

    /// The system administrator of v22.
    #[must_use]
    pub fn admin(username: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self { login: Login::Admin { username: username.into() }, password: password.into() }
    }
}

impl PartialEq for Auth {
    fn eq(&self, other: &Self) -> bool {
        self.login == other.login && self.password.matches(&other.password)
    }
}

impl Eq for Auth {}
