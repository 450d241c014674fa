//! Through a proxy.
#![cfg(feature = "wsi")]

mod common;

use std::sync::{Arc, Mutex};

use common::*;
use tieline_core::Class;
use tieline_tokio::{ConnectError, Proxy, ProxyError, wsi};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn pbx() -> Pbx {
    Pbx::start(|mut peer, _| async move {
        peer.log_in().await;
        peer.agree().await;
    })
    .await
}

/// A proxy that connects to the loopback port that is asked for, whatever the name, once `wanted` is in the request.
async fn proxy(wanted: &'static str) -> (Pbx, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&asked);
    let proxy = Pbx::raw(move |mut io, _| {
        let tell = Arc::clone(&tell);
        async move {
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(io.read_u8().await.expect("a request"));
            }
            let request = String::from_utf8(request).expect("text");
            tell.lock().unwrap().push(request.clone());
            if !request.contains(wanted) {
                let _ = io.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await;
                return;
            }
            let port: u16 = request.split([':', ' ']).find_map(|word| word.parse().ok()).expect("a port");
            let mut server = TcpStream::connect(("127.0.0.1", port)).await.expect("the server");
            io.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").await.expect("answered");
            let _ = tokio::io::copy_bidirectional(&mut io, &mut server).await;
        }
    })
    .await;
    (proxy, asked)
}

fn vars<'a>(vars: &'a [(&'a str, String)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| vars.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone())
}

#[tokio::test]
async fn a_tunnel_is_asked_for_with_connect_and_basic_authentication() {
    let (pbx, (proxy, asked)) = (pbx().await, proxy("Basic dXNlcjpzZWNyZXQ=").await);
    let url = format!("ws://pbx.invalid:{}/?key=k", pbx.port);
    let proxy = Proxy::from_vars(vars(&[("HTTP_PROXY", format!("http://user:secret@127.0.0.1:{}", proxy.port))]));
    let (client, _events) = soon(wsi::connect(&url, config().proxy(proxy))).await.expect("live");
    soon(client.subscribe(calls())).await.expect("answered");
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with(&format!("CONNECT pbx.invalid:{} HTTP/1.1\r\n", pbx.port)), "{asked:?}");
}

#[tokio::test]
async fn a_refusal_names_the_variable_and_no_secret() {
    let (proxy, _) = proxy("nothing has this").await;
    let proxy = Proxy::from_vars(vars(&[("ALL_PROXY", format!("http://user:secret@127.0.0.1:{}", proxy.port))]));
    assert!(!format!("{proxy:?}").contains("secret"));
    let error = soon(wsi::connect("ws://pbx.invalid/", config().proxy(proxy))).await.expect_err("refused");
    assert!(
        matches!(&error, ConnectError::Proxy(ProxyError::Refused { variable: "ALL_PROXY", status: 407 })),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Reauthenticate);
    assert!(!format!("{error} {error:?}").contains("secret"));
}

#[tokio::test]
async fn other_kinds_of_proxies_are_refused_in_words() {
    for (variable, value) in
        [("ALL_PROXY", "socks5://127.0.0.1:1080"), ("http_proxy", "https://proxy:3128"), ("HTTP_PROXY", "ftp://proxy")]
    {
        let proxy = Proxy::from_vars(vars(&[(variable, value.to_owned())]));
        let error = soon(wsi::connect("ws://pbx.invalid/", config().proxy(proxy))).await.expect_err("refused");
        let text = error.to_string();
        assert!(text.contains(variable) && text.contains("NO_PROXY"), "{text}");
        assert_eq!(error.class(), Class::Terminal);
    }
}

#[tokio::test]
async fn exceptions_and_this_machine_are_reached_directly() {
    let pbx = pbx().await;
    let dead = "socks5://127.0.0.1:1".to_owned();
    let proxy = Proxy::from_vars(vars(&[("ALL_PROXY", dead.clone())]));
    let _line = soon(wsi::connect(&pbx.url, config().proxy(proxy.clone()))).await.expect("this machine");
    let forced = proxy.with_loopback(true);
    assert!(matches!(soon(wsi::connect(&pbx.url, config().proxy(forced))).await, Err(ConnectError::Proxy(_))));
    let excepted = Proxy::from_vars(vars(&[("ALL_PROXY", dead), ("NO_PROXY", "127.0.0.0/8".into())]));
    let _line = soon(wsi::connect(&pbx.url, config().proxy(excepted.with_loopback(true)))).await.expect("excepted");
}
