//! Access tokens: the calls of both roles, and the keeper.

use std::time::Duration;

use tieline_core::http::{
    ApiErrorKind, Authorization, BaseUrl, Body, Endpoint, RequestHead, Response, ResponseHead, Serve, header,
};
use tieline_core::{Class, Instant, Secret};
use tieline_portsip_im::token::{
    Account, Ask, CLIENT_ID, Grant, Login, NoToken, Refresh, Renew, Revoke, SignIn, SignedIn, TokenApi, TokenCall,
    TokenKeeper, TokenPolicy, TokenStep, refusal_of, refused,
};

/// The answer of the vendor's page on authentication.
const GRANTED: &str = r#"{
    "access_token": "NGFHYTBINGMTN2Y5NY0ZZJK2LWJJM2QTMMM0YTFIYJC0NDAZ",
    "expires_in": 1800,
    "refresh_token": "MTQ0NGE5M2UTMWE1MY01ZGJKLWIZY2QTMJJMZJU5MJVLNTDI",
    "token_type": "Bearer"
}"#;

fn base() -> BaseUrl {
    "https://pbx.portsip.com:8887".parse().expect("an address")
}

fn account() -> Account {
    Account::new("101", "portsip.io", "p&ss=wörd")
}

fn written(call: &impl Endpoint) -> (RequestHead, String) {
    let (head, body) = call.to_request(&base(), &Authorization::None).expect("a request");
    let Body::Whole(body) = body else { panic!("a body") };
    (head, String::from_utf8(body.to_vec()).expect("text"))
}

fn status(code: u16) -> ResponseHead {
    Response::builder().status(code).body(()).expect("an answer").into_parts().0
}

#[test]
fn a_login_is_the_documented_form() {
    let (head, body) = written(&Login::new(account()));
    assert_eq!((head.method.as_str(), head.uri.path()), ("POST", "/api/login/oauth/token"));
    assert_eq!(head.headers[header::CONTENT_TYPE], "application/x-www-form-urlencoded");
    let expected = format!(
        "grant_type=password&username=101&domain=portsip.io&password=p%26ss%3Dw%C3%B6rd&scope=all&client_id={CLIENT_ID}"
    );
    assert_eq!(body, expected);
}

