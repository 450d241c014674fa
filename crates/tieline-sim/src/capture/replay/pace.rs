//! When something that was captured is told again.

use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tieline_core::Instant;

/// How fast a capture is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    /// So many seconds of the capture pass in one.
    Times(f64),
    /// Nothing waits for its time; the order stays.
    Max,
    /// Each event waits for a [`step`](super::Replay::step).
    Step,
}

impl Default for Speed {
    /// As it was.
    fn default() -> Self {
        Self::Times(1.0)
    }
}

/// A text is no [`Speed`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a number above 0 and up to 100000, or `max`")]
pub struct SpeedError;

impl FromStr for Speed {
    type Err = SpeedError;

    fn from_str(text: &str) -> Result<Self, SpeedError> {
        match text.parse::<f64>() {
            _ if text == "max" => Ok(Self::Max),
            Ok(speed) if speed > 0.0 && speed <= 100_000.0 => Ok(Self::Times(speed)),
            _ => Err(SpeedError),
        }
    }
}

impl Speed {
    /// When something is due that came so long after what happened at `since`.
    pub(super) fn due(self, since: Instant, after: Duration) -> Instant {
        match self {
            Self::Times(speed) => {
                since + Duration::try_from_secs_f64(after.as_secs_f64() / speed).unwrap_or(Duration::MAX / 4)
            }
            Self::Max | Self::Step => since,
        }
    }
}

/// The steps that were allowed and not taken yet.
#[derive(Default)]
pub(super) struct Steps(Mutex<(u64, Vec<Waker>)>);

impl Steps {
    /// Allows one more.
    pub(super) fn allow(&self) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.0 += 1;
        inner.1.drain(..).for_each(Waker::wake);
    }

    /// Takes one, or has `waker` woken when there is one.
    pub(super) fn take(&self, waker: &Waker) -> bool {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.0 > 0 {
            inner.0 -= 1;
            return true;
        }
        if !inner.1.iter().any(|known| known.will_wake(waker)) {
            inner.1.push(waker.clone());
        }
        false
    }
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Steps")
    }
}
