//! tieline-portsip-wsi.

use core::hint::black_box;

#[cfg(feature = "wsi-client")]
use tieline_core::ClientSession as _;
#[cfg(any(feature = "wsi-client", feature = "wsi-server"))]
use tieline_core::{Frame, Instant, Session as _};
#[cfg(any(feature = "wsi", feature = "wsi-client"))]
use tieline_portsip_wsi::Dialect;

/// Decodes any message and encodes a command: the number of bytes written.
#[cfg(feature = "wsi")]
pub fn messages() -> usize {
    use tieline_portsip_wsi::{Auth, ClientMessage, Command, Event, ServerMessage};

    let text = black_box(r#"{"aor":"sip:102@portsip.io","event_type":"call_hold","time":"1632669389"}"#);
    let Ok(ServerMessage::Event(Event::CallHold(hold))) = ServerMessage::decode(text) else { return 0 };
    let command = Command::Auth(Auth::username("102", hold.aor.as_deref().unwrap_or_default(), "111111"));
    let mut out = alloc::string::String::new();
    ClientMessage { id: None, command }.encode(Dialect::V16, &mut out);
    out.len()
}

/// Passes a message through a session: the number of events it told.
#[cfg(feature = "wsi-client")]
pub fn client() -> usize {
    use tieline_portsip_wsi::Auth;
    use tieline_portsip_wsi::client::{ClientConfig, WsiClient};

    let config = ClientConfig::new(Dialect::V16, Auth::username("102", "portsip.io", "111111"));
    let mut session = WsiClient::start(config, [7; 16], None, Instant::EPOCH);
    session.handle_input(Instant::EPOCH, Frame::text(black_box(r#"{"status":0,"msg":"ok"}"#)));
    session.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| session.poll_event()).count() + session.poll_transmit().map_or(0, |frame| frame.len())
}

/// The same on the other side.
#[cfg(feature = "wsi-server")]
pub fn server() -> usize {
    use tieline_portsip_wsi::server::{ServerConfig, ServerEvent, WsiServer};

    let text = black_box(r#"{"command":"auth","username":"102","domain":"portsip.io","password":"111111"}"#);
    let mut session = WsiServer::start(ServerConfig::default(), Instant::EPOCH);
    session.handle_input(Instant::EPOCH, Frame::text(text));
    session.handle_timeout(black_box(Instant::EPOCH));
    if let Some(ServerEvent::Login { id, .. }) = session.poll_event() {
        session.accept(Instant::EPOCH, id);
    }
    session.poll_transmit().map_or(0, |frame| frame.len())
}