#[test]
fn a_refresh_and_a_sign_in_have_the_documented_bodies() {
    let (head, body) = written(&Refresh::new("MTQ0"));
    assert_eq!(head.uri.path(), "/api/login/oauth/token");
    assert_eq!(body, format!("grant_type=refresh_token&refresh_token=MTQ0&client_id={CLIENT_ID}"));
    let (head, body) = written(&SignIn::new(account()));
    assert_eq!(
        (head.uri.path(), &head.headers[header::CONTENT_TYPE]),
        ("/api/auth/sign_in", &"application/json".parse().expect("a value"))
    );
    assert_eq!(body, r#"{"username":"101","password":"p&ss=wörd","domain":"portsip.io"}"#);
    let (head, body) = written(&Renew::new("MTQ0"));
    assert_eq!((head.uri.path(), &*body), ("/api/auth/refresh_token", r#"{"refresh_token":"MTQ0"}"#));
}

#[test]
fn a_revocation_carries_the_token_it_ends() {
    let (head, _) = Revoke.to_request(&base(), &Authorization::bearer("NGFH")).expect("a request");
    assert_eq!(
        (head.uri.path(), &head.headers[header::AUTHORIZATION]),
        ("/api/login/oauth/revoke", &"Bearer NGFH".parse().expect("a value"))
    );
    Revoke.parse(&status(200), "".into()).expect("revoked");
    assert_eq!(Revoke.parse(&status(401), "".into()).expect_err("refused").class(), Class::Reauthenticate);
}

#[test]
fn the_documented_answer_is_a_grant() {
    let reply = Login::new(account()).parse(&status(200), GRANTED.into()).expect("a grant");
    let SignedIn::Granted(grant) = reply else { panic!("a grant") };
    assert_eq!(grant.access_token.expose(), "NGFHYTBINGMTN2Y5NY0ZZJK2LWJJM2QTMMM0YTFIYJC0NDAZ");
    assert_eq!(grant.expires_in, Some(Duration::from_secs(1800)));
    assert_eq!(grant.refresh_token.expect("one").expose(), "MTQ0NGE5M2UTMWE1MY01ZGJKLWIZY2QTMJJMZJU5MJVLNTDI");
}

#[test]
fn an_answer_may_want_a_second_factor() {
    let reply = SignIn::new(account()).parse(&status(200), r#"{"two_factor_enabled":true,"token":"abc"}"#.into());
    let SignedIn::TwoFactor { token } = reply.expect("an answer") else { panic!("a second factor") };
    assert_eq!(token.expose(), "abc");
}

#[test]
fn a_refusal_keeps_the_servers_code_and_words() {
    let body = r#"{"errors":[{"code":1001,"message":"the password is wrong"}]}"#;
    let error = Login::new(account()).parse(&status(400), body.into()).expect_err("refused");
    assert_eq!(error.class(), Class::Terminal);
    let words = refusal_of(&error).expect("words");
    assert_eq!((words.code.as_deref(), words.message.as_deref()), (Some("1001"), Some("the password is wrong")));
    assert!(!format!("{error} {error:?}").contains("password"));
}

#[test]
fn a_success_without_a_token_is_an_error() {
    for body in
        ["", "{}", r#"{"access_token":""}"#, r#"{"two_factor_enabled":false,"token":"abc"}"#, "[1]", "{", "\u{0}"]
    {
        let error = Login::new(account()).parse(&status(200), body.into()).expect_err(body);
        assert!(!matches!(error.kind, ApiErrorKind::Refused { .. }), "{body}: {error}");
    }
}

#[test]
fn a_server_reads_what_a_client_writes_and_a_client_what_a_server_writes() {
    let calls = [
        TokenCall::Login(Login::new(account())),
        TokenCall::Refresh(Refresh::new("MTQ0")),
        TokenCall::SignIn(SignIn::new(account())),
        TokenCall::Renew(Renew::new("MTQ0")),
        TokenCall::Revoke(Revoke),
    ];
    for call in &calls {
        let (head, body) = written(call);
        let read = TokenCall::parse(&head, body.as_bytes()).expect("a path").expect("a call");
        assert_eq!(written(&read).1, body);
    }
    let grant = Grant::new("NGFH").expiring_in(Duration::from_secs(60)).refreshed_by("MTQ0");
    for reply in [SignedIn::Granted(grant), SignedIn::TwoFactor { token: "abc".into() }] {
        let response = SignIn::to_response(&reply);
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        let (head, Body::Whole(body)) = response.into_parts() else { panic!("a body") };
        let read = SignIn::new(account()).parse(&head, body).expect("an answer");
        match (read, reply) {
            (SignedIn::Granted(read), SignedIn::Granted(sent)) => {
                assert!(read.access_token.matches(&sent.access_token));
                assert_eq!(read.expires_in, sent.expires_in);
                assert!(read.refresh_token.expect("one").matches(&sent.refresh_token.expect("one")));
            }
            (SignedIn::TwoFactor { token: read }, SignedIn::TwoFactor { token: sent }) => assert!(read.matches(&sent)),
            _ => panic!("another answer"),
        }
    }
}

#[test]
fn a_request_that_cannot_be_read_is_answered_with_the_documented_error() {
    let (mut head, _) = written(&Login::new(account()));
    for body in [
        "",
        "grant_type=password",
        "grant_type=password&username=101&password=",
        "grant_type=magic&username=1&password=2",
    ] {
        let bad = TokenCall::parse(&head, body.as_bytes()).expect("a path").expect_err(body);
        assert_eq!(bad.status, 400);
        assert!(bad.body.starts_with(br#"{"errors":[{"code":""#), "{bad:?}");
    }
    head.method = "GET".parse().expect("a method");
    assert_eq!(TokenCall::parse(&head, b"").expect("a path").expect_err("a method").status, 405);
    head.uri = "/api/users".parse().expect("a path");
    assert!(TokenCall::parse(&head, b"").is_none());
    let (head, _) = written(&SignIn::new(account()));
    for body in [&b"\xff"[..], b"{", b"[]", br#"{"username":"101"}"#] {
        assert_eq!(TokenCall::parse(&head, body).expect("a path").expect_err("bad").status, 400);
    }
    assert_eq!(
        refused("1001", "no \"such\" user", "unknown").body,
        r#"{"errors":[{"code":"1001","message":"no \"such\" user"}]}"#
    );
}

#[test]
fn no_secret_prints() {
    let call = TokenCall::Login(Login::new(account()));
    let request = call.to_request(&base(), &Authorization::token("s3cret")).expect("a request");
    let grant = Grant::new("s3cret").refreshed_by("s3cret");
    let mut keeper = TokenKeeper::new(TokenPolicy::default());
    keeper.granted(Instant::EPOCH, grant.clone());
    let step = keeper.step(Instant::EPOCH);
    let over = NoToken::TwoFactor { token: "s3cret".into() };
    let printed = format!("{call:?} {request:?} {grant:?} {keeper:?} {step:?} {over:?} {over}");
    assert!(!printed.contains("s3cret") && !printed.contains("p&ss") && !printed.contains("p%26ss"), "{printed}");
}

#[test]
fn a_keeper_asks_by_the_calls_of_either_generation() {
    let (account, ask) = (account(), Ask::Refresh("MTQ0".into()));
    let call = |api, ask: &Ask| TokenCall::for_ask(api, ask, Some(&account));
    assert!(matches!(call(TokenApi::OAuth, &Ask::Login), Some(TokenCall::Login(_))));
    assert!(matches!(call(TokenApi::OAuth, &ask), Some(TokenCall::Refresh(_))));
    assert!(matches!(call(TokenApi::SignIn, &Ask::Login), Some(TokenCall::SignIn(_))));
    assert!(matches!(call(TokenApi::SignIn, &ask), Some(TokenCall::Renew(_))));
    assert!(TokenCall::for_ask(TokenApi::OAuth, &Ask::Login, None).is_none());
}

fn at(seconds: u64) -> Instant {
    Instant::EPOCH + Duration::from_secs(seconds)
}

fn grant(name: &str) -> Grant {
    Grant::new(name).expiring_in(Duration::from_secs(1800)).refreshed_by("again")
}

/// What the keeper wants, in a word.
fn step(keeper: &mut TokenKeeper, seconds: u64) -> String {
    match keeper.step(at(seconds)) {
        TokenStep::Use(token) => token.secret.expose().clone(),
        TokenStep::Ask(Ask::Login) => "login".into(),
        TokenStep::Ask(Ask::Refresh(_)) => "refresh".into(),
        TokenStep::Pending => "pending".into(),
        TokenStep::Wait(until) => format!("wait until {}", until.since_epoch().as_secs()),
        TokenStep::Over(why) => why.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A keeper that got the token `one` at the start.
fn keeper() -> TokenKeeper {
    let mut keeper = TokenKeeper::new(TokenPolicy::default());
    assert_eq!(step(&mut keeper, 0), "login");
    keeper.granted(at(0), grant("one"));
    keeper
}

fn number(keeper: &mut TokenKeeper, seconds: u64) -> u64 {
    let TokenStep::Use(token) = keeper.step(at(seconds)) else { panic!("a token") };
    token.number
}

#[test]
fn a_token_is_renewed_before_it_ends_and_used_meanwhile() {
    let mut keeper = keeper();
    assert_eq!(step(&mut keeper, 1739), "one");
    assert_eq!(step(&mut keeper, 1740), "refresh");
    assert_eq!(step(&mut keeper, 1741), "one");
    keeper.granted(at(1742), grant("two"));
    assert_eq!(step(&mut keeper, 1742), "two");
    assert_eq!(step(&mut keeper, 1742 + 1739), "two");
}

#[test]
fn one_call_is_on_its_way_at_a_time() {
    let mut keeper = TokenKeeper::new(TokenPolicy::default());
    assert_eq!(step(&mut keeper, 0), "login");
    assert_eq!(step(&mut keeper, 0), "pending");
    keeper.gave_up();
    assert_eq!(step(&mut keeper, 0), "login");
}

#[test]
fn a_short_lived_token_is_renewed_after_half_its_life() {
    let mut keeper = keeper();
    keeper.granted(at(0), Grant::new("brief").expiring_in(Duration::from_secs(10)));
    assert_eq!(step(&mut keeper, 4), "brief");
    assert_eq!(step(&mut keeper, 5), "refresh");
}

#[test]
fn a_renewal_that_fails_is_tried_again_while_the_old_token_serves() {
    let mut keeper = keeper();
    assert_eq!(step(&mut keeper, 1740), "refresh");
    keeper.failed(at(1741), Class::Retry);
    assert_eq!(step(&mut keeper, 1745), "one");
    assert_eq!(step(&mut keeper, 1746), "refresh");
    keeper.failed(at(1746), Class::RetryAfter(Duration::from_secs(100)));
    assert_eq!(step(&mut keeper, 1799), "one");
    assert_eq!(step(&mut keeper, 1800), "wait until 1846");
    assert_eq!(step(&mut keeper, 1846), "refresh");
}

#[test]
fn a_refused_refresh_makes_room_for_a_login_and_a_refused_login_is_the_end() {
    let mut keeper = keeper();
    assert_eq!(step(&mut keeper, 1740), "refresh");
    keeper.failed(at(1740), Class::Terminal);
    assert_eq!(step(&mut keeper, 1740), "login");
    keeper.failed(at(1740), Class::Terminal);
    assert_eq!(step(&mut keeper, 1740), "the login was refused");
    assert_eq!(step(&mut keeper, 9999), "the login was refused");
}

#[test]
fn a_refused_token_is_replaced_once_and_a_refused_replacement_is_the_end() {
    let mut keeper = keeper();
    let one = number(&mut keeper, 1);
    keeper.rejected(one);
    assert_eq!(step(&mut keeper, 1), "refresh");
    // The same refusal, told by another who used it.
    keeper.rejected(one);
    keeper.granted(at(2), grant("two"));
    let two = number(&mut keeper, 2);
    keeper.rejected(one);
    assert_eq!(number(&mut keeper, 2), two);
    keeper.rejected(two);
    assert_eq!(step(&mut keeper, 3), "the token was refused, and so was a new one");
}

#[test]
fn a_replacement_that_was_taken_may_be_replaced_in_turn() {
    let mut keeper = keeper();
    for round in 0..3 {
        let token = number(&mut keeper, round);
        keeper.rejected(token);
        assert_eq!(step(&mut keeper, round), "refresh");
        keeper.granted(at(round), grant("next"));
        let token = number(&mut keeper, round);
        keeper.accepted(token);
    }
    let token = number(&mut keeper, 3);
    keeper.rejected(token);
    assert_eq!(step(&mut keeper, 3), "refresh");
    keeper.granted(at(3), grant("last"));
    // It served its time, although nobody said so.
    assert_eq!(step(&mut keeper, 3 + 1740), "refresh");
    keeper.granted(at(3 + 1740), grant("later"));
    let token = number(&mut keeper, 3 + 1740);
    keeper.rejected(token);
    assert_eq!(step(&mut keeper, 3 + 1740), "refresh");
}

#[test]
fn a_second_factor_is_the_end_until_a_token_is_given_by_hand() {
    let mut keeper = TokenKeeper::new(TokenPolicy::default());
    assert_eq!(step(&mut keeper, 0), "login");
    keeper.two_factor("abc".into());
    let TokenStep::Over(NoToken::TwoFactor { token }) = keeper.step(at(1)) else { panic!("over") };
    assert!(token.matches(&Secret::from("abc")));
    keeper.granted(at(2), grant("one"));
    assert_eq!(step(&mut keeper, 2), "one");
}

#[test]
fn without_a_password_a_token_is_refreshed_and_then_ends() {
    let mut keeper = TokenKeeper::of_grant(TokenPolicy::default(), at(0), grant("one"));
    assert_eq!(step(&mut keeper, 1740), "refresh");
    keeper.failed(at(1740), Class::Reauthenticate);
    assert_eq!(step(&mut keeper, 1741), "one");
    assert_eq!(step(&mut keeper, 1800), "the token has ended, and there is no password to get another one with");
}

#[test]
fn a_token_that_is_taken_for_revocation_is_not_used_again() {
    let mut keeper = keeper();
    assert_eq!(keeper.take().expect("one").secret.expose(), "one");
    assert!(keeper.take().is_none());
    assert_eq!(step(&mut keeper, 1), "login");
}
