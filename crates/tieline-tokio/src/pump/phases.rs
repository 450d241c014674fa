//! Where the line is, for everybody to see.

use tieline_core::supervisor::Phase;
use tieline_dial::TellPhase;
use tokio::sync::watch;

/// Tells the last phase also when the driver is dropped.
pub(crate) struct PhaseTeller(watch::Sender<Phase>);

impl PhaseTeller {
    pub(crate) fn new() -> (Self, watch::Receiver<Phase>) {
        let (phase, phases) = watch::channel(Phase::Dialing);
        (Self(phase), phases)
    }
}

impl TellPhase for PhaseTeller {
    fn tell(&self, phase: Phase) {
        self.0.send_if_modified(|told| std::mem::replace(told, phase) != phase);
    }
}

impl Drop for PhaseTeller {
    fn drop(&mut self) {
        self.tell(Phase::Closed);
    }
}
