//! The records of calls and messages, and the recordings.

use std::collections::VecDeque;

use tieline_cloudpbx::{
    CdrRecord, Channel, Clid, Cost, Disposition, Grosze, Listing, LocalTime, Number, RecordingRecord, UniqueId,
};
use tieline_core::{Date, Instant, Text};

use super::warsaw::Warsaw;
use super::wav::Wav;
use crate::filled::filled;
use crate::world::{Cdr, CdrStatus, Clock, Party, PartyKind};

/// How many records are kept; older ones are forgotten. Twice as many as an answer holds, so that truncated answers can
/// be seen.
const KEPT: usize = 20_000;
/// What a minute outside costs, in grosze. ASSUMED, as is that minutes are counted whole.
const MINUTE: u64 = 9;
/// What a message costs, in grosze. ASSUMED.
const MESSAGE: u64 = 7;
/// The zone of all numbers outside. ASSUMED.
const ZONE: &str = "PL";
/// Busy here, and busy everywhere, in SIP.
const BUSY: [u16; 2] = [486, 600];

/// Everything that was recorded.
#[derive(Debug)]
pub(crate) struct Ledger {
    pbx: String,
    warsaw: Warsaw,
    clock: Clock,
    rows: VecDeque<Row>,
    /// Counts the calls, as the second half of their ids does.
    calls: u64,
}

#[derive(Debug)]
struct Row {
    day: Date,
    cdr: CdrRecord<Text>,
    recording: Option<(RecordingRecord<Text>, Wav)>,
}

impl Ledger {
    pub(super) fn new(pbx: &str, warsaw: Warsaw, start_unix_seconds: i64) -> Self {
        let clock = Clock::starting_at(start_unix_seconds);
        Self { pbx: pbx.to_owned(), warsaw, clock, rows: VecDeque::new(), calls: 0 }
    }

    /// Puts the clock forward, or back, for the records to come.
    pub(crate) fn put_clock_forward(&mut self, seconds: i64) {
        self.clock = self.clock.put_forward(seconds);
    }

    /// Today, by the clock of the PBX.
    pub(crate) fn today(&self, now: Instant) -> Date {
        self.warsaw.shows(self.clock.unix_seconds(now)).map_or(Date::MAX, |shown| shown.date())
    }

    /// Writes the record of a call that is over.
    pub(super) fn record(&mut self, cdr: &Cdr) {
        self.calls += 1;
        let call = &cdr.call;
        let began = self.clock.unix_seconds(cdr.started);
        let Some(shown) = self.warsaw.shows(began) else { return };
        let id = Text::from(format!("{began}.{}", self.calls));
        let answered = cdr.targets.iter().rev().find(|target| target.answered.is_some());
        let billed = cdr.talk_time().as_secs();
        let outside = call.callee.kind == PartyKind::External;
        let (price, zone) =
            if outside && billed > 0 { (cost(billed.div_ceil(60) * MINUTE), ZONE) } else { (Cost::not_rated(), "") };
        let trunk = call.trunk.as_ref().map_or("", |trunk| &trunk.name);
        let record = filled!(CdrRecord {
            calldate: LocalTime::new(shown.to_string().into()),
            clid: Clid::of(&call.caller.display_name, &call.caller.number),
            src: Text::from(call.caller.number.as_str()),
            dst: Text::from(call.callee.number.as_str()),
            channel: Channel::new(self.channel(&call.caller, trunk, 0)),
            dstchannel: Channel::new(answered.map_or_else(Text::default, |target| self.channel(
                &target.party,
                trunk,
                1
            ))),
            lastapp: Text::from(if call.callee.kind == PartyKind::Queue { "Queue" } else { "Dial" }),
            duration: Number::from(cdr.ended.since(cdr.started).as_secs()),
            billsec: Number::from(billed),
            disposition: disposition(cdr),
            uniqueid: UniqueId::new(id.clone()),
            cost: price,
            zone: zone.into(),
        });
        let recording = (billed > 0).then(|| self.recording(cdr, id));
        self.push(Row { day: shown.date(), cdr: record, recording });
    }

