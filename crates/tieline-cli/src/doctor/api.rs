//! The APIs over HTTP: CloudPBX and Axeos.

use std::time::Duration;

use tieline_axeos::Event;
use tieline_axeos::poller::AxeosEvent;
use tieline_cloudpbx::rest::Cdr;
use tieline_core::Secret;
use tieline_core::http::BaseUrl;
use tieline_core::supervisor::Policy;
use tieline_dial::WsUrl;
use tieline_tokio::axeos::connect;

use super::clock;
use super::heard::{Heard, Judge, Look, look};
use super::lines::{Ended, once};
use super::report::{Report, Step};
use super::upgrade::{Words, http};
use super::way::{self, Habits};
use crate::args::{Api, Doctor, Output};
use crate::axeos::{Place, failed, refused};
use crate::cloudpbx::client::Client;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listen::trust;
use crate::password::{self, Source};

const NOT_COME_TO: &str = "not come to";
const NO_LOGIN: &str = "no login was given";
const AXEOS_PATHS: &str = "The API of Axeos lies at https://HOST/apis/pbx.";
const CLOUDPBX_PATHS: &str = "The API of CloudPBX lies at https://api.cloudpbx.pl and https://api2.cloudpbx.pl.";
const TOO_LONG: &str = "the answer did not come in time";

/// The way to an API, and the first answer.
async fn reach(report: &mut Report, args: &Doctor, base: &BaseUrl, words: Words<'_>) -> Result<bool, Failure> {
    let url: WsUrl = base.to_string().parse().map_err(|error: tieline_dial::UrlError| {
        Failure::new(Exit::Usage, format!("the address cannot be used: {error}"))
    })?;
    let habits = Habits { timeout: args.timeout, ports: words.paths };
    let Some(io) = way::go(report, &url, trust(&args.tls)?, habits).await? else { return Ok(false) };
    let exchange = http(io, &url, words, habits).await;
    let goes_on = report.tell(&exchange.step)?;
    clock(report, exchange.head.as_ref())?;
    Ok(goes_on && exchange.refused.is_none())
}

fn report(output: Output, base: &BaseUrl, number: u64, steps: &[&'static str]) -> Result<Report, Failure> {
    let steps: Vec<_> = way::STEPS.iter().chain(steps).copied().collect();
    Ok(Report::new(output, base.to_string(), number, &steps)?)
}

/// Examines the API of a CloudPBX.
pub(super) async fn cloudpbx(args: &Doctor, url: &Secret, output: Output, number: u64) -> Result<Ended, Failure> {
    let (base, in_address) = Client::address(url)?;
    let mut report = report(output, &base, number, &["http", "clock", "login"])?;
    let words = Words { paths: CLOUDPBX_PATHS, login: "" };
    if !reach(&mut report, args, &base, words).await? {
        return Ok(report.finish(NOT_COME_TO)?);
    }
    if in_address.is_none() && !Source::from(&args.key).is_told() && !password::can_ask() {
        report.tell(&Step::skipped(format!("{NO_LOGIN}; to go on from here: --key-file, --key-cmd or TIELINE_KEY")))?;
        return Ok(report.finish(NO_LOGIN)?);
    }
    let api = Api { urls: vec![url.clone()], key: args.key.clone(), tls: args.tls.clone() };
    let asked = async {
        let client = Client::new(&api)?;
        let listing = tokio::time::timeout(args.timeout, client.rest.cdrs(&Cdr::today())).await;
        let listing = listing.map_err(|_| Failure::new(Exit::Unreachable, TOO_LONG))?;
        listing.map_err(|error| client.failed(&error))
    };
    let step = match asked.await {
        Ok(listing) => {
            let records = listing.rows.len();
            Step::ok(format!("the key was accepted; {records} records of today")).fact("records", records)
        }
        Err(failure) => Step::of(&failure, CLOUDPBX_PATHS),
    };
    report.tell(&step)?;
    Ok(report.finish(NOT_COME_TO)?)
}

/// Examines an Axeos PBX.
pub(super) async fn axeos(args: &Doctor, url: &Secret, output: Output, number: u64) -> Result<Ended, Failure> {
    let (base, in_address) = Place::address(url)?;
    let mut report = report(output, &base, number, &["http", "clock", "login", "subscription", "keys"])?;
    let words = Words { paths: AXEOS_PATHS, login: "" };
    if !reach(&mut report, args, &base, words).await? {
        return Ok(report.finish(NOT_COME_TO)?);
    }
    let told = Source::from(&args.key).is_told() || args.login.user.is_some() || password::can_ask();
    if in_address.is_none() && !told {
        let remedy = "--key-file, --key-cmd or TIELINE_KEY; or --user NAME with --password-file";
        report.tell(&Step::skipped(format!("{NO_LOGIN}; to go on from here: {remedy}")))?;
        return Ok(report.finish(NO_LOGIN)?);
    }
    let user = args.login.user.as_deref().map(|name| (name, Source::from(&args.login)));
    let asked = async {
        let place = Place::new(url, user, &args.key, &args.tls)?;
        let users = tokio::time::timeout(args.timeout, place.api()?.users()).await;
        let users = users.map_err(|_| Failure::new(Exit::Unreachable, TOO_LONG))?;
        users.map(|users| (place, users.elements().len())).map_err(|error| failed(&error))
    };
    let place = match asked.await {
        Ok((place, users)) => {
            report.tell(&Step::ok(format!("the login was accepted; {users} users")).fact("users", users))?;
            place
        }
        Err(failure) => {
            report.tell(&Step::of(&failure, AXEOS_PATHS))?;
            return Ok(report.finish(NOT_COME_TO)?);
        }
    };
    let policy = |policy: Policy| once(policy, args);
    let followed = tokio::time::timeout(args.timeout, connect(place.config(policy))).await;
    let followed = followed.map_err(|_| Failure::new(Exit::Unreachable, TOO_LONG));
    let (client, mut events) = match followed.and_then(|followed| followed.map_err(|error| refused(&error))) {
        Ok(connected) => connected,
        Err(failure) => {
            report.tell(&Step::of(&failure, "Does this login have the right to the events?"))?;
            return Ok(report.finish(NOT_COME_TO)?);
        }
    };
    report.tell(&Step::ok("the event log is followed"))?;
    let mut heard = Heard::default();
    let judge = Judge { look: &look_at_axeos, lint: &|_| Vec::new() };
    heard.listen_for(&mut events, args.duration, &judge).await;
    report.tell(&heard.step(args.duration, false))?;
    let _ = tokio::time::timeout(Duration::from_secs(1), client.close()).await;
    Ok(report.finish(NOT_COME_TO)?)
}

fn look_at_axeos(event: &AxeosEvent) -> Look {
    match event {
        AxeosEvent::Received(received) => match &received.entry.event {
            Event::Unknown(unknown) => Look::Unknown(crate::output::printable(&unknown.event_type)),
            _ => look(event),
        },
        AxeosEvent::Malformed(_) => Look::Unreadable,
        _ => Look::Nothing,
    }
}
