//! tieline-axeos.

use core::hint::black_box;

#[cfg(feature = "axeos-client")]
use tieline_core::ClientSession as _;
#[cfg(any(feature = "axeos-client", feature = "axeos-server"))]
use tieline_core::{Instant, Session as _};

/// Decodes any event and a list: the number of elements.
#[cfg(feature = "axeos")]
pub fn messages() -> usize {
    use tieline_axeos::{Entry, Event, Listing, User};
    use tieline_core::Text;

    let text = black_box(r#"{"seq":7,"event_type":"user logged out","user_uuid":"u"}"#);
    let Ok(Entry { event: Event::UserLoggedOut(_), .. }) = Entry::decode_str(text) else { return 0 };
    let users = Text::from(black_box(r#"[{"uuid":"u1","username":"anna"}]"#));
    Listing::<User<Text>>::decode(users, 64).map_or(0, |listing| listing.values().count())
}

/// Starts a poller: the number of exchanges asked for.
#[cfg(feature = "axeos-client")]
pub fn client() -> usize {
    use tieline_axeos::poller::{Outcome, Output, Poller, PollerConfig};
    use tieline_core::{ExchangeFailure, ExchangeFailureKind, Sent};

    let mut poller = Poller::start(PollerConfig::default(), [7; 16], None, Instant::EPOCH);
    let Some(Output::Send(exchange)) = poller.poll_transmit() else { return 0 };
    let failure = ExchangeFailure::new(ExchangeFailureKind::Broken, Sent::Nothing);
    poller.handle_input(Instant::EPOCH, Outcome::new(exchange.id, Err(failure)));
    poller.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| poller.poll_event()).count()
}

/// A poll at an event log: the number of answers.
#[cfg(feature = "axeos-server")]
pub fn server() -> usize {
    use tieline_axeos::server::{EventLog, LogConfig, LogInput, WaiterId};
    use tieline_axeos::{Event, PhoneStatus, Poll};

    let mut log = EventLog::new(LogConfig::default());
    log.publish::<&str>(None, Event::PhoneStatusUpdate(PhoneStatus::default()));
    log.handle_input(black_box(Instant::EPOCH), LogInput::Poll(WaiterId(1), Poll::default()));
    log.handle_timeout(black_box(Instant::EPOCH));
    core::iter::from_fn(|| log.poll_transmit()).count()
}

/// Writes the request for the list of users and reads its answer.
#[cfg(feature = "axeos-http")]
pub fn http() -> usize {
    use tieline_axeos::http::{Auth, Users};
    use tieline_core::http::{Endpoint as _, Response};

    let Ok(base) = black_box("https://pbx.example.com/apis/pbx/").parse() else { return 0 };
    let users = Users::default();
    let Ok((head, _)) = users.to_request(&base, &Auth::api_key("8d0a0704").to_authorization()) else { return 0 };
    let Ok(response) = Response::builder().status(black_box(200)).body(()) else { return 0 };
    match users.parse(&response.into_parts().0, black_box(r#"[{"uuid":"u1"}]"#).into()) {
        Ok(_) => head.uri.path().len(),
        Err(_) => 0,
    }
}
