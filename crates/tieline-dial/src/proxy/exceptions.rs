//! `NO_PROXY`.

use std::net::IpAddr;

use ipnet::IpNet;

/// Whether the list names the host: `*`, an address, a network, or a name, which stands for its subdomains too, with or
/// without a leading dot. An IPv6 host stands without brackets.
pub(super) fn name(list: &str, host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| match address {
        _ if entry == "*" => true,
        Some(address) => {
            let entry = entry.trim_matches(['[', ']']);
            entry.parse() == Ok(address) || entry.parse::<IpNet>().is_ok_and(|network| network.contains(&address))
        }
        None => {
            let domain = entry.trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
            !domain.is_empty()
                && host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        }
    })
}
