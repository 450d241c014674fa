//! Tokens: what a desk gives and takes, on a clock of the test, and its calls over real sockets with the client of this
//! project.
#![cfg(feature = "im-accounts")]

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tieline_core::Secret;
use tieline_core::http::BaseUrl;
use tieline_portsip_im::token::{Account, Revoke, TokenApi};
use tieline_portsip_im::{Credentials, Status};
use tieline_server::im::accounts::{
    BadGrant, NoTokenStore, Roster, SignInLimits, TokenDesk, TokenHash, TokenRow, TokenRules, TokenService, TokenStore,
    User, Users, token_paths,
};
use tieline_server::im::host::Accounts as _;
use tieline_server::im::store::StoreError;
use tieline_server::{Router, Server, ServerHandle, ServerOptions};
use tieline_tokio::Proxy;
use tieline_tokio::im::{TokenError, Tokens, TokensConfig};

const MINUTE: i64 = 60_000_000;
const START: i64 = 1_729_824_000_000_000;

/// Users of which one may be changed.
#[derive(Clone)]
struct People(Arc<Mutex<Roster>>);

impl People {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Roster::new().with(alice(), "s3cret").with(User::new(2, "bob", "portsip.io"), "bob"))))
    }

    fn change(&self, change: impl FnOnce(&mut User)) {
        let mut user = alice();
        change(&mut user);
        let mut roster = self.0.lock().unwrap();
        *roster = roster.clone().with(user, "s3cret");
    }
}

impl Users for People {
    fn find(&self, name: &str, domain: &str) -> Option<User> {
        self.0.lock().unwrap().find(name, domain)
    }

    fn verify(&self, name: &str, domain: &str, password: &Secret) -> Option<User> {
        self.0.lock().unwrap().verify(name, domain, password)
    }
}

/// A store that the test looks into, and that fails when it is told to.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<(Vec<TokenRow>, bool)>>);

impl TokenStore for Kept {
    fn load(&mut self) -> Result<Vec<TokenRow>, StoreError> {
        Ok(self.0.lock().unwrap().0.clone())
    }

    fn change(&mut self, added: &[TokenRow], removed: &[TokenHash]) -> Result<(), StoreError> {
        let mut kept = self.0.lock().unwrap();
        if kept.1 {
            return Err(StoreError::failed("the disk is full"));
        }
        kept.0.retain(|row| !removed.contains(&row.hash));
        kept.0.extend(added.iter().cloned());
        Ok(())
    }
}

struct Office {
    desk: TokenDesk<People>,
    people: People,
    now: Arc<AtomicI64>,
}

fn alice() -> User {
    let mut alice = User::new(1, "alice", "portsip.io");
    alice.display_name = Some("Alice \"A\" Doe".into());
    alice
}

fn account(password: &str) -> Account {
    Account::new("alice", "PortSIP.io", password)
}

impl Office {
    fn open(rules: TokenRules, store: impl TokenStore) -> Self {
        let (people, now) = (People::new(), Arc::new(AtomicI64::new(START)));
        let clock = Arc::clone(&now);
        let clock = move || clock.load(Ordering::Relaxed);
        Self { desk: TokenDesk::open(people.clone(), rules, store, [7; 16], clock).unwrap(), people, now }
    }

    fn new() -> Self {
        Self::open(TokenRules::default(), NoTokenStore)
    }

    fn pass(&self, time: i64) {
        self.now.fetch_add(time, Ordering::Relaxed);
    }

    fn access(&self) -> Secret {
        self.desk.sign_in(&account("s3cret")).unwrap().access_token
    }

    fn is_good(&self, token: &Secret) -> bool {
        self.desk.login(&Credentials::access_token("alice", "portsip.io", token.clone())).is_ok()
    }
}

