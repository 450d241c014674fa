//! One line a user.

use core::fmt;

use tieline_core::Text;

use crate::{Phone, User};

/// A user and the phone in use: prints as the reference client prints it, `alice (Alice Adams): idle`.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct PresenceLine<'d> {
    /// The user.
    pub user: &'d User<Text>,
    /// The phone in use; `None` when there is none, or one that is not in the list.
    pub phone: Option<&'d Phone<Text>>,
}

impl PresenceLine<'_> {
    /// The state of the phone in use, in the server's words; `None` without a phone, or a phone without one.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.phone?.status.as_deref()
    }
}

impl fmt::Display for PresenceLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = match self.phone {
            None => "no phone",
            Some(_) => self.status().unwrap_or("unknown"),
        };
        write!(f, "{}: {status}", Name(self.user))
    }
}

/// The login name, and the full name in brackets where there is one.
pub(super) struct Name<'u>(pub(super) &'u User<Text>);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.username.as_deref().unwrap_or_default())?;
        match self.0.full_name.iter().flatten().find(|name| !name.is_empty()) {
            Some(full) => write!(f, " ({full})"),
            None => Ok(()),
        }
    }
}
