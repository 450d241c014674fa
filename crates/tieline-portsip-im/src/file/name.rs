//! Names of files, made harmless.

use std::borrow::ToOwned;
use std::string::String;

/// The longest name that is left, in bytes: a file system takes 255, and a file that is being written needs some for
/// itself.
pub const MAX_NAME: usize = 180;
/// The name of what has none.
pub const FALLBACK_NAME: &str = "file";
/// The longest end of a name that is kept as its extension, with its dot.
const MAX_EXTENSION: usize = 16;

/// The name as it may stand in a folder of any system, and be shown: its last part only, without control characters and
/// marks that turn the direction of writing or do not show, without what Windows refuses or reserves, not hidden, not
/// too long. Never empty, and never a path.
///
/// ```
/// use tieline_portsip_im::file::safe_name;
///
/// assert_eq!(safe_name("../../etc/passwd"), "passwd");
/// assert_eq!(safe_name("C:\\temp\\CON.txt"), "_CON.txt");
/// assert_eq!(safe_name("invoice\u{202e}fdp.exe"), "invoicefdp.exe");
/// assert_eq!(safe_name(".."), "file");
/// ```
#[must_use]
pub fn safe_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|char| !is_unseen(*char)).map(harmless).collect();
    let mut name = trimmed(&clean).to_owned();
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    if name.len() > MAX_NAME {
        name = shortened(&name);
    }
    if name.is_empty() { FALLBACK_NAME.to_owned() } else { name }
}

/// Leading dots hide a file, or are a folder; trailing dots and blanks are lost on Windows.
fn trimmed(name: &str) -> &str {
    name.trim_start_matches(|char: char| char == '.' || char.is_whitespace())
        .trim_end_matches(|char: char| char == '.' || char.is_whitespace())
}

/// Control characters, and those that change how others are shown and have no shape of their own.
fn is_unseen(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

const fn harmless(char: char) -> char {
    match char {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        char => char,
    }
}

/// A device of Windows, with any extension.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].iter().any(|device| stem.eq_ignore_ascii_case(device)) {
        return true;
    }
    let numbered = |device: &str| {
        let (head, digit) = stem.split_at_checked(3)?;
        let mut digits = digit.chars();
        let number = digits.next()?;
        let numbered = matches!(number, '1'..='9' | '¹' | '²' | '³') && digits.next().is_none();
        (numbered && head.eq_ignore_ascii_case(device)).then_some(())
    };
    ["COM", "LPT"].iter().any(|device| numbered(device).is_some())
}

/// Cuts the stem, so that the extension still says what it is.
fn shortened(name: &str) -> String {
    let extension = name.rfind('.').and_then(|at| name.get(at..)).filter(|end| end.len() <= MAX_EXTENSION);
    let extension = extension.unwrap_or_default();
    let stem = name.strip_suffix(extension).unwrap_or(name);
    let mut end = MAX_NAME - extension.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    [trimmed(stem.get(..end).unwrap_or_default()), extension].concat()
}
