//! The lines: PortSIP WSI, PortSIP IM, the event stream of CloudPBX.

use std::time::Duration;

use tieline_core::Secret;
use tieline_core::json::lint::Sender;
use tieline_core::supervisor::Policy;
use tieline_dial::WsUrl;
use tieline_portsip_im::ServerMessage;
use tieline_portsip_im::client::{ClientEvent as ImEvent, Subscribe};
use tieline_portsip_wsi::lint::{LintOptions, lint_bytes};
use tieline_portsip_wsi::{Subscription, Topic};
use tieline_tokio::wsi;

use super::heard::{Heard, Judge, Look, look};
use super::report::{Report, Step};
use super::upgrade::{Words, websocket};
use super::way::{self, Habits};
use super::{clock, head::Head};
use crate::args::{self, Doctor, Output};
use crate::cloudpbx::stream;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::im::session;
use crate::listen::trust;
use crate::listen::wsi::{TOPICS, auth, dialect_of, refused};
use crate::password::{self, Source};

const STEPS: [&str; 6] = ["upgrade", "clock", "login", "subscription", "keys", "dialect"];
const NOT_COME_TO: &str = "not come to";
const NO_LOGIN: &str = "no login was given";
const WSI_PORTS: &str = "PortSIP serves WSI on port 8885 (v12 and v16) or 8887 (v22), and 8886 or so without TLS.";
const WSI_PATHS: &str = "WSI lies at the path / (v12 and v16, port 8885) or /wsi (v22, port 8887).";
const IM_PORTS: &str = "PortSIP serves IM on port 8887.";
const IM_PATHS: &str = "IM lies at the path /im, port 8887.";
const STREAM_PORTS: &str = "The stream is at wss://SERVER/ws/pbx_NAME, on another host than the API.";
const STREAM_LOGIN: &str = "The API key was refused, or there is no PBX of this name. The key comes from --key-file, --key-cmd, \
                            TIELINE_KEY or a prompt; the vendor hands it out.";

/// The exit code, and how many lines were told.
pub(super) type Ended = (Exit, u64);

fn report(output: Output, target: String, number: u64) -> Result<Report, Failure> {
    let steps: Vec<_> = way::STEPS.into_iter().chain(STEPS).collect();
    Ok(Report::new(output, target, number, &steps)?)
}

/// The way to the WebSocket and the opening of it.
async fn open(
    report: &mut Report,
    args: &Doctor,
    url: &WsUrl,
    words: Words<'_>,
    ports: &str,
) -> Result<Option<Option<Head>>, Failure> {
    let habits = Habits { timeout: args.timeout, ports };
    let request = url.request().map_err(|error| Failure::new(Exit::Usage, error.to_string()))?;
    let Some(io) = way::go(report, url, trust(&args.tls)?, habits).await? else { return Ok(None) };
    let exchange = websocket(io, url, &request, words, habits).await;
    let goes_on = report.tell(&exchange.step)?;
    clock(report, exchange.head.as_ref())?;
    Ok(goes_on.then_some(exchange.head))
}

fn parse(url: &Secret) -> Result<WsUrl, Failure> {
    let url = url.expose().parse();
    url.map_err(|error: tieline_dial::UrlError| {
        Failure::new(Exit::Usage, format!("the address cannot be used: {error}"))
    })
}

/// The step of a login that nothing is known for.
fn no_login(remedy: &str) -> Step {
    Step::skipped(format!("{NO_LOGIN}; to go on from here: {remedy}"))
}

/// Connects once, and no longer than a step may take.
pub(super) const fn once(mut policy: Policy, args: &Doctor) -> Policy {
    policy.reconnect = false;
    policy.dial_timeout = args.timeout;
    policy
}