#[test]
fn a_password_brings_a_token_that_logs_in_until_it_ends() {
    let office = Office::new();
    let grant = office.desk.sign_in(&account("s3cret")).unwrap();
    assert_eq!(grant.expires_in, Some(Duration::from_secs(1800)));
    let admitted =
        office.desk.login(&Credentials::access_token("alice", "portsip.io", grant.access_token.clone())).unwrap();
    assert_eq!(admitted.arrival.user, 1);
    assert_eq!(admitted.arrival.public.unwrap().as_json(), r#"{"fn":"Alice \"A\" Doe"}"#);
    office.pass(30 * MINUTE - 1);
    assert!(office.is_good(&grant.access_token));
    office.pass(1);
    assert!(!office.is_good(&grant.access_token));
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let office = Office::new();
    assert!(matches!(office.desk.sign_in(&account("s3cret ")), Err(BadGrant::Refused)));
    assert!(matches!(office.desk.sign_in(&Account::new("nobody", "portsip.io", "")), Err(BadGrant::Refused)));
    assert!(matches!(office.desk.sign_in(&Account::new("alice", "other.io", "s3cret")), Err(BadGrant::Refused)));
}

#[test]
fn a_token_of_one_user_does_not_log_another_one_in() {
    let office = Office::new();
    let token = office.access();
    let as_bob = Credentials::access_token("bob", "portsip.io", token.clone());
    assert_eq!(office.desk.login(&as_bob).unwrap_err(), Status::AUTHENTICATION_FAILED);
    let elsewhere = Credentials::access_token("alice", "other.io", token);
    assert_eq!(office.desk.login(&elsewhere).unwrap_err(), Status::AUTHENTICATION_FAILED);
    assert_eq!(office.desk.login(&Credentials::other("basic", "alice:s3cret")).unwrap_err(), Status::UNKNOWN_SCHEME);
}

#[test]
fn a_refresh_token_is_good_once_and_is_no_access_token() {
    let office = Office::new();
    let first = office.desk.sign_in(&account("s3cret")).unwrap();
    let refresh = first.refresh_token.unwrap();
    assert!(!office.is_good(&refresh));
    assert!(matches!(office.desk.refresh(&first.access_token), Err(BadGrant::Refused)));
    office.pass(60 * MINUTE);
    let second = office.desk.refresh(&refresh).unwrap();
    assert!(office.is_good(&second.access_token));
    assert!(matches!(office.desk.refresh(&refresh), Err(BadGrant::Refused)));
    assert_eq!(office.desk.tokens(), 2, "what ended is forgotten");
}

#[test]
fn of_a_sign_in_that_is_refreshed_again_and_again_two_access_tokens_are_good() {
    let store = Kept::default();
    let office = Office::open(TokenRules::default(), store.clone());
    let other = office.access();
    let mut grant = office.desk.sign_in(&account("s3cret")).unwrap();
    let mut access = vec![grant.access_token.clone()];
    for _ in 0..20 {
        office.pass(1);
        grant = office.desk.refresh(&grant.refresh_token.unwrap()).unwrap();
        access.push(grant.access_token.clone());
    }
    let good: Vec<bool> = access.iter().map(|token| office.is_good(token)).collect();
    assert_eq!(good.iter().rposition(|good| !good), Some(18), "{good:?}");
    assert!(good[19..].iter().all(|good| *good));
    assert!(office.is_good(&other), "of another sign-in");
    // Two of the other sign-in, two access tokens and one to refresh with.
    assert_eq!((office.desk.tokens(), store.0.lock().unwrap().0.len()), (5, 5));
}

#[test]
fn tokens_of_who_never_comes_back_are_forgotten_when_they_have_ended() {
    let store = Kept::default();
    let office = Office::open(TokenRules::default(), store.clone());
    office.access();
    office.pass(31 * MINUTE);
    assert_eq!((office.desk.forget_ended().unwrap(), office.desk.tokens()), (1, 1), "the access token");
    office.pass(30 * 24 * 60 * MINUTE);
    store.0.lock().unwrap().1 = true;
    assert!(office.desk.forget_ended().is_err());
    assert_eq!(office.desk.tokens(), 1);
    store.0.lock().unwrap().1 = false;
    assert_eq!(office.desk.forget_ended().unwrap(), 1);
    assert_eq!((office.desk.tokens(), store.0.lock().unwrap().0.len()), (0, 0));
}

#[test]
fn revoking_ends_all_tokens_of_that_sign_in_and_of_no_other() {
    let office = Office::new();
    let (one, other) = (office.desk.sign_in(&account("s3cret")).unwrap(), office.access());
    let later = office.desk.refresh(&one.refresh_token.unwrap()).unwrap();
    assert!(office.desk.revoke(&one.access_token).unwrap());
    assert!(!office.is_good(&one.access_token) && !office.is_good(&later.access_token));
    assert!(matches!(office.desk.refresh(&later.refresh_token.unwrap()), Err(BadGrant::Refused)));
    assert!(office.is_good(&other));
    assert!(!office.desk.revoke(&one.access_token).unwrap());
}

#[test]
fn a_user_who_signs_in_too_often_loses_the_oldest_tokens() {
    let mut rules = TokenRules::default();
    rules.sign_ins = 3;
    let office = Office::open(rules, NoTokenStore);
    let tokens: Vec<Secret> = (0..5).map(|_| office.access()).collect();
    let good: Vec<bool> = tokens.iter().map(|token| office.is_good(token)).collect();
    assert_eq!(good, [false, false, true, true, true]);
    assert_eq!(office.desk.tokens(), 6);
}

#[test]
fn another_password_or_a_suspension_ends_all_tokens() {
    let office = Office::new();
    let grant = office.desk.sign_in(&account("s3cret")).unwrap();
    let login = office.desk.login(&Credentials::access_token("alice", "portsip.io", grant.access_token.clone()));
    let file_token = login.unwrap().token.unwrap();
    assert_eq!(office.desk.holder(&file_token), Some(1));
    office.people.change(|user| user.suspended = true);
    assert!(!office.is_good(&grant.access_token));
    assert!(matches!(office.desk.sign_in(&account("s3cret")), Err(BadGrant::Suspended)));
    assert_eq!(office.desk.holder(&file_token), None);
    office.people.change(|user| user.revision = 9);
    assert!(!office.is_good(&grant.access_token) && office.desk.holder(&file_token).is_none());
    assert!(matches!(office.desk.refresh(&grant.refresh_token.unwrap()), Err(BadGrant::Refused)));
    assert!(office.is_good(&office.access()));
}

#[test]
fn logins_of_a_user_share_a_token_for_files_that_also_logs_in() {
    let office = Office::new();
    let login = |office: &Office| {
        let credentials = Credentials::access_token("alice", "portsip.io", office.access());
        office.desk.login(&credentials).unwrap().token.unwrap()
    };
    let first = login(&office);
    assert!(login(&office).matches(&first));
    let bytes = data_encoding::BASE64.decode(first.expose().as_bytes()).unwrap();
    let again = office.desk.login(&Credentials::other("token", bytes)).unwrap();
    assert_eq!(again.arrival.user, 1);
    let half_a_year = 183 * 1440 * MINUTE;
    office.pass(half_a_year);
    let second = login(&office);
    assert!(!second.matches(&first));
    assert_eq!(
        (office.desk.holder(&first), office.desk.holder(&second)),
        (Some(1), Some(1)),
        "open lines use the old one"
    );
    office.pass(half_a_year);
    assert_eq!((office.desk.holder(&first), office.desk.holder(&second)), (None, Some(1)));
}

#[test]
fn tokens_are_good_after_a_restart_and_only_hashes_are_kept() {
    let kept = Kept::default();
    let before = Office::open(TokenRules::default(), kept.clone());
    let (token, revoked) = (before.access(), before.access());
    assert!(before.desk.revoke(&revoked).unwrap());
    let rows = format!("{:?}", kept.0.lock().unwrap().0);
    assert!(!rows.contains(token.expose().as_str()));
    let after = Office::open(TokenRules::default(), kept.clone());
    assert!(after.is_good(&token) && !after.is_good(&revoked));
    assert!(after.desk.sign_in(&account("s3cret")).is_ok());
}

#[test]
fn what_the_store_does_not_keep_is_not_given_and_not_taken() {
    let kept = Kept::default();
    let office = Office::open(TokenRules::default(), kept.clone());
    let grant = office.desk.sign_in(&account("s3cret")).unwrap();
    kept.0.lock().unwrap().1 = true;
    assert!(matches!(office.desk.sign_in(&account("s3cret")), Err(BadGrant::Store(_))));
    let refresh = grant.refresh_token.unwrap();
    assert!(matches!(office.desk.refresh(&refresh), Err(BadGrant::Store(_))));
    assert!(office.desk.revoke(&grant.access_token).is_err());
    kept.0.lock().unwrap().1 = false;
    assert!(office.is_good(&grant.access_token));
    assert!(office.desk.refresh(&refresh).is_ok());
}

async fn serve(limits: SignInLimits) -> (ServerHandle, BaseUrl, TokenService<People>) {
    let desk = Arc::new(Office::new().desk);
    let service = TokenService::new(desk, limits);
    let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
    let base = format!("http://{}", server.local_addr()).parse().unwrap();
    (server.spawn(Router::new().http(token_paths(), service.clone())), base, service)
}

fn client(base: &BaseUrl, api: TokenApi, password: &str) -> Tokens {
    Tokens::new(TokensConfig::new(base.clone(), account(password)).api(api).proxy(Proxy::direct())).unwrap()
}

#[tokio::test]
async fn both_generations_of_calls_sign_in_refresh_and_revoke() {
    let (_server, base, service) = serve(SignInLimits::default()).await;
    for api in [TokenApi::OAuth, TokenApi::SignIn] {
        let tokens = client(&base, api, "s3cret");
        let first = tokens.token().await.unwrap();
        tokens.rejected(&first);
        let second = tokens.token().await.unwrap();
        assert!(!second.secret.matches(&first.secret), "it was refreshed");
        tokens.call(&Revoke).await.unwrap();
        assert!(matches!(tokens.call(&Revoke).await, Ok(())), "the client signs in anew");
    }
    assert!(service.stats().granted >= 6, "{:?}", service.stats());
}

#[tokio::test]
async fn a_wrong_password_is_400_with_errors_and_too_many_are_429() {
    let mut limits = SignInLimits::default();
    limits.failures_per_minute = 3;
    let (_server, base, service) = serve(limits).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let error = client(&base, TokenApi::OAuth, "wrong").token().await.unwrap_err();
        let TokenError::Call(tieline_core::http::CallError::Api(error)) = error else { panic!("{error:?}") };
        let words = tieline_portsip_im::token::refusal_of(&error).expect("the documented body");
        seen.push((error.status, words.code.unwrap().to_string()));
    }
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(seen, [refused.clone(), refused.clone(), refused, (429, "too_many_failures".to_owned())]);
    let right = client(&base, TokenApi::OAuth, "s3cret").token().await;
    assert!(right.is_err(), "nobody guesses on by being right once");
    assert_eq!((service.stats().refused, service.stats().throttled), (3, 2));
}

