//! Through a proxy.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};
use std::{io, thread};

use tieline_core::Class;
use tieline_dial::{ConnectError, Proxy, ProxyError};

use super::{Adapter, Client as _, Pbx, calls, request, setup};

fn pbx() -> Pbx {
    Pbx::start(|mut peer, _| {
        peer.log_in();
        peer.agree();
    })
}

/// A proxy that connects to the loopback port that is asked for, whatever the name, once `wanted` is in the request.
pub(super) fn proxy(wanted: &'static str) -> (Pbx, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&asked);
    let proxy = Pbx::raw(move |mut io, _| {
        let request = request(&mut io);
        tell.lock().unwrap().push(request.clone());
        if !request.contains(wanted) {
            drop(io.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"));
            return;
        }
        let port: u16 = request.split([':', ' ']).find_map(|word| word.parse().ok()).expect("a port");
        let server = TcpStream::connect(("127.0.0.1", port)).expect("the server");
        io.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n").expect("answered");
        let back = (server.try_clone().expect("a clone"), io.try_clone().expect("a clone"));
        let copying = thread::spawn(move || pass(back.0, back.1));
        pass(io, server);
        drop(copying.join());
    });
    (proxy, asked)
}

/// Passes on what comes, and the end.
fn pass(mut from: TcpStream, mut to: TcpStream) {
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(std::net::Shutdown::Write));
}

fn vars<'a>(vars: &'a [(&'a str, String)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| vars.iter().find(|(own, _)| *own == name).map(|(_, value)| value.clone())
}

fn refused<A: Adapter>(url: &str, proxy: Proxy) -> ConnectError {
    A::connect(url, setup().proxy(proxy)).expect_err("refused")
}

pub fn a_tunnel_is_asked_for_with_connect_and_basic_authentication<A: Adapter>() {
    let (pbx, (proxy, asked)) = (pbx(), proxy("Basic dXNlcjpzZWNyZXQ="));
    let url = format!("ws://pbx.invalid:{}/?key=k", pbx.port);
    let proxy_url = format!("http://user:secret@127.0.0.1:{}", proxy.port);
    let through = Proxy::from_vars(vars(&[("HTTP_PROXY", proxy_url)]));
    let (client, _events) = A::connect(&url, setup().proxy(through)).expect("live");
    client.subscribe(calls()).expect("answered");
    let asked = asked.lock().unwrap();
    assert!(asked[0].starts_with(&format!("CONNECT pbx.invalid:{} HTTP/1.1\r\n", pbx.port)), "{asked:?}");
}

pub fn a_refusal_names_the_variable_and_no_secret<A: Adapter>() {
    let (proxy, _) = proxy("nothing has this");
    let through = Proxy::from_vars(vars(&[("ALL_PROXY", format!("http://user:secret@127.0.0.1:{}", proxy.port))]));
    assert!(!format!("{through:?}").contains("secret"));
    let error = refused::<A>("ws://pbx.invalid/", through);
    assert!(
        matches!(&error, ConnectError::Proxy(ProxyError::Refused { variable: "ALL_PROXY", status: 407 })),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Reauthenticate);
    assert!(!format!("{error} {error:?}").contains("secret"));
}

pub fn a_proxy_that_hangs_up_is_told_from_a_server_that_does<A: Adapter>() {
    let dead = Pbx::raw(|mut io, _| drop(request(&mut io)));
    let error = refused::<A>("ws://pbx.invalid/", Proxy::fixed(&format!("http://127.0.0.1:{}", dead.port)));
    assert!(matches!(&error, ConnectError::Proxy(ProxyError::Lost { .. })), "{error:?}");
    assert_eq!(error.class(), Class::Retry);
}

pub fn other_kinds_of_proxies_are_refused_in_words<A: Adapter>() {
    for (variable, value) in
        [("ALL_PROXY", "socks5://127.0.0.1:1080"), ("http_proxy", "https://proxy:3128"), ("HTTP_PROXY", "ftp://proxy")]
    {
        let error = refused::<A>("ws://pbx.invalid/", Proxy::from_vars(vars(&[(variable, value.to_owned())])));
        let text = error.to_string();
        assert!(text.contains(variable) && text.contains("NO_PROXY"), "{text}");
        assert_eq!(error.class(), Class::Terminal);
    }
}

pub fn exceptions_and_this_machine_are_reached_directly<A: Adapter>() {
    let pbx = pbx();
    let dead = "socks5://127.0.0.1:1".to_owned();
    let proxy = Proxy::from_vars(vars(&[("ALL_PROXY", dead.clone())]));
    let _line = A::connect(&pbx.url, setup().proxy(proxy.clone())).expect("this machine");
    assert!(matches!(refused::<A>(&pbx.url, proxy.with_loopback(true)), ConnectError::Proxy(_)));
    let excepted = Proxy::from_vars(vars(&[("ALL_PROXY", dead), ("NO_PROXY", "127.0.0.0/8".into())]));
    let _line = A::connect(&pbx.url, setup().proxy(excepted.with_loopback(true))).expect("excepted");
}
