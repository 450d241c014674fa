//! The files of recordings: their names, and whether one is there whole.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tieline_cloudpbx::{RecordingCheck, UniqueId, UniqueIdKind, WavSizes};

use crate::cloudpbx::clock::PbxClock;

/// What is written as `%XX`: all but letters, digits and these. Two ids never have one name.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');
/// The longest id in a name: file systems take 255 bytes, of which the date and the part files need some.
const ID_BYTES: usize = 160;
/// So much of a file is read at once.
const PIECE: usize = 64 << 10;

/// The name of a recording's file: `2021-12-15_11-25-02_1639563902.75.wav`, the time by the clock of the PBX, as the id
/// tells it. It depends on id and format alone, so it is the same whichever way the recording was found. `None` when the
/// id is too long.
///
/// The id comes from a server: what is in the name is no path, no name that a system reserves, and no hidden file.
pub(super) fn name(id: &str, format: &str, clock: &PbxClock) -> Option<String> {
    let shown = match UniqueId::new(id).kind() {
        UniqueIdKind::Call { unix_seconds, .. } => clock.shows(unix_seconds),
        _ => None,
    };
    let time =
        shown.map_or_else(|| "recording".to_owned(), |shown| shown.to_string().replace(' ', "_").replace(':', "-"));
    let id = utf8_percent_encode(id, ESCAPED).to_string();
    (id.len() <= ID_BYTES).then(|| format!("{time}_{id}.{}", extension(format)))
}

fn extension(format: &str) -> String {
    match format.to_ascii_lowercase() {
        wav if wav == "wav49" => "wav".to_owned(),
        format if (1..=8).contains(&format.len()) && format.bytes().all(|byte| byte.is_ascii_alphanumeric()) => format,
        _ => "bin".to_owned(),
    }
}

/// The length of a file that is a whole recording: a WAV file with exactly the bytes that its header promises. Nothing
/// vouches for the end of any other file, so that is none.
pub(super) fn whole(path: &Path, format: &str) -> Option<u64> {
    let mut file = File::open(path).ok()?;
    let mut check = RecordingCheck::new(format, Some(file.metadata().ok()?.len()));
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece).ok()? {
            0 => break,
            read => check.feed(piece.get(..read)?).ok()?,
        }
    }
    let verified = check.finish().ok()?;
    (verified.wav == Some(WavSizes::Match) && verified.trailing == 0).then_some(verified.length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, format: &str) -> String {
        name(id, format, &PbxClock::new()).expect("short enough")
    }

    #[test]
    fn a_name_begins_with_the_time_of_the_call() {
        assert_eq!(named("1639563902.75", "wav"), "2021-12-15_11-25-02_1639563902.75.wav");
        assert_eq!(named("PBX-1639563902.75", "WAV49"), "2021-12-15_11-25-02_PBX-1639563902.75.wav");
    }

    #[test]
    fn an_id_is_never_a_path_or_a_reserved_name() {
        assert_eq!(named("../../etc/passwd", "wav"), "recording_..%2F..%2Fetc%2Fpasswd.wav");
        assert_eq!(named("CON", "wav"), "recording_CON.wav");
        assert_eq!(named("a\0b\\c:d%", "../x"), "recording_a%00b%5Cc%3Ad%25.bin");
        assert_eq!(named(".", ""), "recording_..bin");
        assert_eq!(name(&"ż".repeat(100), "wav", &PbxClock::new()), None);
    }
}
