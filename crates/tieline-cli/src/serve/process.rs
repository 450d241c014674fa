//! What the process asks of the system: files for its owner only, and as many open ones as there may be connections.

use rustix::fs::Mode;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit, umask};

/// What is open beside connections: the database, files on their way, the log.
const OTHERS: u64 = 256;

/// What is made from now on is for its owner only, wherever it lies: the database and the files of users too.
pub(super) fn keep_to_the_owner() {
    let _ = umask(Mode::RWXG | Mode::RWXO);
}

/// Raises the limit of open files as far as the system lets it, if it is too low for so many connections. Warns where that is not enough: what goes
/// beyond could not be accepted.
pub(super) fn make_room(connections: usize) {
    let wanted = u64::try_from(connections).unwrap_or(u64::MAX).saturating_add(OTHERS);
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // Without a number there is no limit.
    let Some(now) = current.filter(|now| *now < wanted) else { return };
    let raised = maximum.map_or(wanted, |most| most.min(wanted));
    let is_raised = raised > now && setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum }).is_ok();
    let most = if is_raised { raised } else { now };
    if most < wanted - OTHERS {
        tracing::warn!(
            "{most} files may be open at once, too few for {connections} connections: raise it (`ulimit -n`, systemd's \
             LimitNOFILE=), or lower --connections"
        );
    }
}
