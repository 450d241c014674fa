//! The way to a port: proxy, name, TCP, tunnel, TLS.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tieline_dial::{ConnectError, HttpProxy, ProxyError, Route, TcpOptions, WsUrl, address, alternating};
use tieline_tls::{CertificateFacts, RefusalKind, Trust};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::report::{Report, Step};
use crate::exit::Exit;
use crate::failure::{Failure, exit_of_connect};

/// The steps of the way, in their order.
pub(super) const STEPS: [&str; 5] = ["proxy", "name", "tcp", "tunnel", "tls"];

/// The most of a proxy's answer that is read at once.
const ANSWER_BYTES: usize = 1 << 10;
/// A certificate that ends within so many days is warned of.
const SOON: i64 = 30;

/// A connection that is open, with TLS or without.
pub(super) trait Open: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Open for T {}

/// How long a step may take, and what the port should be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits<'a> {
    pub(super) timeout: Duration,
    /// Words on the ports of the protocol.
    pub(super) ports: &'a str,
}

/// Goes the way, step by step; `None` when a step failed.
pub(super) async fn go(
    report: &mut Report,
    url: &WsUrl,
    trust: Trust,
    habits: Habits<'_>,
) -> Result<Option<Box<dyn Open>>, Failure> {
    report.begin();
    let route = Route::with_trust(url.is_secure(), trust.clone())?;
    let proxy = match route.proxy.of(url) {
        Ok(None) => {
            report.tell(&Step::ok("none: the server is connected to directly").fact("proxy", Value::Null))?;
            None
        }
        Ok(Some(proxy)) => {
            let (at, from) = (address(proxy.host(), proxy.port()), proxy.variable());
            let step = Step::ok(format!("{at}, which {from} names"));
            report.tell(&step.fact("proxy", at).fact("variable", from))?;
            Some(proxy)
        }
        Err(error) => {
            let words = error.to_string();
            let (words, remedy) = words.split_once(": ").unwrap_or((&words, ""));
            report.tell(&Step::failed(Exit::Unreachable, words, remedy))?;
            return Ok(None);
        }
    };
    let (host, port) = proxy.as_ref().map_or_else(|| (url.host(), url.port()), |proxy| (proxy.host(), proxy.port()));
    let Some(addresses) = resolve(report, host, port, proxy.is_some(), habits.timeout).await? else { return Ok(None) };
    let Some(tcp) = connect(report, addresses, (host, port), proxy.is_some(), &route.tcp, habits).await? else {
        return Ok(None);
    };
    let tcp = match proxy {
        None => {
            report.tell(&Step::skipped("there is no proxy to pass"))?;
            tcp
        }
        Some(proxy) => match pass(report, tcp, &proxy, url, habits.timeout).await? {
            Some(tcp) => tcp,
            None => return Ok(None),
        },
    };
    secure(report, tcp, &route, url, &trust, habits).await
}

async fn resolve(
    report: &mut Report,
    host: &str,
    port: u16,
    is_proxy: bool,
    patience: Duration,
) -> io::Result<Option<Vec<SocketAddr>>> {
    if let Ok(ip) = host.parse::<IpAddr>() {
        report.tell(&Step::skipped(format!("{ip} is an address")).fact("addresses", json!([ip])))?;
        return Ok(Some(vec![SocketAddr::new(ip, port)]));
    }
    let found = timeout(patience, tokio::net::lookup_host((host, port))).await;
    let found =
        found.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, "no name server answered in time")));
    let what = if is_proxy { "the proxy's name" } else { "the name" };
    let step = match found.map(|found| found.collect::<Vec<_>>()) {
        Ok(found) if !found.is_empty() => {
            let mut ips: Vec<String> = found.iter().map(|address| address.ip().to_string()).collect();
            ips.dedup();
            report.tell(&Step::ok(format!("{host} is {}", ips.join(", "))).fact("addresses", ips))?;
            return Ok(Some(alternating(found)));
        }
        Ok(_) => format!("{what} `{host}` has no address"),
        Err(error) => format!("{what} `{host}` is not known here: {error}"),
    };
    let remedy = "Check its spelling. A name of a private network needs that network's name server: connect the VPN, or give \
                  the IP address instead of the name (then with --tls-pin, since certificates are for names).";
    report.tell(&Step::failed(Exit::Unreachable, step, remedy))?;
    Ok(None)
}

