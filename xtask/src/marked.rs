//! Text that is made from the code and stands in a page, between two marks:
//! `<!-- cargo xtask VERB: NAME -->` and `<!-- end of NAME -->`.

use std::fs;

use crate::{Mode, Outcome, shell};

/// Puts `text` between the marks of `name` in a page, given from the root; or says that it is not what stands there.
pub(crate) fn put(mode: Mode, page: &str, verb: &str, name: &str, text: &str) -> Outcome {
    let path = shell::root().join(page);
    let before = fs::read_to_string(&path).map_err(|e| format!("{page}: {e}"))?;
    let after = replaced(&before, verb, name, text).map_err(|missing| format!("{page}: `{missing}` is missing"))?;
    if before == after {
        return Ok(());
    }
    match mode {
        Mode::Check => Err(format!("{page}: `{name}` is stale; `cargo xtask {verb}` writes it anew")),
        Mode::Write => {
            println!("  {page}: {name}");
            fs::write(&path, after).map_err(|e| format!("{page}: {e}"))
        }
    }
}

/// The text between the marks.
pub(crate) fn between<'p>(page: &'p str, verb: &str, name: &str) -> Result<&'p str, String> {
    let (start, end) = span(page, verb, name)?;
    Ok(&page[start..end])
}

fn replaced(page: &str, verb: &str, name: &str, text: &str) -> Result<String, String> {
    let (start, end) = span(page, verb, name)?;
    Ok(format!("{}\n{}\n\n{}", &page[..start], text.trim_end(), &page[end..]))
}

/// Where the text behind the first mark begins, and where the second mark begins; or which mark is missing.
fn span(page: &str, verb: &str, name: &str) -> Result<(usize, usize), String> {
    let opening = format!("<!-- cargo xtask {verb}: {name} -->\n");
    let closing = format!("<!-- end of {name} -->");
    let start = page.find(&opening).ok_or_else(|| opening.trim_end().to_owned())? + opening.len();
    let end = page[start..].find(&closing).ok_or(closing)? + start;
    Ok((start, end))
}

#[cfg(test)]
mod tests {
    use super::{between, replaced};

    const PAGE: &str = "# A\n<!-- cargo xtask v: n -->\n\nold\n\n<!-- end of n -->\nrest\n";

    #[test]
    fn what_is_between_the_marks_is_replaced_and_nothing_else() {
        let page = replaced(PAGE, "v", "n", "new\n").expect("marks");
        assert_eq!(page, PAGE.replace("old", "new"));
        assert_eq!(between(&page, "v", "n").expect("marks"), "\nnew\n\n");
    }

    #[test]
    fn a_missing_mark_is_named() {
        assert_eq!(replaced("# A\n", "v", "n", "new").expect_err("no mark"), "<!-- cargo xtask v: n -->");
        let half = "<!-- cargo xtask v: n -->\nold\n";
        assert_eq!(replaced(half, "v", "n", "new").expect_err("no end"), "<!-- end of n -->");
    }
}
