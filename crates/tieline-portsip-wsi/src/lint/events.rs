//! Events.

use alloc::string::String;
use alloc::vec::Vec;

use tieline_core::json::lint::{Anomaly, AnomalyKind, Linter, Path, Rules};
use tieline_core::json::{Member, Shape};

use super::versions::{among, of_field, versions};
use crate::Dialect;
use crate::event::shape_of;
use crate::event::table::rows;

const TAGS: &[Member] = &[Member::new("event_type", &[], Shape::String)];

/// What is odd about an event of a type. Of one that is not known only the type is looked at.
pub(super) fn lint(text: &str, event_type: &str, dialect: Option<Dialect>) -> Vec<Anomaly> {
    let shape = shape_of::<String>(event_type).unwrap_or(Shape::Any);
    Linter::new().tags(TAGS).rules(&EventRules { event_type, dialect }).lint(text, &shape)
}

struct EventRules<'e> {
    event_type: &'e str,
    dialect: Option<Dialect>,
}

impl Rules for EventRules<'_> {
    fn key(&self, path: &Path<'_>) -> Option<AnomalyKind> {
        of_field(self.event_type, path, self.dialect)
    }

    fn text(&self, path: &Path<'_>, text: &str) -> Option<AnomalyKind> {
        if path.is("event_type") {
            return of_type(text, self.dialect);
        }
        let long = matches!(text, "internal" | "inbound" | "outbound" | "inbound_outbound");
        let later = long && path.is("direction");
        versions(self.dialect, later.then_some(Dialect::V22), None)
    }
}

fn of_type(event_type: &str, dialect: Option<Dialect>) -> Option<AnomalyKind> {
    let rows = rows(event_type);
    if rows.is_empty() {
        return Some(AnomalyKind::UnknownType);
    }
    among(dialect, |dialect| rows.iter().any(|row| row.dialects.contains(&dialect)))
}
