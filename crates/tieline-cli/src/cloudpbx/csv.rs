//! Records as CSV.

use std::io::{self, Write};

use super::clock::PbxClock;
use super::record::Record;

/// The columns that every record has after its own fields.
const TIME: [&str; 4] = ["ts", "ts_rule", "ts_later", "utc_offset"];

/// Writes records with a header line: the fields as the wire has them, then what is derived. What is absent is empty.
pub(super) fn write<R: Record>(out: impl Write, records: impl Iterator<Item = R>, clock: &PbxClock) -> io::Result<()> {
    let mut csv = ::csv::Writer::from_writer(out);
    csv.write_record(R::FIELDS.iter().chain(&TIME).chain(R::DERIVED))?;
    for record in records {
        let (time, derived) = (record.time(clock), record.derive());
        let offset = time.utc_offset.map(|seconds| seconds.to_string());
        let times = [time.ts.as_deref(), Some(time.ts_rule), time.ts_later.as_deref(), offset.as_deref()];
        let fields = record.texts().into_iter().chain(times).chain(R::derived_texts(&derived));
        csv.write_record(fields.map(Option::unwrap_or_default))?;
    }
    csv.flush()
}