/// Examines PortSIP WSI.
pub(super) async fn wsi(args: &Doctor, url: &Secret, output: Output, number: u64) -> Result<Ended, Failure> {
    let address = parse(url)?;
    let mut report = report(output, address.to_string(), number)?;
    let login = "WSI has no login over HTTP, so something before the PBX refuses.";
    let words = Words { paths: WSI_PATHS, login };
    if open(&mut report, args, &address, words, WSI_PORTS).await?.is_none() {
        return Ok(report.finish(NOT_COME_TO)?);
    }
    let who = &args.login;
    if who.user.is_none() && who.extension.is_none() && who.tenant.is_none() {
        let remedy = "--user NAME --domain DOMAIN, or --extension NUMBER --domain DOMAIN; the password from --password-file, \
                      --password-cmd, TIELINE_PASSWORD or a prompt";
        report.tell(&no_login(remedy))?;
        return Ok(report.finish(NO_LOGIN)?);
    }
    let dialect = args.dialect.unwrap_or_else(|| dialect_of(url.expose()));
    let other = "Or it speaks another generation: try --dialect v12, v16 or v22.";
    let connected = async {
        let mut config = wsi::Config::new(dialect, auth(who, dialect)?).trust(trust(&args.tls)?);
        config.options.policy = once(config.options.policy, args);
        Ok::<_, Failure>(wsi::connect(url.expose(), config).await?)
    };
    let (client, mut events) = match connected.await {
        Ok(connected) => connected,
        Err(failure) => {
            report.tell(&Step::of(&failure, other))?;
            return Ok(report.finish(NOT_COME_TO)?);
        }
    };
    report.tell(&Step::ok("the login was accepted").fact("dialect", dialect.to_string()))?;

    let mut heard = Heard::default();
    let options = LintOptions::new().dialect(dialect).sender(Sender::Server);
    let judge = Judge { look: &|event| look(event), lint: &|frame| lint_bytes(frame, &options) };
    let topics = if args.topic.is_empty() { TOPICS.map(String::from).to_vec() } else { args.topic.clone() };
    let asked = async {
        for topic in &topics {
            let subscribed = client.subscribe(Subscription::to(Topic::from(topic.as_str()))).await;
            subscribed.map_err(|error| refused(topic, error))?;
        }
        Ok::<_, Failure>(())
    };
    let step = match heard.listen(&mut events, asked, &judge).await {
        Some(Ok(())) => Step::ok(topics.join(", ")).fact("topics", topics.clone()),
        Some(Err(failure)) => Step::of(
            &failure,
            "Give the login the permission in the PBX's user group, or choose other topics: --topic extension_events, say.",
        ),
        None => Step::failed(Exit::Unreachable, "the line ended before the answer", other),
    };
    report.tell(&step)?;
    // The states that are told at once tell of the dialect too.
    heard.listen_for(&mut events, args.duration, &judge).await;
    report.tell(&heard.step(args.duration, true))?;
    let step = if heard.other_dialect.is_empty() {
        Step::ok(format!("{dialect}; nothing that was heard contradicts it"))
    } else {
        let odd: Vec<&str> = heard.other_dialect.keys().map(String::as_str).collect();
        let words = format!("{dialect} was spoken, and the server says what other generations say\n{}", odd.join("\n"));
        Step::warning(words, "Try another --dialect: v12, v16 or v22.")
    };
    report.tell(&step.fact("dialect", dialect.to_string()))?;
    let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
    Ok(report.finish(NOT_COME_TO)?)
}

