//! Which key belongs to which dialect, as the documentation of the fields has it.

use tieline_core::json::lint::{AnomalyKind, Path};

use crate::Dialect;

/// What of a dialect's events other dialects do not have.
#[derive(Debug)]
struct Field {
    events: &'static [&'static str],
    path: &'static str,
    since: Option<Dialect>,
    until: Option<Dialect>,
}

const fn since(dialect: Dialect, events: &'static [&'static str], path: &'static str) -> Field {
    Field { events, path, since: Some(dialect), until: None }
}

const fn until(dialect: Dialect, events: &'static [&'static str], path: &'static str) -> Field {
    Field { events, path, since: None, until: Some(dialect) }
}

const TARGETS: &[&str] =
    &["target_add", "target_fail", "target_noanswer", "target_ringing", "target_answer", "target_ended"];
const CALLS: &[&str] =
    &["call_start", "call_fail", "call_noanswer", "call_hold", "call_unhold", "call_ended", "call_established"];

const FIELDS: &[Field] = &[
    since(Dialect::V22, &["extension_presence"], "presence"),
    until(Dialect::V16, &["extension_presence"], "note"),
    since(Dialect::V22, &["extension_status"], "status[].presence"),
    since(Dialect::V22, &["call_start"], "callee_display_name"),
    since(Dialect::V22, &["call_start"], "did"),
    since(Dialect::V22, &["call_start"], "outbound_caller_id"),
    since(Dialect::V22, &["call_start"], "user_data"),
    until(Dialect::V16, &["call_start"], "request_id"),
    since(Dialect::V22, TARGETS, "caller"),
    since(Dialect::V22, TARGETS, "cdr_id"),
    since(Dialect::V22, TARGETS, "cli"),
    since(Dialect::V22, TARGETS, "destination"),
    since(Dialect::V22, TARGETS, "did"),
    since(Dialect::V22, TARGETS, "direction"),
    since(Dialect::V22, TARGETS, "outbound_caller_id"),
    since(Dialect::V22, &["call_cdr"], "call_status"),
    since(Dialect::V22, &["call_cdr"], "did"),
    since(Dialect::V22, &["call_cdr"], "ring_duration"),
    since(Dialect::V22, &["call_cdr"], "talk_duration"),
    since(Dialect::V22, &["call_cdr"], "call_targets[].did"),
    since(Dialect::V22, &["call_cdr"], "call_targets[].ring_duration"),
    since(Dialect::V22, &["call_cdr"], "call_targets[].status"),
    since(Dialect::V22, &["call_cdr"], "call_targets[].talk_duration"),
    until(Dialect::V16, &["call_cdr"], "did_cid"),
    until(Dialect::V12, CALLS, "tenant_name"),
    until(Dialect::V12, TARGETS, "tenant_name"),
    until(Dialect::V12, &["extension_register", "call_reroute", "queue_status"], "tenant_name"),
    until(Dialect::V12, &["queue_status"], "time"),
];

/// Whether a key of an event belongs to another dialect.
pub(super) fn of_field(event_type: &str, path: &Path<'_>, dialect: Option<Dialect>) -> Option<AnomalyKind> {
    let field = FIELDS.iter().find(|field| field.events.contains(&event_type) && path.is(field.path))?;
    versions(dialect, field.since, field.until)
}

/// Whether what belongs to the dialects from `since` to `until` belongs to others than the one that was told.
pub(super) fn versions(
    dialect: Option<Dialect>,
    since: Option<Dialect>,
    until: Option<Dialect>,
) -> Option<AnomalyKind> {
    let told = dialect?;
    if let Some(since) = since.filter(|since| told < *since) {
        return Some(AnomalyKind::LaterVersion { since: since.as_str() });
    }
    until.filter(|until| told > *until).map(|until| AnomalyKind::EarlierVersion { until: until.as_str() })
}

/// [`versions`] of what belongs to these dialects; nothing is said of what belongs to none.
pub(super) fn among(dialect: Option<Dialect>, known: impl Fn(Dialect) -> bool) -> Option<AnomalyKind> {
    let mut known = Dialect::ALL.iter().copied().filter(|dialect| known(*dialect));
    let first = known.next()?;
    versions(dialect, Some(first), Some(known.last().unwrap_or(first)))
}

#[cfg(test)]
mod tests {
    use alloc::string::String;

    use tieline_core::json::Shape;

    use super::FIELDS;
    use crate::event::shape_of;

    /// Whether a shape has what a pattern leads to.
    fn has(shape: Shape, path: &str) -> bool {
        let (key, rest) = path.split_once("[].").unwrap_or((path, ""));
        let Shape::Object(members) = shape else { return false };
        let member = members.iter().find(|member| member.key == key);
        member.is_some_and(|member| match member.shape {
            _ if rest.is_empty() => true,
            Shape::List(inner) => has(*inner, rest),
            _ => false,
        })
    }

    #[test]
    fn every_row_names_a_field_of_its_events() {
        for field in FIELDS {
            assert!(!field.events.is_empty(), "{field:?}");
            for event in field.events {
                assert!(shape_of::<String>(event).is_some_and(|shape| has(shape, field.path)), "{event}: {field:?}");
            }
        }
    }
}
