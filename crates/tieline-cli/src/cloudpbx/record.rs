//! The records of the two lists: what they hold, and what can be told from it.

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_cloudpbx::rest::List;
use tieline_cloudpbx::{
    CdrRecord, Clid, Cost, DateRange, Listed, Listing, LocalTime, Moment, Number, RecordingRecord, UniqueId,
};
use tieline_core::Text;
use tieline_core::http::CallError;
use tieline_core::json::Encode;
use tieline_tokio::cloudpbx::{Collected, Rest};

use super::clock::PbxClock;
use crate::clock::rfc3339;

/// A record of a list.
pub(super) trait Record: Listed + Encode + Sized {
    /// The `kind` of its JSON line.
    const KIND: &'static str;
    /// What several are called.
    const NAME: &'static str;
    /// The titles of its columns on a terminal.
    const TITLES: &'static [&'static str];
    /// The wire names of its fields.
    const FIELDS: &'static [&'static str];
    /// The names of what is derived, in CSV.
    const DERIVED: &'static [&'static str];

    /// What can be told from its fields.
    type Derived: Serialize;

    /// Asks for a list.
    async fn some(rest: &Rest, call: &List<Self>) -> Result<Listing<Self>, CallError>;
    /// Asks for all of a range.
    async fn all(rest: &Rest, range: DateRange) -> Result<Collected<Self>, CallError>;

    /// The texts of the fields, in the order of [`FIELDS`](Self::FIELDS).
    fn texts(&self) -> Vec<Option<&str>>;
    /// The id of the call.
    fn id(&self) -> Option<&str>;
    /// When it was.
    fn time(&self, clock: &PbxClock) -> Time;
    /// What else can be told.
    fn derive(&self) -> Self::Derived;
    /// The same in the order of [`DERIVED`](Self::DERIVED).
    fn derived_texts(derived: &Self::Derived) -> Vec<Option<&str>>;
    /// One line of the table.
    fn cells(&self) -> Vec<String>;
}

/// When a record was, on everybody's clock.
#[derive(Debug, Serialize)]
pub(super) struct Time {
    /// RFC 3339 in UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ts: Option<String>,
    /// By which rule that is known.
    pub(super) ts_rule: &'static str,
    /// The second pass of a local time that occurred twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ts_later: Option<String>,
    /// Seconds by which the clock of the PBX was ahead of UTC.
    pub(super) utc_offset: Option<i32>,
}

impl From<Moment> for Time {
    fn from(moment: Moment) -> Self {
        let text = |seconds| jiff::Timestamp::from_second(seconds).ok().map(rfc3339);
        let (ts_rule, utc_offset, later) = match moment {
            Moment::ByUniqueId { utc_offset, .. } => ("uniqueid", utc_offset, None),
            Moment::ByZone { .. } => ("zone", None, None),
            Moment::ByZoneTwice { later, .. } => ("zone-twice", None, Some(later)),
            _ => ("none", None, None),
        };
        Self { ts: moment.unix_seconds().and_then(text), ts_rule, ts_later: later.and_then(text), utc_offset }
    }
}

/// What is told from a CDR.
#[derive(Debug, Serialize)]
pub(super) struct OfCdr {
    caller_name: Option<String>,
    caller_number: Option<String>,
    /// A number, exact.
    cost_grosze: Option<Box<RawValue>>,
}

/// Nothing more is told from the record of a recording.
#[derive(Debug, Serialize)]
pub(super) struct OfRecording {}

