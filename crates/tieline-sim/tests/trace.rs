//! What is logged of whole sessions, at every level and by every crate of the process: never a password, token or key.

use std::time::Duration;

use tieline_axeos::CallRequest;
use tieline_axeos::http::{Auth as AxeosAuth, MakeCall, Users};
use tieline_cloudpbx::rest::{Cdr, Recording, SendSms};
use tieline_core::Secret;
use tieline_core::http::{Authorization, BaseUrl, Endpoint};
use tieline_portsip_wsi::{Auth, Dialect, Subscription, Topic};
use tieline_sim::Sim;
use tieline_testkit::Log;
use tieline_tokio::{Proxy, cloudpbx, http, wsi};

/// A secret, and the forms it has on the wire.
fn forms(user: &str, secret: &Secret) -> Vec<String> {
    let plain = secret.expose();
    let basic = data_encoding::BASE64.encode(format!("{user}:{plain}").as_bytes());
    vec![plain.clone(), basic, data_encoding::BASE64.encode(plain.as_bytes())]
}

/// Logs in by every dialect, rightly and wrongly, and receives something.
async fn talk_wsi(sim: &Sim) {
    for dialect in Dialect::ALL.iter().copied() {
        let subscription = Subscription::to(Topic::ExtensionEvents);
        let config = wsi::Config::new(dialect, sim.tenant_auth(dialect)).proxy(Proxy::direct());
        let (client, mut events) = wsi::connect(&sim.wsi_url(dialect), config).await.expect("live");
        client.subscribe(subscription).await.expect("subscribed");
        sim.advance(Duration::from_secs(120));
        let _item = events.next().await.expect("an event");
        client.close().await;
        let wrong = Auth::username("nobody", "nowhere", "wrong-password");
        let config = wsi::Config::new(dialect, wrong).proxy(Proxy::direct());
        wsi::connect(&sim.wsi_url(dialect), config).await.expect_err("refused");
    }
}

async fn call<E: Endpoint>(base: &str, auth: Authorization, endpoint: E) -> bool {
    let base: BaseUrl = base.parse().expect("an address");
    let client = http::HttpClient::new(http::HttpConfig::new(base, auth).proxy(Proxy::direct())).expect("a client");
    client.call(&endpoint).await.is_ok()
}

/// The same on threads, whose HTTP is another.
async fn call_blocking<E>(base: &str, auth: Authorization, endpoint: E) -> bool
where
    E: Endpoint + Send + 'static,
{
    let base: BaseUrl = base.parse().expect("an address");
    let call = move || {
        let config = tieline_blocking::http::HttpConfig::new(base, auth).proxy(Proxy::direct());
        tieline_blocking::http::HttpClient::new(config).expect("a client").call(&endpoint).is_ok()
    };
    tokio::task::spawn_blocking(call).await.expect("no panic")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_any_protocol_is_logged_by_either_side() {
    let log = Log::start();
    let sim = Sim::builder().paused(true).start().await.expect("a simulator");
    let mut secrets = forms("", sim.cloudpbx_key());
    secrets.extend(forms("", sim.axeos_key()));
    for dialect in Dialect::ALL.iter().copied() {
        secrets.extend(forms("110", &sim.tenant_auth(dialect).password));
    }
    secrets.extend(["wrong-password", "wrong-key", "d3Jvbmcta2V5"].map(str::to_owned));

    talk_wsi(&sim).await;

    let (base, key) = (sim.cloudpbx_url(), sim.cloudpbx_key().clone());
    let sms = || SendSms::new("500100200", "psst");
    assert!(call(&base, Authorization::Bearer(key.clone()), Cdr::today()).await);
    assert!(call(&base, Authorization::Bearer(key.clone()), sms()).await);
    assert!(call_blocking(&base, Authorization::Bearer(key.clone()), Cdr::today()).await);
    assert!(!call(&base, Authorization::bearer("wrong-key"), Cdr::today()).await);
    assert!(!call_blocking(&base, Authorization::bearer("wrong-key"), Cdr::today()).await);
    assert!(!call(&base, Authorization::Bearer(key), Recording::new("1.1")).await);
    let address = sim.cloudpbx_stream_url().expose().parse().expect("an address");
    let config = cloudpbx::StreamConfig::new().proxy(Proxy::direct());
    let (stream, mut events) = cloudpbx::connect(address, config).await.expect("live");
    sim.advance(Duration::from_secs(120));
    let _item = events.next().await.expect("an event");
    stream.close().await;

    let (base, key) = (sim.axeos_url(), sim.axeos_key().clone());
    let ways = [AxeosAuth::api_key(key.clone()), AxeosAuth::query_key(key), AxeosAuth::query_key("wrong-key")];
    for auth in ways {
        let right = call(&base, auth.to_authorization(), Users::default()).await;
        assert_eq!(call_blocking(&base, auth.to_authorization(), Users::default()).await, right);
        let _ = call(&base, auth.to_authorization(), MakeCall::new(CallRequest::new("nobody", "101"))).await;
    }
    assert!(!call(&base, AxeosAuth::user("anna", "wrong-password").to_authorization(), Users::default()).await);
    sim.stop().await;

    let text = log.text();
    for expected in ["logged in", "login refused", "WebSocket opened", "call refused", "dialling"] {
        assert!(text.contains(expected), "`{expected}` is not logged: the log is not that of the session");
    }
    secrets.retain(|secret| !secret.is_empty());
    log.assert_without(&secrets);
}