/// Examines PortSIP IM.
pub(super) async fn im(args: &Doctor, url: &Secret, output: Output, number: u64) -> Result<Ended, Failure> {
    let address = parse(url)?;
    let mut report = report(output, address.to_string(), number)?;
    let login = "IM has no login over HTTP, so something before the PBX refuses.";
    if open(&mut report, args, &address, Words { paths: IM_PATHS, login }, IM_PORTS).await?.is_none() {
        return Ok(report.finish(NOT_COME_TO)?);
    }
    let (Some(user), Some(domain)) = (args.login.user.clone(), args.login.domain.clone()) else {
        let remedy =
            "--user NAME --domain DOMAIN; the access token from --token-file, --token-cmd, TIELINE_TOKEN or a prompt";
        report.tell(&no_login(remedy))?;
        return Ok(report.finish(NO_LOGIN)?);
    };
    let (token, hello, tls) = (args.token.clone(), args.hello.clone(), args.tls.clone());
    let account = args::Account { url: url.expose().clone(), user, domain, token, hello, tls };
    let connected = async {
        let mut config = session::config(&account)?;
        config.options.policy = once(config.options.policy, args);
        session::open(&account, config).await
    };
    let (client, mut events) = match connected.await {
        Ok(connected) => connected,
        Err(failure) => {
            report.tell(&Step::of(&failure, "Some servers want a greeting before the login: --hello 0.25."))?;
            return Ok(report.finish(NOT_COME_TO)?);
        }
    };
    report.tell(&Step::ok("the login was accepted"))?;
    let mut heard = Heard::default();
    let judge = Judge { look: &look_at_im, lint: &|_| Vec::new() };
    let asked = client.subscribe(Subscribe::to("me"));
    let step = match heard.listen(&mut events, asked, &judge).await {
        Some(Ok(_)) => Step::ok("me"),
        Some(Err(error)) => Step::of(&session::read_failed("me", &error), "May this user use IM? Look at the PBX."),
        None => Step::failed(Exit::Unreachable, "the line ended before the answer", "Look at the PBX's log."),
    };
    report.tell(&step)?;
    heard.listen_for(&mut events, args.duration, &judge).await;
    report.tell(&heard.step(args.duration, false))?;
    report.tell(&Step::skipped("IM has one"))?;
    let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
    Ok(report.finish(NOT_COME_TO)?)
}

fn look_at_im(event: &ImEvent) -> Look {
    match event {
        ImEvent::Received(received) => {
            let kind = match &received.message {
                ServerMessage::Data(_) => "data",
                ServerMessage::Pres(_) => "pres",
                ServerMessage::Info(_) => "info",
                _ => "message",
            };
            Look::Event(kind.to_owned(), received.raw().clone().into_bytes())
        }
        ImEvent::Noted(..) => Look::Unknown("a message that answers nothing, or is of no known kind".into()),
        ImEvent::Malformed(_) => Look::Unreadable,
        _ => Look::Nothing,
    }
}

/// Examines the event stream of a CloudPBX.
pub(super) async fn cloudpbx(args: &Doctor, url: &Secret, output: Output, number: u64) -> Result<Ended, Failure> {
    let (address, in_address) = stream::address(url)?;
    let has_key = in_address.is_some() || Source::from(&args.key).is_told() || password::can_ask();
    let key = if has_key { Some(stream::key(in_address, &args.key)?) } else { None };
    let mut report = report(output, address.to_string(), number)?;
    let opened = key.clone().map_or_else(|| address.clone(), |key| address.clone().with_key(key));
    let login = if has_key { STREAM_LOGIN } else { "It wants the API key: --key-file, --key-cmd or TIELINE_KEY." };
    let words = Words { paths: STREAM_PORTS, login };
    if open(&mut report, args, opened.url(), words, STREAM_PORTS).await?.is_none() {
        return Ok(report.finish(NOT_COME_TO)?);
    }
    let Some(key) = key else {
        report.tell(&no_login("--key-file, --key-cmd or TIELINE_KEY"))?;
        return Ok(report.finish(NO_LOGIN)?);
    };
    let policy = once(Policy::default(), args);
    let (client, mut events) =
        match stream::open(address, key, trust(&args.tls)?, |config| config.options.policy = policy).await {
            Ok(connected) => connected,
            Err(failure) => {
                report.tell(&Step::of(&failure, STREAM_LOGIN))?;
                return Ok(report.finish(NOT_COME_TO)?);
            }
        };
    report.tell(&Step::ok("the key was accepted"))?;
    report.tell(&Step::skipped("the stream has everything"))?;
    let mut heard = Heard::default();
    let judge = Judge { look: &|event| look(event), lint: &tieline_cloudpbx::stream::lint_bytes };
    heard.listen_for(&mut events, args.duration, &judge).await;
    report.tell(&heard.step(args.duration, true))?;
    report.tell(&Step::skipped("CloudPBX has one"))?;
    let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
    Ok(report.finish(NOT_COME_TO)?)
}