    /// What is recorded of a call that was answered: every one of them. ASSUMED.
    fn recording(&self, cdr: &Cdr, id: Text) -> (RecordingRecord<Text>, Wav) {
        let began = self.clock.unix_seconds(cdr.answered.unwrap_or(cdr.started));
        let shown = self.warsaw.shows(began);
        let record = filled!(RecordingRecord {
            uniqueid: UniqueId::new(id),
            src: Text::from(cdr.call.caller.number.as_str()),
            dst: Text::from(cdr.call.callee.number.as_str()),
            format: Text::from("wav"),
            date: LocalTime::new(shown.map_or_else(Text::default, |shown| shown.to_string().into())),
        });
        (record, Wav::new(cdr.talk_time()))
    }

    /// Writes the record of a message that was sent at `at`. Which fields it has is ASSUMED, but for its id.
    pub(crate) fn record_message(&mut self, at: Instant, id: &str, to: &str) {
        let Some(shown) = self.warsaw.shows(self.clock.unix_seconds(at)) else { return };
        let cdr = filled!(CdrRecord {
            calldate: LocalTime::new(shown.to_string().into()),
            clid: Clid::new(Text::default()),
            src: Text::from(self.pbx.as_str()),
            dst: Text::from(format!("48{to}")),
            channel: Channel::new(Text::default()),
            dstchannel: Channel::new(Text::default()),
            lastapp: Text::from("SMS"),
            duration: Number::from(0),
            billsec: Number::from(0),
            disposition: Disposition::Answered,
            uniqueid: UniqueId::new(Text::from(id)),
            cost: cost(MESSAGE),
            zone: Text::from(ZONE),
        });
        self.push(Row { day: shown.date(), cdr, recording: None });
    }

    fn push(&mut self, row: Row) {
        if self.rows.len() == KEPT {
            self.rows.pop_front();
        }
        self.rows.push_back(row);
    }

    /// The records of days, both ends in the range. ASSUMED.
    pub(super) fn cdrs(&self, first: Date, last: Date) -> Listing<CdrRecord<Text>> {
        Listing::new(self.between(first, last).map(|row| row.cdr.clone()))
    }

    pub(super) fn recordings(&self, first: Date, last: Date) -> Listing<RecordingRecord<Text>> {
        Listing::new(
            self.between(first, last).filter_map(|row| row.recording.as_ref().map(|(record, _)| record.clone())),
        )
    }

    /// The recording of a call.
    pub(super) fn sound(&self, id: &str) -> Option<Wav> {
        let recordings = self.rows.iter().rev().filter_map(|row| row.recording.as_ref());
        let mut found = recordings.filter(|(record, _)| record.uniqueid.as_ref().is_some_and(|own| own.raw() == id));
        found.next().map(|(_, wav)| *wav)
    }

    fn between(&self, first: Date, last: Date) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(move |row| (first..=last).contains(&row.day))
    }

    /// `SIP/Acme-101-0000002a` for an extension, with the trunk's name in place of PBX and number for somebody outside.
    fn channel(&self, party: &Party, trunk: &str, side: u64) -> Text {
        let trunk: String = trunk.chars().filter(char::is_ascii_alphanumeric).collect();
        let count = self.calls * 2 + side;
        let pbx = &self.pbx;
        Text::from(match party.kind {
            PartyKind::External => format!("SIP/{trunk}-{count:08x}"),
            _ => format!("SIP/{pbx}-{}-{count:08x}", party.number),
        })
    }
}

fn cost(grosze: u64) -> Cost<Text> {
    let millionths = i64::try_from(grosze).unwrap_or(i64::MAX).saturating_mul(1_000_000);
    Cost::of(Grosze::from_millionths(millionths))
}

fn disposition(cdr: &Cdr) -> Disposition<Text> {
    match cdr.status {
        CdrStatus::Answered => Disposition::Answered,
        CdrStatus::Failed if BUSY.contains(&cdr.status_code) => Disposition::Busy,
        CdrStatus::Failed => Disposition::Failed,
        _ => Disposition::NoAnswer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_recorded_under_its_own_id() {
        let mut ledger = Ledger::new("Acme", Warsaw::new(), 1_767_250_800);
        ledger.record_message(Instant::EPOCH, "3421756012963258480", "600100200");
        let today = ledger.today(Instant::EPOCH);
        let listing = ledger.cdrs(today, today);
        let record = listing.records().next().expect("a record");
        assert_eq!(record.uniqueid.as_ref().map(UniqueId::raw), Some("3421756012963258480"));
        assert_eq!(record.calldate.as_ref().map(LocalTime::raw), Some("2026-01-01 08:00:00"));
        assert!(ledger.sound("3421756012963258480").is_none(), "a message has no sound");
    }
}
