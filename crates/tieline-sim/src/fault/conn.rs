//! What the parts of one connection share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use tieline_core::Instant;

use super::kind::{Fault, Occasion, Service};
use super::plan::Place;
use crate::record::{Ended, What};
use crate::sim::Pbx;

/// A connection that is watched.
pub(super) struct Conn {
    pub(super) number: u64,
    pub(super) pbx: Arc<Pbx>,
    /// The latest path that was asked for.
    place: Mutex<Option<(Option<Service>, String)>>,
    /// It is to be cut.
    cut: AtomicBool,
    /// Nothing is to be heard any more.
    silenced: AtomicBool,
    /// For the byte stream to take in with its next read or write.
    deferred: Mutex<Vec<Fault>>,
    reader: Mutex<Option<Waker>>,
}

impl Conn {
    pub(super) fn new(number: u64, pbx: Arc<Pbx>) -> Self {
        let (cut, silenced) = (AtomicBool::new(false), AtomicBool::new(false));
        let (place, deferred, reader) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { number, pbx, place, cut, silenced, deferred, reader }
    }

    fn place(&self) -> MutexGuard<'_, Option<(Option<Service>, String)>> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> Instant {
        self.pbx.scenario_now()
    }

    pub(super) fn asks_for(&self, service: Option<Service>, path: &str) {
        *self.place() = Some((service, path.to_owned()));
    }

    pub(super) fn is_armed(&self) -> bool {
        self.pbx.faults.is_armed()
    }

    /// The faults of an occasion on this connection.
    pub(super) fn judge(&self, occasion: Occasion) -> Vec<Fault> {
        if !self.is_armed() {
            return Vec::new();
        }
        let place = self.place();
        let path = place.as_ref().map(|(service, path)| (*service, path.as_str()));
        let now = self.now();
        let faults = self.pbx.faults.judge(occasion, &Place { connection: self.number, now, path });
        drop(place);
        for fault in &faults {
            self.note(What::Fault(fault.to_string()));
        }
        faults
    }

    pub(super) fn note(&self, what: What) {
        self.pbx.record.note(self.number, self.now(), what);
    }

    pub(super) fn ended(&self, why: Ended) {
        self.note(What::Ended(why));
        self.pbx.faults.forget(self.number);
    }

    /// Who reads is to be woken when the connection is to be cut or silenced.
    pub(super) fn reads(&self, cx: &Context<'_>) {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *reader {
            Some(waker) => waker.clone_from(cx.waker()),
            reader => *reader = Some(cx.waker().clone()),
        }
    }

    fn wake(&self) {
        if let Some(waker) = self.reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }

    /// Takes faults of the connection in that came up elsewhere than at its bytes.
    pub(super) fn defer(&self, faults: Vec<Fault>) {
        for fault in &faults {
            match fault {
                Fault::Refuse => self.cut(),
                Fault::Mute => self.silence(),
                _ => {}
            }
        }
        self.deferred.lock().unwrap_or_else(PoisonError::into_inner).extend(faults);
    }

    /// The faults that are to befall the byte stream now.
    pub(super) fn of_stream(&self) -> Vec<Fault> {
        let mut faults = std::mem::take(&mut *self.deferred.lock().unwrap_or_else(PoisonError::into_inner));
        faults.extend(self.judge(Occasion::Connection));
        faults
    }

    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.wake();
    }

    pub(super) fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }

    pub(super) fn silence(&self) {
        self.silenced.store(true, Ordering::Release);
        self.wake();
    }

    pub(super) fn is_silenced(&self) -> bool {
        self.silenced.load(Ordering::Acquire)
    }
}
