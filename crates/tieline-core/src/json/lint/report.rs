//! Gathers anomalies.

use alloc::string::ToString as _;
use alloc::vec::Vec;

use super::{Anomaly, AnomalyKind, Linter, Path, Severity};

/// The anomalies of one message, each with its place, up to a number.
pub(super) struct Report<'a> {
    text: &'a [u8],
    anomalies: Vec<Anomaly>,
    more: usize,
    worst: Severity,
    /// A place, so that the text before it is not counted again.
    seen: Place,
}

#[derive(Clone, Copy)]
struct Place {
    offset: usize,
    line: usize,
    column: usize,
}

const START: Place = Place { offset: 0, line: 1, column: 1 };

impl<'a> Report<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text: text.as_bytes(), anomalies: Vec::new(), more: 0, worst: Severity::Unknown, seen: START }
    }

    pub(super) fn note(&mut self, offset: usize, path: &Path<'_>, kind: AnomalyKind) {
        if self.anomalies.len() < Linter::MOST {
            let Place { line, column, .. } = self.place(offset);
            self.anomalies.push(Anomaly { kind, path: path.to_string(), offset, line, column });
        } else {
            self.more += 1;
            self.worst = self.worst.max(kind.severity());
        }
    }

    /// The anomalies; when there were more than are told, the last one says how many.
    pub(super) fn finish(mut self) -> Vec<Anomaly> {
        if self.more > 0 {
            let Place { line, column, .. } = self.place(self.text.len());
            let kind = AnomalyKind::More { count: self.more, worst: self.worst };
            self.anomalies.push(Anomaly { kind, path: "".into(), offset: self.text.len(), line, column });
        }
        self.anomalies
    }

    fn place(&mut self, offset: usize) -> Place {
        let mut place = if self.seen.offset <= offset { self.seen } else { START };
        for byte in self.text.get(place.offset..offset).unwrap_or_default() {
            match byte {
                b'\n' => {
                    place.line += 1;
                    place.column = 1;
                }
                // Continuation bytes do not start a character.
                byte => place.column += usize::from(byte & 0xC0 != 0x80),
            }
        }
        place.offset = offset;
        self.seen = place;
        place
    }
}
