//! `tieline cdr` and `tieline rec list`.

use std::io::{self, Write as _};

use serde::Serialize;
use serde_json::value::RawValue;
use tieline_cloudpbx::rest::{Cdr, List, RecordList};
use tieline_cloudpbx::{BadRow, DateRange};
use tieline_core::Date;
use tieline_core::http::CallError;

use super::client::Client;
use super::clock::PbxClock;
use super::record::{Record, Time};
use super::{Origin, csv, table};
use crate::args::{self, Output};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{self, Line};

/// Runs `cdr`.
pub(crate) async fn cdrs(args: args::List, output: Output) -> Result<Exit, Failure> {
    run(&args, output, Cdr::today()).await
}

/// Runs `rec list`.
pub(crate) async fn recordings(args: args::List, output: Output) -> Result<Exit, Failure> {
    run(&args, output, RecordList::today()).await
}

async fn run<R: Record>(args: &args::List, output: Output, today: List<R>) -> Result<Exit, Failure> {
    let clock = PbxClock::new();
    let days = clock.days(args.days)?;
    let client = Client::new(&args.api)?;
    let found = fetch(&client, today, days, args.all.then(|| clock.range(days))).await;
    let found = found.map_err(|error| client.failed(&error))?;
    found.warn(days.is_some_and(|days| days.days() > 1));
    if args.csv {
        csv::write(io::stdout().lock(), found.rows.into_iter().flatten(), &clock)?;
    } else if output::is_human(output) {
        let rows = found.rows.iter().flatten().map(Record::cells);
        write!(anstream::stdout().lock(), "{}", table::table(R::TITLES, rows))?;
        output::tell(format_args!("{} {}", found.summary().records, R::NAME));
    } else {
        found.write_json(&clock)?;
    }
    Ok(Exit::Ok)
}

/// What was found, and what of it is missing.
pub(super) struct Found<R> {
    pub(super) rows: Vec<Result<R, BadRow>>,
    /// As many records came as the server gives at most.
    truncated: Option<tieline_cloudpbx::Truncated>,
    overflowed: Vec<Date>,
    short: Vec<DateRange>,
}

/// Asks for `all` of a range, or for one answer for some days.
pub(super) async fn fetch<R: Record>(
    client: &Client,
    today: List<R>,
    days: Option<DateRange>,
    all: Option<DateRange>,
) -> Result<Found<R>, CallError> {
    if let Some(range) = all {
        let found = R::all(&client.rest, range).await?;
        return Ok(Found { rows: found.rows, truncated: None, overflowed: found.overflowed, short: found.short });
    }
    let listing = R::some(&client.rest, &days.map_or(today, List::of)).await?;
    Ok(Found { rows: listing.rows, truncated: listing.truncated, overflowed: Vec::new(), short: Vec::new() })
}

/// The last JSON line.
#[derive(Debug, Serialize)]
struct Summary {
    records: usize,
    unreadable: usize,
    /// Whether records are most likely missing.
    truncated: bool,
    overflowed: Vec<String>,
    short: Vec<Range>,
}

#[derive(Debug, Serialize)]
struct Range {
    from: String,
    to: String,
}

/// A record, and what is told from it.
#[derive(Serialize)]
struct Row<'a, D> {
    #[serde(flatten)]
    time: Time,
    #[serde(skip_serializing_if = "Option::is_none")]
    call: Option<&'a str>,
    #[serde(flatten)]
    derived: D,
    data: Box<RawValue>,
}

/// A row that is no record.
#[derive(Serialize)]
struct Unreadable<'a> {
    data: Fault<'a>,
}

#[derive(Serialize)]
struct Fault<'a> {
    error: String,
    line: usize,
    column: usize,
    bytes: &'a str,
}

impl<R: Record> Found<R> {
    /// Tells what is missing, and what helps: several days can be asked for in parts.
    pub(super) fn warn(&self, several_days: bool) {
        if let Some(truncated) = &self.truncated {
            let remedy =
                if several_days { "--all asks for all of them, in parts" } else { "no more can be had of one day" };
            tracing::warn!("{truncated}; {remedy}");
        }
        for day in &self.overflowed {
            tracing::warn!("{day} alone has as many {} as the server gives at most: the others cannot be had", R::NAME);
        }
        for range in &self.short {
            tracing::warn!("the parts of {range} brought fewer {} than the whole: some are missing", R::NAME);
        }
        for bad in self.rows.iter().filter_map(|row| row.as_ref().err()) {
            tracing::warn!("{bad}");
        }
    }

    fn summary(&self) -> Summary {
        let records = self.rows.iter().flatten().count();
        Summary {
            records,
            unreadable: self.rows.len() - records,
            truncated: self.truncated.is_some() || !self.overflowed.is_empty() || !self.short.is_empty(),
            overflowed: self.overflowed.iter().map(ToString::to_string).collect(),
            short: self.short.iter().map(|r| Range { from: r.first().to_string(), to: r.last().to_string() }).collect(),
        }
    }

    fn write_json(&self, clock: &PbxClock) -> io::Result<()> {
        let mut out = anstream::stdout().lock();
        let mut number = 0;
        for row in &self.rows {
            number += 1;
            match row {
                Ok(record) => {
                    let data = RawValue::from_string(record.to_json())?;
                    let (time, call, derived) = (record.time(clock), record.id(), record.derive());
                    Line::new(R::KIND, number, Origin::of(Row { time, call, derived, data })).write(&mut out)?;
                }
                Err(BadRow { error, raw, .. }) => {
                    let (line, column) = (error.line, error.column);
                    let fault = Fault { error: error.kind.to_string(), line, column, bytes: raw };
                    Line::new("error", number, Origin::of(Unreadable { data: fault })).write(&mut out)?;
                }
            }
        }
        Line::new("summary", number + 1, Origin::of(self.summary())).write(&mut out)?;
        out.flush()
    }
}
