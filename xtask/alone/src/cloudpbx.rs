//! tieline-cloudpbx.

use core::hint::black_box;

#[cfg(feature = "cloudpbx-client")]
use tieline_core::ClientSession as _;
#[cfg(any(feature = "cloudpbx-client", feature = "cloudpbx-server"))]
use tieline_core::{Frame, Instant, Session as _};

/// Decodes a list of CDRs: when its first call began in Unix seconds.
#[cfg(feature = "cloudpbx")]
pub fn messages() -> usize {
    use tieline_cloudpbx::{CdrRecord, InZone, Rows};
    use tieline_core::Str;

    let text = black_box(r#"[{"calldate":"2021-12-15 11:25:02","uniqueid":"1639563902.75"}]"#);
    let Some(Ok(row)) = Rows::<CdrRecord<Str<'_>>>::new(text).next() else { return 0 };
    let began = row.record.ok().and_then(|call| call.moment(|_| InZone::Unknown).unix_seconds());
    began.and_then(|seconds| usize::try_from(seconds).ok()).unwrap_or(0)
}

/// Passes a message of the stream through a session: the number of events it told.
#[cfg(feature = "cloudpbx-client")]
pub fn client() -> usize {
    use tieline_cloudpbx::client::{ClientConfig, PushClient};

    let text = r#"{"id":386,"channel":"pbx_X","text":{"subscriber":{"peer":"X-101","statusValue":1}}}"#;
    let mut session = PushClient::start(ClientConfig::default(), [7; 16], None, Instant::EPOCH);
    session.handle_input(Instant::EPOCH, Frame::text(black_box(text)));
    session.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| session.poll_event()).count()
}

/// Accepts a stream and pushes a message: the number of bytes it sends.
#[cfg(feature = "cloudpbx-server")]
pub fn server() -> usize {
    use tieline_cloudpbx::server::{PushServer, ServerConfig};
    use tieline_cloudpbx::stream::StreamTarget;

    let mut session = PushServer::start(ServerConfig::default(), StreamTarget::new("X", "key"), Instant::EPOCH);
    session.accept(Instant::EPOCH);
    session.push(Instant::EPOCH, black_box("{}").into());
    session.handle_input(Instant::EPOCH, Frame::Eof);
    session.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| session.poll_event()).count() + session.poll_transmit().map_or(0, |frame| frame.len())
}

/// Writes the request for the calls of today and reads its answer.
#[cfg(feature = "cloudpbx-http")]
pub fn http() -> usize {
    use tieline_cloudpbx::rest::Cdr;
    use tieline_core::http::{Authorization, Endpoint as _, Response};

    let call = Cdr::today();
    let Ok(base) = black_box("https://api.cloudpbx.pl/").parse() else { return 0 };
    let Ok((head, _)) = call.to_request(&base, &Authorization::bearer("APIKEY")) else { return 0 };
    let Ok(response) = Response::builder().status(black_box(200)).body(()) else { return 0 };
    match call.parse(&response.into_parts().0, black_box("[]").into()) {
        Ok(_) => head.uri.path().len(),
        Err(_) => 0,
    }
}