impl Record for CdrRecord<Text> {
    const KIND: &'static str = "cdr";
    const NAME: &'static str = "records";
    const TITLES: &'static [&'static str] = &["time", "from", "to", "seconds", "talk", "end", "gr", "id"];
    const FIELDS: &'static [&'static str] = CdrRecord::<Text>::FIELDS;
    const DERIVED: &'static [&'static str] = &["caller_name", "caller_number", "cost_grosze"];

    type Derived = OfCdr;

    async fn some(rest: &Rest, call: &List<Self>) -> Result<Listing<Self>, CallError> {
        rest.cdrs(call).await
    }

    async fn all(rest: &Rest, range: DateRange) -> Result<Collected<Self>, CallError> {
        rest.all_cdrs(range).await
    }

    fn texts(&self) -> Vec<Option<&str>> {
        vec![
            self.calldate.as_ref().map(LocalTime::raw),
            self.clid.as_ref().map(Clid::raw),
            self.src.as_deref(),
            self.dst.as_deref(),
            self.channel.as_ref().map(AsRef::as_ref),
            self.dstchannel.as_ref().map(AsRef::as_ref),
            self.lastapp.as_deref(),
            self.duration.as_ref().map(Number::raw),
            self.billsec.as_ref().map(Number::raw),
            self.disposition.as_ref().map(|disposition| disposition.as_str()),
            self.uniqueid.as_ref().map(UniqueId::raw),
            self.cost.as_ref().map(Cost::raw),
            self.zone.as_deref(),
        ]
    }

    fn id(&self) -> Option<&str> {
        self.uniqueid.as_ref().map(UniqueId::raw)
    }

    fn time(&self, clock: &PbxClock) -> Time {
        self.moment(|shown| clock.when(shown)).into()
    }

    fn derive(&self) -> OfCdr {
        let clid = self.clid.as_ref();
        let cost = self.cost.as_ref().and_then(Cost::grosze);
        OfCdr {
            caller_name: clid.and_then(Clid::name).map(|name| name.as_str().to_owned()),
            caller_number: clid.and_then(Clid::number).map(str::to_owned),
            cost_grosze: cost.and_then(|grosze| RawValue::from_string(grosze.to_string()).ok()),
        }
    }

    fn derived_texts(derived: &OfCdr) -> Vec<Option<&str>> {
        let cost = derived.cost_grosze.as_deref().map(RawValue::get);
        vec![derived.caller_name.as_deref(), derived.caller_number.as_deref(), cost]
    }

    fn cells(&self) -> Vec<String> {
        let name = self.clid.as_ref().and_then(Clid::name);
        let from = self.src.as_deref().unwrap_or_default();
        let from = name.map_or_else(|| from.to_owned(), |name| format!("{from} {}", name.as_str()));
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        vec![
            text(self.calldate.as_ref().map(LocalTime::raw)),
            from,
            text(self.dst.as_deref()),
            text(self.duration.as_ref().map(Number::raw)),
            text(self.billsec.as_ref().map(Number::raw)),
            text(self.disposition.as_ref().map(|disposition| disposition.as_str())),
            text(self.cost.as_ref().map(Cost::raw)),
            text(self.id()),
        ]
    }
}

impl Record for RecordingRecord<Text> {
    const KIND: &'static str = "recording";
    const NAME: &'static str = "recordings";
    const TITLES: &'static [&'static str] = &["time", "from", "to", "format", "id"];
    const FIELDS: &'static [&'static str] = RecordingRecord::<Text>::FIELDS;
    const DERIVED: &'static [&'static str] = &[];

    type Derived = OfRecording;

    async fn some(rest: &Rest, call: &List<Self>) -> Result<Listing<Self>, CallError> {
        rest.recordings(call).await
    }

    async fn all(rest: &Rest, range: DateRange) -> Result<Collected<Self>, CallError> {
        rest.all_recordings(range).await
    }

    fn texts(&self) -> Vec<Option<&str>> {
        vec![
            self.id(),
            self.src.as_deref(),
            self.dst.as_deref(),
            self.format.as_deref(),
            self.date.as_ref().map(LocalTime::raw),
        ]
    }

    fn id(&self) -> Option<&str> {
        self.uniqueid.as_ref().map(UniqueId::raw)
    }

    fn time(&self, clock: &PbxClock) -> Time {
        self.moment(|shown| clock.when(shown)).into()
    }

    fn derive(&self) -> OfRecording {
        OfRecording {}
    }

    fn derived_texts(_: &OfRecording) -> Vec<Option<&str>> {
        Vec::new()
    }

    fn cells(&self) -> Vec<String> {
        let cells = [
            self.date.as_ref().map(LocalTime::raw),
            self.src.as_deref(),
            self.dst.as_deref(),
            self.format.as_deref(),
            self.id(),
        ];
        cells.map(|cell| cell.unwrap_or_default().to_owned()).into()
    }
}

#[cfg(test)]
mod tests {
    use tieline_core::json::Decode;

    use super::*;

    fn assert<R: Record + for<'a> Decode<'a, Text>>(row: &str) {
        let values: serde_json::Value = serde_json::from_str(row).expect("JSON");
        let listing = Listing::<R>::decode(&Text::from(format!("[{row}]")), 1).expect("a list");
        let texts = listing.records().next().expect("a record").texts();
        assert_eq!(texts.len(), R::FIELDS.len());
        for (field, text) in R::FIELDS.iter().zip(texts) {
            assert_eq!(text, values[*field].as_str(), "{field}");
        }
    }

    #[test]
    fn the_texts_stand_in_the_order_of_the_fields() {
        assert::<CdrRecord<Text>>(
            r#"{"calldate":"a","clid":"b","src":"c","dst":"d","channel":"e","dstchannel":"f","lastapp":"g",
            "duration":"1","billsec":"2","disposition":"h","uniqueid":"i","cost":"3.50","zone":"j"}"#,
        );
        assert::<RecordingRecord<Text>>(r#"{"uniqueid":"a","src":"b","dst":"c","format":"wav","date":"d"}"#);
    }
}
