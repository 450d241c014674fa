//! Memory that the process keeps. By default glibc gives large blocks back when they are freed, and the system clears a page
//! for each first touch anew: a large input would pay for that, and small ones not. Other allocators take no notice.

use std::io;
use std::process::{Command, exit};

/// What glibc reads when a program starts: it maps no block by itself, and gives nothing back.
const KEEP: [(&str, &str); 2] = [("MALLOC_MMAP_MAX_", "0"), ("MALLOC_TRIM_THRESHOLD_", "4294967296")];

pub(crate) fn is_kept() -> bool {
    KEEP.iter().all(|(name, value)| std::env::var(name).is_ok_and(|set| set == *value))
}

/// Runs this program again, keeping memory, and ends as it does.
pub(crate) fn keep() -> io::Result<()> {
    let status = Command::new(std::env::current_exe()?).args(std::env::args_os().skip(1)).envs(KEEP).status()?;
    exit(status.code().unwrap_or(1))
}
