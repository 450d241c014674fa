//! The JSON of the token calls.

use core::time::Duration;
use std::string::String;

use tieline_core::json::{Encode as _, ObjectWriter};
use tieline_core::{Secret, wire_struct};

use super::{Grant, SignedIn};
use crate::Concealed;

wire_struct! {
    /// Every member that an answer of the token calls is known to have.
    pub(super) struct GrantBody<S> {
        /// The token that is used.
        pub access_token: Concealed<S>,
        /// Seconds until it ends.
        pub expires_in: u64,
        /// What a new one is got with.
        pub refresh_token: Concealed<S>,
        /// `Bearer`.
        pub token_type: S,
        /// Whether a second factor is wanted, in place of all that stands above.
        pub two_factor_enabled: bool,
        /// What names the login that waits for its second factor.
        pub token: Concealed<S>,
    }
}

impl SignedIn {
    /// Reads what stands in an answer. `None` when it holds neither an access token nor a wish for a second factor.
    pub(super) fn of<S: AsRef<str>>(body: &GrantBody<S>) -> Option<Self> {
        let secret = |text: &Option<Concealed<S>>| {
            let text = text.as_ref().map(Concealed::expose).filter(|text| !text.is_empty())?;
            Some(Secret::from(text))
        };
        if let Some(access_token) = secret(&body.access_token) {
            let expires_in = body.expires_in.map(Duration::from_secs);
            return Some(Self::Granted(Grant { access_token, expires_in, refresh_token: secret(&body.refresh_token) }));
        }
        let token = secret(&body.token).filter(|_| body.two_factor_enabled == Some(true))?;
        Some(Self::TwoFactor { token })
    }

    /// The answer as JSON.
    pub(super) fn to_json(&self) -> String {
        let conceal = |secret: &Secret| Some(Concealed::new(secret.expose().clone()));
        let mut body = GrantBody::<String>::default();
        match self {
            Self::Granted(grant) => {
                body.access_token = conceal(&grant.access_token);
                body.expires_in = grant.expires_in.map(|lifetime| lifetime.as_secs());
                body.refresh_token = grant.refresh_token.as_ref().and_then(conceal);
                body.token_type = Some("Bearer".into());
            }
            Self::TwoFactor { token } => {
                body.two_factor_enabled = Some(true);
                body.token = conceal(token);
            }
        }
        body.to_json()
    }
}

/// `{"errors":[{"code":…,"message":…}]}`, the body of the documented 400.
pub(super) fn errors_json(code: &str, message: &str) -> String {
    let mut error = String::from(r#"{"errors":["#);
    let mut object = ObjectWriter::new(&mut error);
    object.member("code", code);
    object.member("message", message);
    object.end();
    error.push_str("]}");
    error
}
