//! Values of the rules as values of the database.

use rusqlite::Row;
use tieline_core::Text;
use tieline_core::json::Raw;
use tieline_portsip_im::AccessMode;
use tieline_portsip_im::service::Ranges;

use super::super::StoreError;

/// A number of 64 bits without sign, in a column of 64 bits with one.
pub(super) const fn column(number: u64) -> i64 {
    number.cast_signed()
}

pub(super) fn number(row: &Row<'_>, at: usize) -> Result<u64, StoreError> {
    Ok(row.get::<_, i64>(at)?.cast_unsigned())
}

pub(super) fn mode(row: &Row<'_>, at: usize) -> Result<AccessMode, StoreError> {
    let bits: i64 = row.get(at)?;
    u8::try_from(bits).map(AccessMode::from_bits).map_err(|_| StoreError::Corrupt { what: "an access mode" })
}

pub(super) fn bits(mode: AccessMode) -> i64 {
    mode.bits().into()
}

pub(super) fn json(row: &Row<'_>, at: usize) -> Result<Option<Raw<Text>>, StoreError> {
    let text: Option<String> = row.get(at)?;
    let read = |text: String| Raw::from_json(Text::from(text)).map_err(|_| StoreError::Corrupt { what: "JSON" });
    text.map(read).transpose()
}

pub(super) fn json_column(raw: Option<&Raw<Text>>) -> Option<&str> {
    raw.map(Raw::as_json)
}

pub(super) fn text(row: &Row<'_>, at: usize) -> Result<Option<Text>, StoreError> {
    Ok(row.get::<_, Option<String>>(at)?.map(Text::from))
}

/// Ranges as `1-3 5-9`, the ends not included.
pub(super) fn ranges_column(ranges: &Ranges) -> String {
    let written: Vec<String> = ranges.iter().map(|range| format!("{}-{}", range.start, range.end)).collect();
    written.join(" ")
}

pub(super) fn ranges(text: &str) -> Result<Ranges, StoreError> {
    let mut read = Ranges::default();
    for range in text.split_ascii_whitespace() {
        let bounds = range.split_once('-').and_then(|(low, hi)| Some((low.parse().ok()?, hi.parse().ok()?)));
        let (low, hi): (u64, u64) = bounds.ok_or(StoreError::Corrupt { what: "a range of messages" })?;
        read.insert(low..hi);
    }
    Ok(read)
}
