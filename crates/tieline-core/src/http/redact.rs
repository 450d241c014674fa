//! Requests for people to read.

use std::string::String;

use http::request::Parts;

/// Method, path and query of a request as a log may show it: the values of the parameters in `secret` are left out.
///
/// (`Debug` of a head prints its URI whole, and with it a key that stands in the query.)
#[must_use]
pub fn shown_target(head: &Parts, secret: &[&str]) -> String {
    let mut out = std::format!("{} {}", head.method, head.uri.path());
    for (index, pair) in head.uri.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        // A name may be percent-encoded.
        let name = form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name).unwrap_or_default();
        if secret.contains(&&*name) {
            out.push_str(&name);
            out.push_str("=[redacted]");
        } else {
            out.push_str(pair);
        }
    }
    out
}
