//! When it was, on everybody's clock.

use super::{CivilTime, LocalTime, UniqueId, UniqueIdKind};

/// When a call or message was, and by which rule that is known. No time zone database is asked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Moment {
    /// By the id of the call: the second in which its first channel was made. It is right in the hour that an autumn
    /// night has twice, too. The local time of the record is that second or shortly after; much later where one call
    /// has several records.
    ByUniqueId {
        /// Unix seconds.
        unix_seconds: i64,
        /// By how many seconds the PBX's clock was ahead of UTC, when the local time stands within a minute of whole
        /// hours from the id: in Poland 3600 in winter and 7200 in summer, so it tells the two passes of the autumn
        /// hour apart.
        utc_offset: Option<i32>,
    },
    /// By the local time and the caller's [`InZone`], since the id has no time in it (that of an SMS has none).
    ByZone {
        /// Unix seconds.
        unix_seconds: i64,
    },
    /// The same, but the local time occurred twice: nobody can tell which was meant.
    ByZoneTwice {
        /// Unix seconds of the first pass.
        earlier: i64,
        /// Unix seconds of the second pass.
        later: i64,
    },
    /// Neither rule applies: there is the local time only, if that.
    LocalOnly,
}

/// What a time zone makes of a local time: the answer of the caller's hook.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InZone {
    /// It occurred once, at these Unix seconds.
    Once(i64),
    /// It occurred twice, as the clocks were set back between.
    Twice {
        /// Unix seconds of the first pass.
        earlier: i64,
        /// Unix seconds of the second pass.
        later: i64,
    },
    /// It never occurred, or nothing is known of the zone.
    Unknown,
}

impl Moment {
    /// Unix seconds; of a local time that occurred twice those of the first pass.
    #[must_use]
    pub const fn unix_seconds(&self) -> Option<i64> {
        match *self {
            Self::ByUniqueId { unix_seconds, .. } | Self::ByZone { unix_seconds } => Some(unix_seconds),
            Self::ByZoneTwice { earlier, .. } => Some(earlier),
            Self::LocalOnly => None,
        }
    }

    pub(super) fn of<S: AsRef<str>>(
        id: Option<&UniqueId<S>>,
        local: Option<&LocalTime<S>>,
        zone: impl FnOnce(CivilTime) -> InZone,
    ) -> Self {
        let civil = local.and_then(LocalTime::civil);
        if let Some(UniqueIdKind::Call { unix_seconds, .. }) = id.map(UniqueId::kind) {
            return Self::ByUniqueId { unix_seconds, utc_offset: civil.and_then(|at| utc_offset(at, unix_seconds)) };
        }
        match civil.map_or(InZone::Unknown, zone) {
            InZone::Once(unix_seconds) => Self::ByZone { unix_seconds },
            InZone::Twice { earlier, later } => Self::ByZoneTwice { earlier, later },
            InZone::Unknown => Self::LocalOnly,
        }
    }
}

/// The whole hours from `unix_seconds` to what the clock showed, where at most a minute is left over.
fn utc_offset(shown: CivilTime, unix_seconds: i64) -> Option<i32> {
    const HOUR: i64 = 3600;
    let ahead = shown.unix_seconds_as_utc() - unix_seconds;
    let hours = (ahead + HOUR / 2).div_euclid(HOUR);
    let near = (ahead - hours * HOUR).abs() <= 60 && (-12..=14).contains(&hours);
    near.then(|| i32::try_from(hours * HOUR).ok()).flatten()
}
