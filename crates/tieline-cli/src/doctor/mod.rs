//! `tieline doctor`: the way to a PBX, step by step, and what to do where it fails.

mod api;
mod head;
mod heard;
mod lines;
mod report;
mod upgrade;
mod way;

use std::io;

use jiff::Timestamp;
use tieline_core::Secret;

use crate::args::{Doctor, Examined, Output, Protocol};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::listen::protocol_of;
use head::Head;
use report::{Report, Step};

/// Clocks that differ by more seconds are warned of.
const SKEW: i64 = 30;

/// Runs the command.
pub(crate) async fn run(args: Doctor, output: Output) -> Result<Exit, Failure> {
    let (mut exit, mut number) = (Exit::Ok, 0);
    let mut targets = vec![(args.protocol.map_or_else(|| examined(&args.url), Ok)?, args.url.clone())];
    targets.extend(args.urls.iter().map(|url| (Examined::CloudpbxApi, url.clone())));
    for (what, url) in targets {
        let (ended, lines) = match what {
            Examined::Wsi => lines::wsi(&args, &url, output, number).await?,
            Examined::Im => lines::im(&args, &url, output, number).await?,
            Examined::Cloudpbx => lines::cloudpbx(&args, &url, output, number).await?,
            Examined::CloudpbxApi => api::cloudpbx(&args, &url, output, number).await?,
            Examined::Axeos => api::axeos(&args, &url, output, number).await?,
        };
        number = lines;
        if exit == Exit::Ok {
            exit = ended;
        }
    }
    Ok(exit)
}

/// The protocol that an address tells of.
pub(crate) fn examined(url: &Secret) -> Result<Examined, Failure> {
    let text = url.expose();
    let rest = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let path = rest.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    if path.ends_with("/im") && path.matches('/').count() == 1 {
        return Ok(Examined::Im);
    }
    if host.starts_with("api") && host.ends_with(".cloudpbx.pl") {
        return Ok(Examined::CloudpbxApi);
    }
    Ok(match protocol_of(url) {
        Ok(Protocol::Wsi) => Examined::Wsi,
        Ok(Protocol::Cloudpbx) => Examined::Cloudpbx,
        Ok(Protocol::Axeos) => Examined::Axeos,
        Err(failure) => return Err(failure.and("(doctor also knows --protocol im and --protocol cloudpbx-api)")),
    })
}

/// Compares the clock of an answer with the one of this machine.
fn clock(report: &mut Report, head: Option<&Head>) -> io::Result<bool> {
    let Some(date) = head.and_then(|head| head.date) else {
        return report.tell(&Step::skipped("the server does not tell its time"));
    };
    let skew = date.as_second() - Timestamp::now().as_second();
    let step = if skew.abs() <= SKEW {
        Step::ok("the clocks agree, as far as the server tells its time")
    } else {
        let way = if skew > 0 { "ahead of" } else { "behind" };
        Step::warning(
            format!("the clock of the server is {} s {way} the one of this machine", skew.abs()),
            "Set the wrong one by NTP: times of calls shift by it, and tokens and certificates end early or late.",
        )
    };
    report.tell(&step.fact("skew_seconds", skew))
}

#[cfg(test)]
mod tests {
    use super::examined;
    use crate::args::Examined;

    #[test]
    fn the_address_tells_what_to_examine() {
        let told = |url: &str| examined(&url.into()).ok();
        assert_eq!(told("wss://pbx:8887/wsi"), Some(Examined::Wsi));
        assert_eq!(told("wss://pbx:8885"), Some(Examined::Wsi));
        assert_eq!(told("wss://pbx:8887/im/"), Some(Examined::Im));
        assert_eq!(told("wss://pbx/ws/pbx_A?pbxkey=a/im"), Some(Examined::Cloudpbx));
        assert_eq!(told("https://key@api2.cloudpbx.pl"), Some(Examined::CloudpbxApi));
        assert_eq!(told("https://pbx/apis/pbx"), Some(Examined::Axeos));
        assert_eq!(told("https://pbx/x/im"), None);
    }
}
