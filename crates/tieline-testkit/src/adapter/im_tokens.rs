//! Access tokens of PortSIP over real connections.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tieline_core::Class;
use tieline_core::http::{
    ApiError, Authorization, BaseUrl, Body, BuildError, CallError, Endpoint, Method, Plan, Repeat, RequestBuilder,
    RequestHead, ResponseHead,
};
use tieline_dial::im::{TokenError, TokensConfig};
use tieline_dial::{ConnectError, Proxy};
use tieline_portsip_im::token::{Account, Grant, NoToken, Token, TokenApi};

use super::Pbx;
use super::cloudpbx::whole;
use super::http::request;
use super::im::Chat;

/// An adapter for access tokens.
pub trait TokensAdapter {
    /// Its client.
    type Tokens: TokensClient;

    /// Makes a client.
    fn tokens(config: TokensConfig) -> Result<Self::Tokens, ConnectError>;
}

/// A client of access tokens. Each call blocks.
pub trait TokensClient: Clone + std::fmt::Debug + Send + Sync + 'static {
    fn token(&self) -> Result<Token, TokenError>;
    fn call<E: Endpoint + Sync>(&self, endpoint: &E) -> Result<E::Reply, TokenError>
    where
        E::Reply: Send;
    fn rejected(&self, token: &Token);
    fn granted(&self, grant: Grant);
    fn revoke(&self) -> Result<(), CallError>;
    /// Opens a chat whose logins these are, and closes it once it is live.
    fn chat(&self, url: &str);
}

