//! What came of a scenario.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

/// What came of everything that was expected, and of steps that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What the scenario is called.
    pub name: String,
    /// Its seed.
    pub seed: u64,
    /// Up to which scenario time.
    pub now: Duration,
    /// In the order of the timeline.
    pub checks: Vec<Check>,
}

/// One expectation, or a step that could not be done.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// Its label, or its own words.
    pub name: String,
    /// The line in the scenario; 0 where there is none.
    pub line: u32,
    /// From which scenario time on it is expected.
    pub at: Duration,
    /// What came of it.
    pub verdict: Verdict,
    /// How often it happened.
    pub count: u32,
    /// The last of what clients did instead.
    pub seen: Vec<String>,
}

/// What came of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It was met, at this scenario time.
    Met(Duration),
    /// It did not happen, or not often enough.
    Missed,
    /// It happened too often.
    TooOften,
    /// Its time has not come, or is not over.
    Pending,
    /// A step: the world did not do it, since clients had changed something.
    Refused,
}

impl Verdict {
    /// The word that stands for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Met(_) => "met",
            Self::Missed => "missed",
            Self::TooOften => "too-often",
            Self::Pending => "pending",
            Self::Refused => "refused",
        }
    }

    /// Whether something is wrong.
    #[must_use]
    pub const fn is_failure(self) -> bool {
        matches!(self, Self::Missed | Self::TooOften | Self::Refused)
    }
}

impl Report {
    /// Whether nothing failed. What is [pending](Verdict::Pending) has not failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        !self.checks.iter().any(|check| check.verdict.is_failure())
    }

    /// As JUnit XML, as continuous integration reads it: a test case for each check.
    #[must_use]
    pub fn to_junit(&self) -> String {
        super::junit::write(self)
    }

    /// As a JSON object: `name`, `seed`, `t` (scenario milliseconds), `success` and `checks`.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let millis = |time: Duration| time.as_millis() as u64;
        let check = |check: &Check| {
            json!({
                "name": check.name,
                "line": check.line,
                "t": millis(check.at),
                "verdict": check.verdict.as_str(),
                "met": match check.verdict { Verdict::Met(at) => Some(millis(at)), _ => None },
                "count": check.count,
                "seen": check.seen,
            })
        };
        json!({
            "name": self.name,
            "seed": self.seed,
            "t": millis(self.now),
            "success": self.is_success(),
            "checks": self.checks.iter().map(check).collect::<Vec<_>>(),
        })
    }
}

/// Why it failed, for people; nothing for what did not fail.
impl Check {
    pub(super) fn why(&self) -> String {
        let happened = match self.count {
            0 => "did not happen".to_owned(),
            1 => "happened once".to_owned(),
            count => format!("happened {count} times"),
        };
        match self.verdict {
            Verdict::Missed | Verdict::TooOften if self.seen.is_empty() => happened,
            Verdict::Missed | Verdict::TooOften => format!("{happened}; instead\n{}", self.seen.join("\n")),
            Verdict::Refused => "the step could not be done".to_owned(),
            _ => String::new(),
        }
    }
}

/// For people: a line for each check, and the last one sums up.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for check in &self.checks {
            let word = match check.verdict {
                Verdict::Met(_) => "ok     ",
                Verdict::Pending => "pending",
                _ => "FAILED ",
            };
            write!(f, "{word} {:>8} {}", format!("{:?}", check.at), check.name)?;
            match (check.verdict, check.line) {
                (Verdict::Met(at), _) => writeln!(f, " (at {at:?})")?,
                (_, 0) => writeln!(f)?,
                (_, line) => writeln!(f, " (line {line})")?,
            }
            if check.verdict.is_failure() {
                check.why().lines().try_for_each(|line| writeln!(f, "                 {line}"))?;
            }
        }
        let count = |wanted: fn(&Verdict) -> bool| self.checks.iter().filter(|check| wanted(&check.verdict)).count();
        let met = count(|verdict| matches!(verdict, Verdict::Met(_)));
        let (failed, pending) = (count(|verdict| verdict.is_failure()), count(|verdict| *verdict == Verdict::Pending));
        writeln!(f, "{}: {met} met, {failed} failed, {pending} pending; seed {}", self.name, self.seed)
    }
}
