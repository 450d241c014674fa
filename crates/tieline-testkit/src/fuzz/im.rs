//! PortSIP IM: the messages of both sides, access modes, and the calls for tokens.

use arbitrary::Unstructured;
use serde_json::Value;
use tieline_core::Text;
use tieline_core::http::{Authorization, BaseUrl, Body, Endpoint, Response};
use tieline_core::json::Encode as _;
use tieline_portsip_im::token::{self, Account, Refresh, Renew, SignIn, TokenCall};
use tieline_portsip_im::{AccessMode, ClientMessage, Credentials, Login, Mode, ServerMessage, Topic};

use super::{Judgement, assert_refused_for_a_reason, judged, request_head, same, text};

macro_rules! message {
    ($(#[$meta:meta])* $name:ident: $message:ident) => {
        $(#[$meta])*
        pub fn $name(data: &[u8]) {
            let Some(text) = text(data) else { return };
            let frame = Text::from(text);
            let _ = $message::decode_frame(&frame, 3);
            let borrowed = $message::decode(text);
            let sliced = $message::decode_frame(&frame, 64);
            let owned = $message::decode_owned(text);
            match (&borrowed, &sliced, &owned) {
                (Ok(borrowed), Ok(sliced), Ok(owned)) => {
                    let first = borrowed.to_json();
                    assert_eq!(sliced.to_json(), first);
                    assert_eq!(owned.to_json(), first);
                    let again = $message::decode(&first).expect("our own encoding");
                    assert_eq!(&again, borrowed);
                    assert_eq!(again.to_json(), first);
                }
                (Err(borrowed), Err(sliced), Err(owned)) => {
                    assert_eq!((borrowed, borrowed), (sliced, owned));
                    assert_refused_for_a_reason(text, borrowed);
                }
                _ => panic!("the kinds of strings differ: {borrowed:?} {sliced:?} {owned:?}"),
            }
        }
    };
}

message! {
    /// A message of a server.
    server_message: ServerMessage
}

message! {
    /// A message of a client.
    client_message: ClientMessage
}

/// What is encoded is decoded, equal; and `serde` writes what our encoder writes.
pub fn round_trip(data: &[u8]) {
    let mut u = Unstructured::new(data);
    if u.arbitrary().unwrap_or_default() {
        let Ok(message) = u.arbitrary::<ServerMessage<String>>() else { return };
        let json = message.to_json();
        assert_eq!(ServerMessage::decode_owned(&json).expect("our own encoding"), message, "{json}");
        if let (Judgement::Json(ours), Ok(theirs)) = (judged(&json), serde_json::to_value(&message)) {
            assert!(same(&theirs, &ours), "{theirs} {ours}");
        }
    } else {
        let Ok(message) = u.arbitrary::<ClientMessage<String>>() else { return };
        let json = message.to_json();
        let mut expected = message;
        // Beside an unknown message there is nothing else.
        if let tieline_portsip_im::ClientBody::Unknown(_) = expected.body {
            expected.extra = None;
            let mut again = ClientMessage::decode_owned(&json).expect("our own encoding");
            again.extra = None;
            return assert_eq!(again, expected, "{json}");
        }
        assert_eq!(ClientMessage::decode_owned(&json).expect("our own encoding"), expected, "{json}");
    }
}

/// Access modes as letters, as a set and as a change, and logins.
pub fn access_mode(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let (Ok(from), Ok(to)) = (u.arbitrary::<AccessMode>(), u.arbitrary::<AccessMode>()) else { return };
    assert_eq!(to.to_string().parse(), Ok(to));
    assert_eq!(to.to_string().to_ascii_lowercase().parse(), Ok(to));
    assert_eq!(from.apply(&to.to_string()), Ok(to));
    assert_eq!(from.apply(&from.delta(to)), Ok(to));
    assert_eq!(from.delta(to).is_empty(), from == to);
    let Ok(text) = u.arbitrary::<&str>() else { return };
    let mode = Mode::new(text);
    assert_eq!(mode.parse(), AccessMode::parse(text));
    assert_eq!(mode.apply_to(from), from.apply(text));
    if let Ok(Some(mode)) = AccessMode::parse(text) {
        // With a sign it is a change, and one that does not begin with the sign is none.
        if !text.contains(['+', '-']) {
            assert_eq!(from.apply(text), Ok(mode), "a set replaces");
        }
        // In front it is no right, whatever follows.
        let none = text.starts_with(['N', 'n']);
        let letter = |letter: char| "JRWPASDO".contains(letter.to_ascii_uppercase());
        let expected = text
            .chars()
            .filter(|c| letter(*c) && !none)
            .fold(AccessMode::NONE, |set, c| set | c.to_string().parse().expect("a letter"));
        assert_eq!(mode, expected);
    }
    let _ = Topic::new(text).kind();
    let Ok(login) = u.arbitrary::<Login<String>>() else { return };
    if let Ok(credentials) = Credentials::from_login(&login) {
        assert_eq!(Credentials::from_login(&credentials.to_login()), Ok(credentials));
    }
}

/// The calls for access tokens: requests as a server reads them, answers as a client does.
pub fn tokens(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let paths =
        ["/api/login/oauth/token", "/api/login/oauth/revoke", "/api/auth/sign_in", "/api/auth/refresh_token", "/"];
    let Some(head) = request_head(&mut u, &paths) else { return };
    let status = u.choose(&[200, 200, 200, 400, 401, 403, 429, 500, 503]).copied().unwrap_or(200);
    let body = u.take_rest();
    if let Some(Ok(call)) = TokenCall::parse(&head, body) {
        // What was understood is written and read again as the same.
        let Some(first) = written(&call) else { return };
        let again = TokenCall::parse(&first.0, first.1.as_bytes()).expect("a path").expect("our own request");
        assert_eq!(written(&again).expect("a request").1, first.1);
    }
    let (head, ()) = Response::builder().status(status).body(()).expect("an answer").into_parts();
    let account = || Account::new("101", "example.org", "secret");
    let calls = [
        TokenCall::Login(token::Login::new(account())),
        TokenCall::Refresh(Refresh::new("r")),
        TokenCall::SignIn(SignIn::new(account())),
        TokenCall::Renew(Renew::new("r")),
    ];
    for call in calls {
        let _ = Endpoint::parse(&call, &head, bytes::Bytes::copy_from_slice(body)).map_err(|error| error.class());
    }
    if let Ok(text) = core::str::from_utf8(body)
        && let Ok(Value::Object(_)) = serde_json::from_str(text)
    {
        let _ = tieline_core::json::decode::<tieline_portsip_im::token::RefusedError<String>>(text);
    }
}

fn written(call: &TokenCall) -> Option<(tieline_core::http::RequestHead, String)> {
    let base: BaseUrl = "https://pbx.example".parse().ok()?;
    let (head, body) = call.to_request(&base, &Authorization::bearer("t")).ok()?;
    let body = match body {
        Body::Whole(body) => String::from_utf8(body.to_vec()).ok()?,
        _ => String::new(),
    };
    Some((head, body))
}
