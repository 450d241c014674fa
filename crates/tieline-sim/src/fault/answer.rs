//! Answers of HTTP: others in their place, and changes of them.

use std::sync::Arc;

use http_body_util::BodyExt as _;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::Value;
use tieline_axeos::Entry;
use tieline_core::Text;
use tieline_portsip_im::{Status, file, token};
use tieline_server::{Answer, Body, plain, whole};

use super::conn::Conn;
use super::kind::{Fault, Occasion, Service};
use super::tamper::Message;
use crate::sim::Pbx;

/// What is answered instead, if the fault is one of a request.
pub(super) fn instead(fault: &Fault, service: Option<Service>, path: &str, pbx: &Pbx) -> Option<Response<Body>> {
    let (status, retry_after) = match fault {
        Fault::Http { status, retry_after } => (StatusCode::from_u16(*status).ok()?, *retry_after),
        // As each service answers a wrong key.
        Fault::LoginRefused | Fault::TokenExpired if service == Some(Service::CloudpbxRest) => {
            return Some(tieline_server::answer(tieline_cloudpbx::rest::unauthorized().to_response(), None));
        }
        Fault::LoginRefused | Fault::TokenExpired if service == Some(Service::Axeos) => {
            return Some(tieline_server::answer(tieline_axeos::http::unauthorized().to_response(), None));
        }
        Fault::LoginRefused | Fault::TokenExpired if path.starts_with("/api/") => {
            let refused = token::refused("invalid_grant", "name, domain, password or token is wrong", "a fault");
            return Some(tieline_server::answer(refused.to_response(), None));
        }
        Fault::LoginRefused | Fault::TokenExpired if service == Some(Service::ImHttp) => {
            return Some(of_files(Status::AUTHENTICATION_FAILED, pbx));
        }
        Fault::PermissionDenied if service == Some(Service::ImHttp) => {
            return Some(of_files(Status::PERMISSION_DENIED, pbx));
        }
        Fault::LoginRefused if service == Some(Service::CloudpbxStream) => (StatusCode::FORBIDDEN, None),
        Fault::LoginRefused | Fault::TokenExpired => (StatusCode::UNAUTHORIZED, None),
        Fault::PermissionDenied => (StatusCode::FORBIDDEN, None),
        _ => return None,
    };
    let mut response = plain(status, status.canonical_reason().unwrap_or("no"));
    if let Some(seconds) = retry_after {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    Some(response)
}

/// As the files of IM are refused.
fn of_files(status: Status, pbx: &Pbx) -> Response<Body> {
    tieline_server::answer(file::refused(status, None, pbx.time_of_day(), "a fault").to_response(), None)
}

/// Whether answers at a path may hold events, or rows.
pub(super) fn holds_events(service: Service, path: &str) -> bool {
    match service {
        Service::Axeos => path.ends_with("/events"),
        Service::CloudpbxRest | Service::ImHttp => true,
        _ => false,
    }
}

/// The answer with what its faults change.
pub(super) async fn changed(answer: Answer, conn: Arc<Conn>, service: Service) -> Response<Body> {
    let (mut head, body) = answer.await.into_parts();
    let json = head.headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if head.status != StatusCode::OK || !json {
        return Response::from_parts(head, body);
    }
    // The service wrote it a moment ago: it is whole, and no stream.
    let Ok(bytes) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return plain(StatusCode::INTERNAL_SERVER_ERROR, "the answer broke off");
    };
    let message = Text::from_utf8(bytes.clone()).ok().and_then(|text| Message::answer(service, &text));
    let Some(mut message) = message else { return Response::from_parts(head, whole(bytes)) };
    let faults = conn.judge(Occasion::Event);
    for fault in &faults {
        match (service, fault) {
            (Service::Axeos, Fault::Duplicate) => twice(&mut message),
            (Service::Axeos, Fault::Reorder) => swapped(&mut message),
            (Service::Axeos, Fault::Skip { by }) => conn.pbx.renumber_axeos(|next| next.saturating_add((*by).into())),
            (Service::Axeos, Fault::Rewind { by }) => conn.pbx.renumber_axeos(|next| match by {
                Some(by) => next.saturating_sub((*by).into()).max(1),
                None => 1,
            }),
            (Service::Axeos, Fault::Burst { events }) => burst(&mut message, &conn, *events),
            (_, fault) => message.edit(fault),
        }
    }
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, whole(message.text().into_bytes()))
}

/// Its first event stands there twice.
fn twice(message: &mut Message) {
    if let Some(entries) = message.entries()
        && let Some(first) = entries.first().cloned()
    {
        entries.insert(0, first);
    }
}

/// Its first event comes after the second.
fn swapped(message: &mut Message) {
    if let Some([first, second, ..]) = message.entries().map(Vec::as_mut_slice) {
        std::mem::swap(first, second);
    }
}

/// Logs so many more events like its last one.
fn burst(message: &mut Message, conn: &Conn, events: u32) {
    let last = message.entries().and_then(|entries| entries.last()).map(Value::to_string);
    if let Some(entry) = last.and_then(|last| Entry::decode_owned(&last).ok()) {
        conn.pbx.log_axeos(&entry, events);
    }
}