async fn connect(
    report: &mut Report,
    addresses: Vec<SocketAddr>,
    (host, port): (&str, u16),
    is_proxy: bool,
    options: &TcpOptions,
    habits: Habits<'_>,
) -> io::Result<Option<TcpStream>> {
    let mut last = io::Error::from(io::ErrorKind::TimedOut);
    let each = habits.timeout / u32::try_from(addresses.len()).unwrap_or(1).max(1);
    for address in addresses {
        match timeout(each, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                options.apply(&socket2::SockRef::from(&stream));
                let step = Step::ok(format!("connected to {address}"));
                report.tell(&step.fact("address", address.to_string()))?;
                return Ok(Some(stream));
            }
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    let server = if is_proxy { "the proxy" } else { "the PBX" };
    let (words, remedy) = match last.kind() {
        io::ErrorKind::ConnectionRefused => (
            format!("nobody listens on port {port} of {host}"),
            format!("Check the port, and that {server} runs. {}", if is_proxy { "" } else { habits.ports }),
        ),
        io::ErrorKind::TimedOut => (
            format!("no answer from port {port} of {host}"),
            format!(
                "A firewall on the way drops it, {server} is off, or the address is wrong. Check the address, open the port in \
                 the firewall, connect the VPN. {}",
                if is_proxy { "" } else { habits.ports }
            ),
        ),
        _ => (format!("no connection to port {port} of {host}: {last}"), "Check the network of this machine.".into()),
    };
    report.tell(&Step::failed(Exit::Unreachable, words, remedy.trim_end()))?;
    Ok(None)
}

/// Asks the proxy for the connection.
async fn pass(
    report: &mut Report,
    mut io: TcpStream,
    proxy: &HttpProxy,
    url: &WsUrl,
    patience: Duration,
) -> io::Result<Option<TcpStream>> {
    let mut tunnel = proxy.tunnel(url);
    let passed = timeout(patience, async {
        io.write_all(tunnel.request()).await.map_err(|_| tunnel.lost())?;
        let mut answer = [0; ANSWER_BYTES];
        loop {
            let read = match io.read(&mut answer).await {
                Ok(read @ 1..) => answer.get(..read).unwrap_or_default(),
                Ok(0) | Err(_) => return Err(tunnel.lost()),
            };
            if tunnel.handle_bytes(read)? {
                return Ok(());
            }
        }
    });
    let (from, host) = (proxy.variable(), url.host());
    let direct = format!("To go without it: NO_PROXY={host}");
    let (words, remedy) = match passed.await {
        Ok(Ok(())) => {
            report.tell(&Step::ok(format!("the proxy connected to {}", url.address())))?;
            return Ok(Some(io));
        }
        Err(_) => ("the proxy did not answer in time".to_owned(), direct),
        Ok(Err(ProxyError::Refused { status: 407, .. })) => (
            "the proxy wants user and password (HTTP status 407)".to_owned(),
            format!("Put them into {from}: http://USER:PASSWORD@{}. {direct}", address(proxy.host(), proxy.port())),
        ),
        Ok(Err(ProxyError::Refused { status, .. })) => (
            format!("the proxy refuses to connect to {} (HTTP status {status})", url.address()),
            match status {
                400..=499 => format!("Ask its keeper to allow port {} of {host}. {direct}", url.port()),
                _ => format!("The proxy did not reach the PBX: check host and port. {direct}"),
            },
        ),
        Ok(Err(error)) => (error.to_string(), format!("Is it an HTTP proxy? Check {from}. {direct}")),
    };
    report.tell(&Step::failed(Exit::Unreachable, words, remedy))?;
    Ok(None)
}

async fn secure(
    report: &mut Report,
    tcp: TcpStream,
    route: &Route,
    url: &WsUrl,
    trust: &Trust,
    habits: Habits<'_>,
) -> Result<Option<Box<dyn Open>>, Failure> {
    let Some(start) = route.start_tls(url)? else {
        let local = matches!(url.host(), "localhost") || url.host().parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback());
        let step = if local {
            Step::skipped("none, within this machine")
        } else {
            Step::warning(
                "none: everybody on the way can read passwords and events",
                "Use wss:// (or https://) and the port for it, if the PBX has one.",
            )
        };
        report.tell(&step)?;
        return Ok(Some(Box::new(tcp)));
    };
    let connector = TlsConnector::from(start.config.clone());
    let opened = match timeout(habits.timeout, connector.connect(start.name.clone(), tcp)).await {
        Ok(opened) => opened,
        Err(_) => {
            let remedy = format!(
                "The port takes connections and does not speak TLS. Try {} instead, or another port. {}",
                swapped(url),
                habits.ports
            );
            report.tell(&Step::failed(Exit::Unreachable, "the port says nothing", remedy.trim_end()))?;
            return Ok(None);
        }
    };
    let stream = match opened {
        Ok(stream) => stream,
        Err(error) => {
            let refused = start.refused(&error);
            report.tell(&refusal(&refused, url, habits))?;
            return Ok(None);
        }
    };
    let (_, connection) = stream.get_ref();
    let version = connection.protocol_version().map_or_else(String::new, |version| format!("{version:?}"));
    let facts = start.presented().facts();
    let mut told = facts.as_ref().map(certificate).unwrap_or_default();
    told.insert("tls".into(), version.replace("TLSv1_", "TLS 1.").into());
    report.tell(&judged(facts.as_ref(), trust).facts(told))?;
    Ok(Some(Box::new(stream)))
}

