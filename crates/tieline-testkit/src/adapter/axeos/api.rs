//! The single calls.

use tieline_axeos::http::{CallForm, MakeCall};
use tieline_axeos::{CallRequest, CallStatus, Poll};
use tieline_core::Sent;
use tieline_core::http::CallError;
use tieline_dial::Proxy;
use tieline_dial::axeos::{ApiConfig, base};

use super::{AxeosAdapter, AxeosCalls as _, AxeosPbx, Fault, PHONES, USERS, auth};

fn api<A: AxeosAdapter>(pbx: &AxeosPbx) -> A::Api {
    let config = ApiConfig::new(base(&pbx.url).expect("an address"), &auth()).proxy(Proxy::direct());
    A::api(config).expect("a client")
}

pub fn single_calls_need_no_line<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let api = api::<A>(&pbx);
    assert_eq!(api.users().expect("users").body().as_str(), USERS);
    assert_eq!(api.phones().expect("phones").body().as_str(), PHONES);
    let newest = api.events(Poll::NEWEST).expect("events");
    assert_eq!(newest.values().map(|entry| entry.seq).collect::<Vec<_>>(), [1]);
    assert_eq!(api.events(Poll::after(1, 0)).expect("events").elements().len(), 0);
    assert_eq!(pbx.pbx.accepted(), 1, "reads share a connection");
    let call = MakeCall::new(CallRequest::new("anna", "101")).written_as(CallForm::Json);
    assert_eq!(api.call(&call).expect("a reply").status, Some(CallStatus::Success));
    assert_eq!(pbx.pbx.accepted(), 2, "a call has its own");
}

pub fn a_poll_and_a_call_are_never_repeated_and_a_list_once<A: AxeosAdapter>() {
    let pbx = AxeosPbx::start();
    let api = api::<A>(&pbx);
    api.users().expect("users, so that there is a connection to keep");
    pbx.publish(1);
    pbx.faults([Fault::Cut(0)]);
    let error = api.events(Poll::after(1, 30)).expect_err("it breaks");
    assert!(matches!(&error, CallError::Failed(_)) && error.sent() == Sent::All, "{error:?}");
    pbx.break_calls([Fault::Cut(0)]);
    let error = api.call(&MakeCall::new(CallRequest::new("anna", "101"))).expect_err("it breaks");
    assert_eq!(error.sent(), Sent::All);
    api.phones().expect("phones");
    let asked = pbx.lines();
    let expected = ["GET users?status=1", "GET events?last=1&timeout=30", "POST call", "GET phones?status=1"];
    assert_eq!(asked, expected);
}
