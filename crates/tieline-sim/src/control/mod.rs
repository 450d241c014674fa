//! The control interface: a simulator in the hands of tests in any language, over HTTP.
//!
//! Its calls are described in `docs/simulator.md`.

mod calls;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};
use tieline_server::{Answer, Body, Paths, Router, Server, ServerHandle, ServerOptions, plain, read_body, whole};

use crate::scenario::{step_from_json, time_from_text};
use crate::sim::{Pbx, Sim};
use crate::world::Refused;

/// The longest body of a request that is read.
const REQUEST_LIMIT: usize = 64 << 10;
/// How long it may take to come.
const REQUEST_TIME: Duration = Duration::from_secs(30);

/// Listens at an address until the simulator is gone.
pub(crate) async fn serve(address: SocketAddr, sim: &Sim) -> io::Result<ServerHandle> {
    let control = Arc::new(Control { pbx: sim.pbx(), contract: sim.contract() });
    let handler = move |request: Request<Incoming>, _: SocketAddr| -> Answer {
        let control = Arc::clone(&control);
        Box::pin(async move { control.answer(request).await })
    };
    let router = Router::new().http(Paths::matching(|path| path == "/sim" || path.starts_with("/sim/")), handler);
    Ok(Server::bind(address, ServerOptions::default()).await?.spawn(router))
}

struct Control {
    pbx: Arc<Pbx>,
    contract: Value,
}

impl Control {
    async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        let (head, body) = request.into_parts();
        let path = head.uri.path().trim_end_matches('/').to_owned();
        let pbx = &self.pbx;
        if head.method == Method::GET {
            return match path.as_str() {
                "/sim" => ok(&calls::state(pbx)),
                "/sim/contract" => ok(&self.contract),
                "/sim/calls" => ok(&calls::calls(pbx)),
                "/sim/clients" => ok(&calls::clients(pbx)),
                "/sim/transcript" => ok(&calls::transcript(pbx, head.uri.query().unwrap_or_default())),
                "/sim/faults" => ok(&calls::faults(pbx)),
                "/sim/report" => ok(&pbx.report().to_json()),
                "/sim/report.txt" => text("text/plain; charset=utf-8", pbx.report().to_string()),
                "/sim/report.xml" => text("application/xml", pbx.report().to_junit()),
                "/sim/do" | "/sim/step" | "/sim/pause" | "/sim/resume" | "/sim/stop" => method_not_allowed("POST"),
                _ => plain(StatusCode::NOT_FOUND, "no such call; docs/simulator.md has them"),
            };
        }
        if head.method != Method::POST {
            return method_not_allowed("GET, POST");
        }
        // A page in a browser cannot send this to another origin without being asked for permission first.
        let is_json =
            head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
        if !is_json {
            return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "the Content-Type must be application/json");
        }
        let body = match read_body(body, REQUEST_LIMIT, REQUEST_TIME).await {
            Ok(body) if body.is_empty() => Value::Null,
            Ok(body) => match serde_json::from_slice(&body) {
                Ok(body) => body,
                Err(error) => return plain(StatusCode::BAD_REQUEST, &format!("the body is no JSON: {error}")),
            },
            Err(refusal) => return *refusal,
        };
        match path.as_str() {
            "/sim/do" => self.perform(&body),
            "/sim/step" => self.step(&body).await,
            "/sim/pause" => self.then_state(Pbx::pause),
            "/sim/resume" => self.then_state(Pbx::resume),
            "/sim/stop" => self.then_state(Pbx::stop_run),
            "/sim" | "/sim/contract" | "/sim/calls" | "/sim/clients" | "/sim/transcript" | "/sim/faults"
            | "/sim/report" | "/sim/report.txt" | "/sim/report.xml" => method_not_allowed("GET"),
            _ => plain(StatusCode::NOT_FOUND, "no such call; docs/simulator.md has them"),
        }
    }

    fn then_state(&self, call: impl FnOnce(&Pbx)) -> Response<Body> {
        call(&self.pbx);
        ok(&calls::state(&self.pbx))
    }

    /// One step or several, each as on a timeline without `at`.
    fn perform(&self, body: &Value) -> Response<Body> {
        let steps = body.as_array().map_or(std::slice::from_ref(body), Vec::as_slice);
        for (index, step) in steps.iter().enumerate() {
            let refused = |status, error: Value| json_answer(status, &json!({"step": index, "error": error}));
            let moment = match step_from_json(step) {
                Ok(moment) => moment,
                Err(mistakes) => {
                    let mistakes = mistakes.iter().map(|mistake| Value::from(mistake.to_string())).collect();
                    return refused(StatusCode::BAD_REQUEST, mistakes);
                }
            };
            if let Err(why) = self.pbx.act_now(moment) {
                let status = match why {
                    Refused::Busy
                    | Refused::DeniedInIm
                    | Refused::NotNow
                    | Refused::NotRegistered
                    | Refused::NumberTaken => StatusCode::CONFLICT,
                    _ => StatusCode::NOT_FOUND,
                };
                return refused(status, why.to_string().into());
            }
        }
        ok(&calls::state(&self.pbx))
    }

    async fn step(&self, body: &Value) -> Response<Body> {
        let by = body.get("by").and_then(Value::as_str).and_then(time_from_text);
        let Some(by) = by else {
            return plain(StatusCode::BAD_REQUEST, r#"a time as in {"by": "5s"}, {"by": "1m30s"} or {"by": "250ms"}"#);
        };
        self.pbx.step(by).await;
        ok(&calls::state(&self.pbx))
    }
}

fn ok(value: &Value) -> Response<Body> {
    json_answer(StatusCode::OK, value)
}

fn json_answer(status: StatusCode, value: &Value) -> Response<Body> {
    let mut response = text("application/json", format!("{value}\n"));
    *response.status_mut() = status;
    response
}

fn text(kind: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(whole(text));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

fn method_not_allowed(allowed: &'static str) -> Response<Body> {
    let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, allowed);
    response.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static(allowed));
    response
}