/// A PBX that answers as told, and what it was asked: the path, and what of the body or the header says who asks.
struct Server {
    pbx: Pbx,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// `answer` gets what was asked, in short, and how many were before; it returns status and body.
    fn start(answer: impl Fn(&str, usize) -> (&'static str, String) + Send + Sync + 'static) -> Self {
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let all = Arc::clone(&asked);
        let pbx = Pbx::raw(move |mut io, _| {
            while let Some(text) = request(&mut io) {
                let short = short(&text);
                let before = {
                    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                    all.push(short.clone());
                    all.len() - 1
                };
                let (status, body) = answer(&short, before);
                whole(&mut io, status, &body);
            }
        });
        Self { pbx, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn config(&self) -> TokensConfig {
        let base = format!("http://127.0.0.1:{}", self.pbx.port).parse().expect("an address");
        TokensConfig::new(base, Account::new("101", "portsip.io", "s3cret")).proxy(Proxy::direct())
    }

    fn client<A: TokensAdapter>(&self) -> A::Tokens {
        A::tokens(self.config()).expect("a client")
    }
}

/// `login`, `refresh TOKEN`, `sign in`, `renew`, or `path TOKEN` for anything with a bearer token.
fn short(request: &str) -> String {
    let path = request.split(' ').nth(1).expect("a path");
    let body = request.split("\r\n\r\n").nth(1).unwrap_or_default();
    let parameter = |name: &str| body.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    match path {
        "/api/login/oauth/token" => match parameter("refresh_token") {
            Some(token) => format!("refresh {token}"),
            None => {
                assert_eq!((parameter("username"), parameter("password")), (Some("101"), Some("s3cret")));
                "login".into()
            }
        },
        "/api/auth/sign_in" => "sign in".into(),
        "/api/auth/refresh_token" => "renew".into(),
        path => {
            let token = request.lines().find_map(|line| line.strip_prefix("authorization: Bearer "));
            format!("{path} {}", token.unwrap_or("nobody"))
        }
    }
}

fn grant(token: &str, seconds: u64) -> (&'static str, String) {
    let json = format!(
        r#"{{"access_token":"{token}","expires_in":{seconds},"refresh_token":"again-{token}","token_type":"Bearer"}}"#
    );
    ("200 OK", json)
}

fn no() -> (&'static str, String) {
    ("400 Bad Request", r#"{"errors":[{"code":"1","message":"no"}]}"#.into())
}

fn name(token: &Token) -> &str {
    token.secret.expose()
}

/// A read of the PBX's API.
struct Users;

impl Endpoint for Users {
    type Reply = ();
    const REPEAT: Repeat = Repeat::Safe;

    fn to_request(&self, base: &BaseUrl, auth: &Authorization) -> Result<(RequestHead, Body), BuildError> {
        RequestBuilder::new(Method::GET, base, "api/users").authorize(auth).finish()
    }

    fn plan(&self, _: &ResponseHead) -> Result<Plan<()>, ApiError> {
        Ok(Plan::Whole { limit: 1000 })
    }

    fn parse(&self, head: &ResponseHead, body: bytes::Bytes) -> Result<(), ApiError> {
        if head.status.is_success() { Ok(()) } else { Err(ApiError::refused(head, None, body)) }
    }
}

pub fn a_token_is_got_once_and_kept<A: TokensAdapter>() {
    let server = Server::start(|_, _| grant("one", 1800));
    let client = server.client::<A>();
    for _ in 0..3 {
        assert_eq!(name(&client.token().expect("a token")), "one");
    }
    assert_eq!(server.asked(), ["login"]);
}

pub fn many_who_want_a_token_make_one_login<A: TokensAdapter>() {
    let server = Server::start(|_, _| grant("one", 1800));
    let client = server.client::<A>();
    let wanting: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            thread::spawn(move || client.token().expect("a token").number)
        })
        .collect();
    for thread in wanting {
        assert_eq!(thread.join().expect("no panic"), 1);
    }
    assert_eq!(server.asked(), ["login"]);
}

pub fn a_token_is_refreshed_when_it_is_due<A: TokensAdapter>() {
    let server = Server::start(|_, before| match before {
        0 => grant("one", 0),
        _ => grant("two", 1800),
    });
    let client = server.client::<A>();
    let tokens = [(); 3].map(|()| name(&client.token().expect("a token")).to_owned());
    assert_eq!(tokens, ["one", "two", "two"]);
    assert_eq!(server.asked(), ["login", "refresh again-one"]);
    let newer = Server::start(|_, _| grant("one", 0));
    let client = A::tokens(newer.config().api(TokenApi::SignIn)).expect("a client");
    client.token().expect("a token");
    client.token().expect("a token");
    assert_eq!(newer.asked(), ["sign in", "renew"]);
}

pub fn a_refused_refresh_is_followed_by_a_login<A: TokensAdapter>() {
    let server = Server::start(|asked, before| match (asked, before) {
        ("login", 0) => grant("one", 0),
        ("login", _) => grant("two", 1800),
        _ => no(),
    });
    let client = server.client::<A>();
    client.token().expect("a token");
    assert_eq!(name(&client.token().expect("a token")), "two");
    assert_eq!(server.asked(), ["login", "refresh again-one", "login"]);
}

pub fn a_refused_token_is_replaced_once_and_then_there_are_no_more<A: TokensAdapter>() {
    let server = Server::start(|asked, before| match asked {
        "login" => grant("one", 1800),
        "refresh again-one" => grant("two", 1800),
        "refresh again-two" => grant("three", 1800),
        "/api/users two" if before < 4 => ("200 OK", "{}".into()),
        _ => ("401 Unauthorized", String::new()),
    });
    let client = server.client::<A>();
    client.call(&Users).expect("a reply to the second token");
    assert_eq!(server.asked(), ["login", "/api/users one", "refresh again-one", "/api/users two"]);
    let error = client.call(&Users).expect_err("refused");
    assert!(matches!(error, TokenError::Over(NoToken::Rejected)), "{error}");
    assert_eq!(server.asked()[4..], ["/api/users two", "refresh again-two", "/api/users three"]);
    let error = client.token().expect_err("none");
    assert_eq!((error.class(), server.asked().len()), (Class::Terminal, 7));
}

pub fn a_refused_login_is_final<A: TokensAdapter>() {
    let server = Server::start(|_, _| no());
    let client = server.client::<A>();
    let error = client.token().expect_err("refused");
    assert!(matches!(&error, TokenError::Call(CallError::Api(api)) if api.status == 400), "{error}");
    let error = client.token().expect_err("refused");
    assert!(matches!(error, TokenError::Over(NoToken::Refused)), "{error}");
    assert_eq!(server.asked(), ["login"]);
}

pub fn a_failing_server_is_asked_again_when_a_token_is_wanted_again<A: TokensAdapter>() {
    let server = Server::start(|_, before| match before {
        0 => ("503 Service Unavailable", String::new()),
        1 => ("200 OK", "<html>".into()),
        _ => grant("one", 1800),
    });
    let client = server.client::<A>();
    for _ in 0..2 {
        assert_eq!(client.token().expect_err("a failure").class(), Class::Retry);
    }
    assert_eq!(name(&client.token().expect("a token")), "one");
}

pub fn a_replacement_that_cannot_be_got_is_an_error_and_one_given_by_hand_is_used<A: TokensAdapter>() {
    let server = Server::start(|_, before| match before {
        0 => grant("one", 1800),
        _ => ("503 Service Unavailable", String::new()),
    });
    let client = server.client::<A>();
    let one = client.token().expect("a token");
    client.rejected(&one);
    assert_eq!(client.token().expect_err("a failure").class(), Class::Retry);
    client.granted(Grant::new("two").expiring_in(std::time::Duration::from_secs(1800)));
    assert_eq!(name(&client.token().expect("a token")), "two");
    assert_eq!(server.asked(), ["login", "refresh again-one"]);
}

pub fn a_second_factor_ends_it_until_a_token_is_given_by_hand<A: TokensAdapter>() {
    let server = Server::start(|_, _| ("200 OK", r#"{"two_factor_enabled":true,"token":"abc"}"#.into()));
    let client = A::tokens(server.config().api(TokenApi::SignIn)).expect("a client");
    for _ in 0..2 {
        let error = client.token().expect_err("a second factor");
        let TokenError::Over(NoToken::TwoFactor { token }) = &error else { panic!("{error}") };
        assert_eq!((token.expose().as_str(), error.class()), ("abc", Class::Terminal));
    }
    client.granted(Grant::new("one"));
    assert_eq!(name(&client.token().expect("a token")), "one");
    assert_eq!(server.asked(), ["sign in"]);
}

pub fn a_revoked_token_is_not_used_again<A: TokensAdapter>() {
    let server = Server::start(|asked, before| match asked {
        "login" => grant(if before == 0 { "one" } else { "two" }, 1800),
        _ => ("200 OK", String::new()),
    });
    let client = server.client::<A>();
    client.revoke().expect("nothing to do");
    client.token().expect("a token");
    client.revoke().expect("revoked");
    assert_eq!(name(&client.token().expect("a token")), "two");
    assert_eq!(server.asked(), ["login", "/api/login/oauth/revoke one", "login"]);
}

pub fn each_dial_of_a_chat_has_a_token_that_is_good_then<A: TokensAdapter>() {
    let server = Server::start(|asked, _| if asked == "login" { grant("one", 0) } else { grant("two", 1800) });
    let (client, chat) = (server.client::<A>(), Chat::serving());
    for _ in 0..3 {
        client.chat(&chat.pbx.url);
    }
    assert_eq!(chat.world().tokens, ["one", "two", "two"]);
}

pub fn no_secret_is_printed<A: TokensAdapter>() {
    let server = Server::start(|_, _| grant("t0ken", 1800));
    let client = server.client::<A>();
    let token = client.token().expect("a token");
    let printed = format!("{client:?} {token:?} {:?}", server.config());
    assert!(!printed.contains("s3cret") && !printed.contains("t0ken"), "{printed}");
}
