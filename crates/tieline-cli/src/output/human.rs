//! One readable line an event.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;

use super::Item;
use crate::clock::Clock;

const TIME: Style = Style::new().dimmed();
pub(super) const STATE: Style = AnsiColor::Cyan.on_default();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default().bold();
const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const NAME: Style = Style::new().bold();

/// Writes one item.
pub(super) fn write(out: &mut impl Write, item: &Item<'_>, clock: &Clock) -> io::Result<()> {
    let at = match item {
        Item::Told(told) => told.at().map_or_else(Clock::now, |at| clock.at(at)),
        _ => Clock::now(),
    };
    let time = at.to_zoned(TimeZone::system()).strftime("%H:%M:%S%.3f").to_string();
    write!(out, "{TIME}{time}{TIME:#}  ")?;
    match item {
        Item::Told(told) => told.write(out),
        Item::Gap(gap) => {
            let seconds = gap.length().as_secs_f64();
            writeln!(out, "{WARN}gap{WARN:#}                    events of {seconds:.3} s may be missing: {}", gap.cause)
        }
        Item::Resynced => writeln!(out, "{STATE}resynced{STATE:#}               states follow anew"),
        Item::Live { line } => writeln!(out, "{GOOD}live{GOOD:#}                   connection {line}"),
        Item::Down { cause, retry_at } => {
            let wait = clock.until(*retry_at).as_secs_f64();
            writeln!(out, "{WARN}down{WARN:#}                   {cause}; next try in {wait:.1} s")
        }
        Item::Lagged(lost) => writeln!(out, "{WARN}lagged{WARN:#}                 {lost} events were not printed"),
    }
}
