//! How something that blocks is given up from another thread.

#[cfg(feature = "http")]
use std::sync::Weak;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Hook = Box<dyn FnOnce() + Send>;

/// Something that can be given up. Clones are the same.
#[derive(Clone, Default)]
pub(crate) struct Cancel(Arc<Mutex<State>>);

/// A [`Cancel`] that others keep, as long as they do.
#[cfg(feature = "http")]
pub(crate) struct WeakCancel(Weak<Mutex<State>>);

#[cfg(feature = "http")]
impl WeakCancel {
    pub(crate) fn is_gone(&self) -> bool {
        self.0.strong_count() == 0
    }

    pub(crate) fn cancel(&self) {
        if let Some(state) = self.0.upgrade() {
            Cancel(state).cancel();
        }
    }
}

#[derive(Default)]
struct State {
    cancelled: bool,
    hooks: Vec<Hook>,
}

impl Cancel {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.lock().cancelled
    }

    /// Calls `then` when it is given up; at once, if it was already. It must not block.
    pub(crate) fn on_cancel(&self, then: impl FnOnce() + Send + 'static) {
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

    #[cfg(feature = "http")]
    pub(crate) fn downgrade(&self) -> WeakCancel {
        WeakCancel(Arc::downgrade(&self.0))
    }

    /// It has ended: nothing is left to give up.
    pub(crate) fn end(&self) {
        let hooks = std::mem::take(&mut self.lock().hooks);
        drop(hooks);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
