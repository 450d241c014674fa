//! One dial, and how it is given up.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tieline_core::supervisor::LineId;

type Hook = Box<dyn FnOnce() + Send>;

/// One attempt to dial. Clones are the same attempt.
///
/// It is given up when the line is closed, and after
/// [`Policy::dial_timeout`](tieline_core::supervisor::Policy::dial_timeout).
#[derive(Clone)]
pub struct Attempt {
    line: LineId,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    cancelled: bool,
    hooks: Vec<Hook>,
}

impl Attempt {
    pub(crate) fn new(line: LineId) -> Self {
        Self { line, state: Arc::default() }
    }

    /// The line that is dialled.
    #[must_use]
    pub const fn line(&self) -> LineId {
        self.line
    }

    /// Whether it was given up.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Calls `then` when the attempt is given up before it ended; at once, if it was already. It runs on the thread that
    /// gives up and must not block: to wake a poll, to shut a socket down.
    pub fn on_cancel(&self, then: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        if !state.cancelled {
            return state.hooks.push(Box::new(then));
        }
        drop(state);
        then();
    }

    /// Gives up.
    pub(crate) fn cancel(&self) {
        let mut state = self.lock();
        state.cancelled = true;
        let hooks = std::mem::take(&mut state.hooks);
        drop(state);
        hooks.into_iter().for_each(|hook| hook());
    }

    /// It has ended: nothing is left to give up.
    pub(crate) fn end(&self) {
        let hooks = std::mem::take(&mut self.lock().hooks);
        drop(hooks);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt").field("line", &self.line).field("cancelled", &self.is_cancelled()).finish()
    }
}
