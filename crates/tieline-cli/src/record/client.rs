//! The client whose line is recorded: that of `listen` or `im tail`, which goes through the proxy on this machine.

use std::net::SocketAddr;

use tieline_core::Secret;

use crate::args::{Account, Examined, Listen, Output, Protocol, Record, Tail, Tls};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::{im, listen};

/// Follows the PBX through the proxy, until the options say that it is enough.
pub(super) async fn follow(args: Record, protocol: Examined, proxy: SocketAddr) -> Result<Exit, Failure> {
    let url = through(args.url.expose(), proxy);
    // The way to the proxy is on this machine.
    let tls = Tls { tls_pin: Vec::new(), tls_ca: None, tls_insecure: false };
    let protocol = match protocol {
        Examined::Wsi => Protocol::Wsi,
        Examined::Cloudpbx => Protocol::Cloudpbx,
        Examined::Axeos => Protocol::Axeos,
        Examined::Im => {
            let missing = |what: &str| Failure::new(Exit::Usage, format!("{what} is missing: who logs in to IM?"));
            let account = Account {
                url,
                user: args.login.user.ok_or_else(|| missing("--user"))?,
                domain: args.login.domain.ok_or_else(|| missing("--domain"))?,
                token: args.token,
                hello: args.hello,
                tls,
            };
            let tail = Tail {
                topics: args.topic,
                after: None,
                presence: false,
                raw: false,
                stay: args.stay,
                fail_on_gap: false,
                account,
            };
            return im::tail::run(tail, Output::Silent).await;
        }
        Examined::CloudpbxApi => {
            let words =
                "the API of CloudPBX has no stream to follow: record what a client asks of it with --from-proxy ADDR";
            return Err(Failure::new(Exit::Usage, words));
        }
    };
    let listen = Listen {
        url: Secret::from(url),
        protocol: Some(protocol),
        dialect: args.dialect,
        login: args.login,
        key: args.key,
        tls,
        topic: args.topic,
        selection: args.selection,
        only: Vec::new(),
        raw: false,
        stay: args.stay,
        fail_on_gap: false,
        waits: args.waits,
    };
    listen::run(listen, Output::Silent).await
}

/// The address with the proxy in the place of the PBX.
fn through(url: &str, proxy: SocketAddr) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("ws", url));
    let scheme = if scheme.to_ascii_lowercase().starts_with("http") { "http" } else { "ws" };
    let target = rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)).unwrap_or_default();
    format!("{scheme}://{proxy}{target}")
}

#[cfg(test)]
mod tests {
    use super::through;

    #[test]
    fn path_and_query_stay() {
        let proxy = "127.0.0.1:9".parse().expect("an address");
        assert_eq!(through("wss://pbx:8887/wsi?dialect=v22", proxy), "ws://127.0.0.1:9/wsi?dialect=v22");
        assert_eq!(through("https://pbx", proxy), "http://127.0.0.1:9");
        assert_eq!(through("WSS://pbx:1?a/b", proxy), "ws://127.0.0.1:9?a/b");
    }
}