/// Nobody gets an answer before the test says so.
struct Slow(Arc<tokio::sync::Mutex<()>>);

impl Users for Slow {
    fn find(&self, _: &str, _: &str) -> Option<User> {
        None
    }

    fn verify(&self, _: &str, _: &str, _: &Secret) -> Option<User> {
        drop(self.0.blocking_lock());
        None
    }
}

#[tokio::test]
async fn sign_ins_beyond_those_that_may_wait_are_503() {
    let gate = Arc::new(tokio::sync::Mutex::new(()));
    let desk =
        TokenDesk::open(Slow(Arc::clone(&gate)), TokenRules::default(), NoTokenStore, [7; 16], || START).unwrap();
    let mut limits = SignInLimits::default();
    (limits.at_once, limits.waiting) = (1, 1);
    let service = TokenService::new(Arc::new(desk), limits);
    let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
    let base: BaseUrl = format!("http://{}", server.local_addr()).parse().unwrap();
    let _server = server.spawn(Router::new().http(token_paths(), service.clone()));
    let held = gate.lock().await;
    let sign_in = || client(&base, TokenApi::OAuth, "x");
    let status = |error: TokenError| match error {
        TokenError::Call(tieline_core::http::CallError::Api(error)) => error.status,
        other => panic!("{other:?}"),
    };
    // Of three one is verified and one waits: whichever comes last is refused, at once.
    let clients = [sign_in(), sign_in(), sign_in()];
    let calls: Vec<_> =
        clients.into_iter().map(|client| tokio::spawn(async move { client.token().await.unwrap_err() })).collect();
    let (refused, _, rest) = futures::future::select_all(calls).await;
    assert_eq!(status(refused.unwrap()), 503);
    drop(held);
    for call in rest {
        assert_eq!(status(call.await.unwrap()), 400);
    }
    assert_eq!((service.stats().unavailable, service.stats().refused), (1, 2));
}

#[tokio::test]
async fn a_call_that_is_too_long_is_413() {
    let (_server, base, _) = serve(SignInLimits::default()).await;
    let error = client(&base, TokenApi::OAuth, &"x".repeat(17 << 10)).token().await.unwrap_err();
    let TokenError::Call(tieline_core::http::CallError::Api(error)) = error else { panic!("{error:?}") };
    assert_eq!(error.status, 413);
}
