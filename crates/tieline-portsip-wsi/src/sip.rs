//! Numbers in SIP addresses.

/// The user part of a SIP address, which on a PBX is the extension number: `102` of `sip:102@portsip.io`, of
/// `"Jason" <sips:102@portsip.io:5061;transport=tls>`, of `tel:102` and of a plain `102`. Empty when there is none.
#[must_use]
pub fn user_part(address: &str) -> &str {
    let address = address.split_once('<').map_or(address, |(_, uri)| uri).trim();
    let rest = match address.split_once(':') {
        Some((scheme, rest)) if ["sip", "sips", "tel"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => rest,
        _ => address,
    };
    let user = rest.split_once('@').map_or(rest, |(user, _)| user);
    user.split([':', ';', '>', '?']).next().unwrap_or_default().trim()
}