/// A certificate that is accepted, and what is to be said of it.
fn judged(facts: Option<&CertificateFacts>, trust: &Trust) -> Step {
    let Some(facts) = facts else { return Step::ok("the server is trusted") };
    let by = match trust {
        Trust::System => "trusted by the authorities of this system",
        Trust::Authorities(_) => "trusted by --tls-ca",
        Trust::Pins(_) => "the pinned one",
        _ => "not verified",
    };
    let words = format!("the certificate is {by}\n{facts}\n  pin it   --tls-pin {}", facts.pin);
    if matches!(trust, Trust::Insecure) {
        return Step::warning(words, format!("Pin it instead of --tls-insecure: --tls-pin {}", facts.pin));
    }
    match days_left(facts) {
        Some(days) if days < 0 => Step::warning(words, "It has expired: ask for a new one, and pin that."),
        Some(days) if days < SOON => {
            Step::warning(words, format!("It ends in {days} days: see to it that it is renewed."))
        }
        _ => Step::ok(words),
    }
}

/// How many days a certificate is good for.
fn days_left(facts: &CertificateFacts) -> Option<i64> {
    let end = jiff::fmt::strtime::parse("%b %e %H:%M:%S %Y %:z", &facts.not_after).ok()?.to_timestamp().ok()?;
    Some((end.as_second() - jiff::Timestamp::now().as_second()).div_euclid(86_400))
}

/// What a certificate says, for programs.
fn certificate(facts: &CertificateFacts) -> Map<String, Value> {
    let names: Vec<String> =
        facts.dns_names.iter().cloned().chain(facts.ip_addresses.iter().map(ToString::to_string)).collect();
    let told = json!({
        "subject": facts.subject,
        "issuer": facts.issuer,
        "self_signed": facts.self_signed,
        "names": names,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
        "days_left": days_left(facts),
        "x509_version": facts.version,
        "pin": facts.pin.to_string(),
        "key_pin": facts.key_pin.to_string(),
        "option": format!("--tls-pin {}", facts.pin),
    });
    match told {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// A handshake that failed.
fn refusal(error: &ConnectError, url: &WsUrl, habits: Habits<'_>) -> Step {
    let exit = exit_of_connect(error);
    let ConnectError::Tls(refused) = error else { return Step::failed(exit, error.to_string(), "") };
    let facts = refused.facts().map(certificate).unwrap_or_default();
    let words = refused.problem();
    let remedy = match refused.kind() {
        RefusalKind::NotTls => {
            format!("The port speaks without TLS. Use {} instead, or another port. {}", swapped(url), habits.ports)
        }
        RefusalKind::NotYetValid | RefusalKind::Expired => {
            let clock = format!(
                "The clock of this machine says {}: is it right?",
                jiff::Timestamp::now().strftime("%F %T UTC")
            );
            format!("{clock}\n{}", refused.remedy())
        }
        RefusalKind::Connection | RefusalKind::Protocol => format!(
            "The port may speak without TLS, or something between cuts it: try {}, or another port. {}",
            swapped(url),
            habits.ports
        ),
        _ => refused.remedy(),
    };
    Step::failed(exit, words, remedy.trim_end()).facts(facts)
}

/// The same address with TLS for without, or the reverse.
pub(super) fn swapped(url: &WsUrl) -> String {
    let scheme = if url.is_secure() { "ws" } else { "wss" };
    format!("{scheme}://{}{}", url.address(), url.path())
}
