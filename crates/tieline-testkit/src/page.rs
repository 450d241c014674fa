//! Pages of the documentation that hold a table of the code's.

use std::fs;
use std::path::Path;

/// Asserts that a page of `docs/` holds this table between the marks of this name; with `TIELINE_BLESS` in the environment,
/// writes it there.
///
/// # Panics
/// When the page holds another, or has no such marks.
pub fn assert_page_holds(page: &str, name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let text = fs::read_to_string(&path).expect("the page");
    let (begin, end) = (format!("<!-- {name}:begin -->\n"), format!("<!-- {name}:end -->"));
    let (head, rest) = text.split_once(&begin).expect("the begin mark");
    let (shown, tail) = rest.split_once(&end).expect("the end mark");
    if std::env::var_os("TIELINE_BLESS").is_some() {
        fs::write(&path, format!("{head}{begin}{table}{end}{tail}")).expect("written");
    } else {
        assert_eq!(shown, table, "{page}: run this test with TIELINE_BLESS=1");
    }
}
