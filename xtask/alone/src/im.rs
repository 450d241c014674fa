//! tieline-portsip-im.

use core::hint::black_box;

#[cfg(feature = "im-client")]
use tieline_core::ClientSession as _;
#[cfg(any(feature = "im-client", feature = "im-server", feature = "im-service"))]
use tieline_core::Instant;
#[cfg(any(feature = "im-client", feature = "im-server"))]
use tieline_core::{Frame, Session as _};

/// Decodes any message and computes a change of access: the length of a name.
#[cfg(feature = "im")]
pub fn messages() -> usize {
    use tieline_portsip_im::{AccessMode, ServerMessage};

    let text = black_box(r#"{"data":{"topic":"grpX","seq":1,"content":"x"}}"#);
    let Ok(ServerMessage::Data(data)) = ServerMessage::decode(text) else { return 0 };
    let change = AccessMode::FULL.delta(AccessMode::GROUP_DEFAULT);
    data.topic.map_or(0, |topic| topic.to_owned_name().into_inner().len()) + change.len()
}

/// Passes a message through a session: the number of events it told, and of bytes it sends first.
#[cfg(feature = "im-client")]
pub fn client() -> usize {
    use tieline_portsip_im::Credentials;
    use tieline_portsip_im::client::{ClientConfig, ImClient};

    let config = ClientConfig::new(Credentials::access_token("102", "portsip.io", "token"));
    let mut session = ImClient::start(config, [7; 16], None, Instant::EPOCH);
    session.handle_input(Instant::EPOCH, Frame::text(black_box(r#"{"ctrl":{"id":"1","code":201}}"#)));
    session.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| session.poll_event()).count() + session.poll_transmit().map_or(0, |frame| frame.len())
}

/// The same on the other side.
#[cfg(feature = "im-server")]
pub fn server() -> usize {
    use tieline_portsip_im::server::{ImServer, ServerConfig};

    let mut session = ImServer::start(ServerConfig::new(black_box(0)), Instant::EPOCH);
    session.handle_input(Instant::EPOCH, Frame::text(black_box(r#"{"hi":{"id":"1","ver":"0.25"}}"#)));
    session.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| session.poll_event()).count() + session.poll_transmit().map_or(0, |frame| frame.len())
}

/// Lets a user whom nobody knows come in and make a group: the number of things that are told.
#[cfg(feature = "im-service")]
pub fn service() -> usize {
    use tieline_core::Text;
    use tieline_portsip_im::ClientMessage;
    use tieline_portsip_im::service::{Arrival, Decision, Service, ServiceConfig, SessionId};

    let mut service = Service::new(ServiceConfig::new(black_box(0), [7; 16]));
    let (session, arrival) = (SessionId(1), Arrival::new(102));
    service.provide_user(arrival.user, None);
    let Decision::Made(step) = service.open(Instant::EPOCH, session, &arrival) else { return 0 };
    let told = service.commit(step).len();
    let text = Text::from(black_box(r#"{"sub":{"id":"1","topic":"new"}}"#));
    let Ok(message) = ClientMessage::decode_frame(&text, 64) else { return 0 };
    let Decision::Made(step) = service.decide(Instant::EPOCH, session, &message) else { return 0 };
    told + service.commit(step).len() + step_timeout(&mut service)
}

/// The number of writes of what is due at a time.
#[cfg(feature = "im-service")]
fn step_timeout(service: &mut tieline_portsip_im::service::Service) -> usize {
    let step = service.handle_timeout(black_box(Instant::EPOCH));
    let writes = step.writes().len();
    service.commit(step);
    writes
}

/// Writes the request for an access token and reads its answer.
#[cfg(feature = "im-http")]
pub fn http() -> usize {
    use tieline_core::http::{Authorization, Endpoint as _, Response};
    use tieline_portsip_im::token::{Account, Login, SignedIn};

    let login = Login::new(Account::new("102", "portsip.io", "111111"));
    let Ok(base) = black_box("https://pbx.example.com:8887").parse() else { return 0 };
    let Ok((head, _)) = login.to_request(&base, &Authorization::None) else { return 0 };
    let Ok(response) = Response::builder().status(black_box(200)).body(()) else { return 0 };
    let text = black_box(r#"{"access_token":"a","expires_in":1800,"token_type":"Bearer"}"#);
    match login.parse(&response.into_parts().0, text.into()) {
        Ok(SignedIn::Granted(_)) => head.uri.path().len(),
        _ => 0,
    }
}
