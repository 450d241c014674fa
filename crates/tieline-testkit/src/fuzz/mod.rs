//! What the fuzz targets do, as functions of bytes: any fuzzer can call them, `fuzz/` does by libFuzzer, and
//! `tests/fuzz_corpus.rs` replays the committed corpora on stable.
//!
//! A body returns when all is well and panics when it found something. Nothing in here reads a clock or draws a random
//! number, so an input that found something finds it again.

pub mod axeos;
pub mod capture;
pub mod cloudpbx;
pub mod http1;
pub mod im;
pub mod im_service;
pub mod json;
pub mod multipart;
pub mod scenario;
pub mod seeds;
pub mod sessions;
pub mod websocket;
pub mod wsi;

use arbitrary::Unstructured;
use tieline_core::http::{Method, RequestHead};
use tieline_core::json::{DecodeError, DecodeErrorKind};

/// A fuzz target.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Target {
    /// Its name: that of the binary in `fuzz/` and of the folder of its corpus.
    pub name: &'static str,
    /// What it does with an input.
    pub run: fn(&[u8]),
    /// Whether its inputs are texts, which the dictionary of JSON helps with.
    pub text: bool,
}

macro_rules! targets {
    ($( $name:ident: $run:path $(, $text:ident)?; )*) => {
        /// Every fuzz target.
        pub const TARGETS: &[Target] = &[$(
            Target { name: stringify!($name), run: $run, text: targets!(@ $($text)?) },
        )*];
    };
    (@ text) => { true };
    (@) => { false };
}

targets! {
    json_scanner: json::scanner, text;
    json_strings: json::strings, text;
    wsi_server_message: wsi::server_message, text;
    wsi_client_message: wsi::client_message, text;
    wsi_round_trip: wsi::round_trip;
    wsi_client_session: sessions::wsi::client;
    wsi_server_session: sessions::wsi::server;
    im_server_message: im::server_message, text;
    im_client_message: im::client_message, text;
    im_round_trip: im::round_trip;
    im_access_mode: im::access_mode;
    im_tokens: im::tokens;
    im_client_session: sessions::im::client;
    im_server_session: sessions::im::server;
    im_service: im_service::service;
    axeos_events: axeos::events, text;
    axeos_users: axeos::users, text;
    axeos_phones: axeos::phones, text;
    axeos_requests: axeos::requests;
    axeos_round_trip: axeos::round_trip;
    axeos_poller: sessions::axeos::poller;
    axeos_log: sessions::axeos::log;
    cloudpbx_stream: cloudpbx::stream, text;
    cloudpbx_rest: cloudpbx::rest;
    cloudpbx_recording: cloudpbx::recording;
    cloudpbx_round_trip: cloudpbx::round_trip;
    cloudpbx_client_session: sessions::cloudpbx::client;
    cloudpbx_server_session: sessions::cloudpbx::server;
    websocket_frames: websocket::frames;
    websocket_opening: websocket::opening;
    http1_answer: http1::answer;
    multipart_decoder: multipart::decoder;
    multipart_round_trip: multipart::round_trip;
    scenario_file: scenario::file, text;
    scenario_play: scenario::play;
    fault_rule: scenario::rule, text;
    transcript: scenario::transcript, text;
    capture_file: capture::file, text;
    capture_redact: capture::redact, text;
    capture_observe: capture::observe;
}

/// The input as text, if it is UTF-8.
fn text(data: &[u8]) -> Option<&str> {
    core::str::from_utf8(data).ok()
}

/// What `serde_json` makes of a text.
enum Judgement {
    /// A value.
    Json(serde_json::Value),
    /// No JSON.
    Invalid,
    /// Nested beyond its limit, or with a number beyond a double: refused by it, and JSON all the same.
    Beyond,
}

fn judged(text: &str) -> Judgement {
    match serde_json::from_str(text) {
        Ok(value) => Judgement::Json(value),
        Err(error) => {
            let error = error.to_string();
            if error.starts_with("recursion limit") || error.starts_with("number out of range") {
                Judgement::Beyond
            } else {
                Judgement::Invalid
            }
        }
    }
}

/// Whether two values are the same, floats as far as `serde_json` reads them right: it may be off by the last digit.
fn same(one: &serde_json::Value, other: &serde_json::Value) -> bool {
    use serde_json::Value;
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let near = |one: f64, other: f64| {
                (one - other).abs() <= one.abs() * 1e-12 && one.is_sign_negative() == other.is_sign_negative()
            };
            one == other || one.as_f64().zip(other.as_f64()).is_some_and(|(one, other)| near(one, other))
        }
        (Value::Array(one), Value::Array(others)) => {
            one.len() == others.len() && one.iter().zip(others).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(others)) => {
            one.len() == others.len()
                && one.iter().all(|(key, one)| others.get(key).is_some_and(|other| same(one, other)))
        }
        _ => one == other,
    }
}

/// A message may be refused for being no JSON, for a field of another kind than documented, and for a limit; nothing else.
fn assert_refused_for_a_reason(text: &str, error: &DecodeError) {
    use DecodeErrorKind::{ListsTooLarge, TooDeep, TooMany};
    assert!(error.offset <= text.len());
    if matches!(error.kind, TooDeep | ListsTooLarge | TooMany) || error.field.is_some() {
        return;
    }
    assert!(!matches!(judged(text), Judgement::Json(_)), "refused without a field: {error}");
}

/// The head of a request to one of `paths`, perhaps with a query and header fields.
fn request_head(u: &mut Unstructured<'_>, paths: &[&str]) -> Option<RequestHead> {
    let methods = [Method::GET, Method::POST, Method::DELETE];
    let (method, path) = (u.choose(&methods).ok()?, u.choose(paths).ok()?);
    let query: &str = u.arbitrary().ok()?;
    let uri = if query.is_empty() { (*path).to_owned() } else { format!("{path}?{query}") };
    let mut request = http::Request::builder().method(method).uri(uri);
    for name in ["content-type", "authorization"] {
        let kinds = ["application/json", "application/x-www-form-urlencoded", "Bearer t", "Basic dTpw", ""];
        let value = if u.arbitrary().ok()? { u.choose(&kinds).ok()? } else { u.arbitrary::<&str>().ok()? };
        request = request.header(name, value);
    }
    Some(request.body(()).ok()?.into_parts().0)
}
