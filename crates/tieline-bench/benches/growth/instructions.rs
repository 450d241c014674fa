//! The same cases by the instructions they take, which no other program and no cache changes: counted by callgrind, of
//! Valgrind, which runs this program again.

use std::fs;
use std::hint::black_box;
use std::io::ErrorKind;
use std::process::{Command, Stdio};

use crate::judge::Report;

/// Asks for the count, up to inputs of 1 MiB or of as many bytes as follow a `=`.
const ASKED: &str = "--instructions";

/// Tells the program that callgrind runs it, and the longest length.
const COUNTED: &str = "--counted";

/// The first length is taken off the others: the cost of what every input has, and of the first call.
const LENGTHS: usize = 4;

fn argument(name: &str) -> Option<usize> {
    let argument = std::env::args().find(|argument| argument.starts_with(name))?;
    Some(argument.split_once('=').and_then(|(_, length)| length.parse().ok()).unwrap_or(1 << 20))
}

/// The longest length, when instructions are wanted instead of times.
pub(crate) fn wanted() -> Option<usize> {
    argument(ASKED)
}

/// The lengths in bytes, when callgrind is counting.
pub(crate) fn counted() -> Option<[usize; LENGTHS]> {
    // In the middle, by the logarithm, between 1 KiB and the longest.
    argument(COUNTED).map(|longest| [16, 1 << 10, (longest << 10).isqrt(), longest])
}

/// Names a part to the program that reads the counts, and runs it.
pub(crate) fn count(group: &str, case: &str, length: usize, mut part: impl FnMut()) {
    println!("{group}\t{case}\t{length}");
    counted_part(&mut part);
}

/// What callgrind counts: each call of it is a dump of its own.
#[inline(never)]
fn counted_part(part: &mut dyn FnMut()) {
    part();
    // Without something left to do, the call would be a jump, and callgrind would not see it return.
    black_box(());
}

/// Runs the cases under callgrind.
pub(crate) fn measure(report: &mut Report, longest: usize) -> std::io::Result<()> {
    let directory = tempfile::tempdir()?;
    let program = std::env::current_exe()?;
    let mut child = Command::new("valgrind")
        .args([
            "--tool=callgrind",
            "--quiet",
            "--zero-before=growth::instructions::counted_part",
            "--dump-after=*::counted_part",
        ])
        .arg(format!("--callgrind-out-file={}", directory.path().join("part").display()))
        .arg(program)
        .args(std::env::args().skip(1).filter(|argument| !argument.starts_with(ASKED)))
        .arg(format!("{COUNTED}={longest}"))
        .stdout(Stdio::piped())
        .spawn()?;
    let lines = std::io::read_to_string(child.stdout.take().ok_or(ErrorKind::BrokenPipe)?)?;
    if !child.wait()?.success() {
        return Err(ErrorKind::Other.into());
    }
    let named: Vec<Vec<&str>> = lines.lines().map(|line| line.split('\t').collect()).collect();
    let total = |number: usize| -> std::io::Result<f64> {
        let dump = fs::read_to_string(directory.path().join(format!("part.{number}")))?;
        let total = dump.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|count| count.trim().parse().ok()).ok_or(ErrorKind::InvalidData.into())
    };
    for (number, case) in named.chunks_exact(LENGTHS).enumerate() {
        let mut points = Vec::new();
        for (offset, part) in case.iter().enumerate() {
            let length: f64 = part[2].parse().map_err(|_| ErrorKind::InvalidData)?;
            points.push((length, total(LENGTHS * number + offset + 1)?));
        }
        let (length, count) = points.remove(0);
        // Less than an instruction a byte is a search that takes many at once, and too little to have a slope.
        let more: Vec<(f64, f64)> = points
            .iter()
            .filter(|(long, _)| *long > length)
            .map(|(long, dear)| (long - length, (dear - count).max(long - length)))
            .collect();
        report.add(case[0][0], case[0][1], &more);
    }
    Ok(())
}
