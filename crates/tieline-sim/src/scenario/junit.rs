//! Reports as JUnit XML.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::report::{Check, Report, Verdict};

pub(super) fn write(report: &Report) -> String {
    let mut out = Vec::new();
    // Writing to memory does not fail.
    let _written = document(&mut Writer::new_with_indent(&mut out, b' ', 2), report);
    out.push(b'\n');
    String::from_utf8(out).unwrap_or_default()
}

fn document(xml: &mut Writer<&mut Vec<u8>>, report: &Report) -> io::Result<()> {
    let count =
        |wanted: fn(Verdict) -> bool| report.checks.iter().filter(|check| wanted(check.verdict)).count().to_string();
    let tests = report.checks.len().to_string();
    let failures = count(|verdict| verdict.is_failure() && verdict != Verdict::Refused);
    let errors = count(|verdict| verdict == Verdict::Refused);
    let skipped = count(|verdict| verdict == Verdict::Pending);
    let name = plain(&report.name);
    let time = format!("{:.3}", report.now.as_secs_f64());
    let counts = [
        ("name", name.as_str()),
        ("tests", tests.as_str()),
        ("failures", failures.as_str()),
        ("errors", errors.as_str()),
        ("skipped", skipped.as_str()),
        ("time", time.as_str()),
    ];
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("testsuites").write_inner_content(|xml| {
        let suite = xml.create_element("testsuite").with_attributes(counts);
        suite.write_inner_content(|xml| {
            xml.create_element("properties").write_inner_content(|xml| {
                let seed = report.seed.to_string();
                let seed = [("name", "seed"), ("value", seed.as_str())];
                xml.create_element("property").with_attributes(seed).write_empty().map(drop)
            })?;
            report.checks.iter().try_for_each(|check| case(xml, &name, check))
        })?;
        Ok(())
    })?;
    Ok(())
}

fn case(xml: &mut Writer<&mut Vec<u8>>, suite: &str, check: &Check) -> io::Result<()> {
    let name = plain(&format!("{} (from {:?})", check.name, check.at));
    let took = match check.verdict {
        Verdict::Met(at) => at.saturating_sub(check.at),
        _ => std::time::Duration::ZERO,
    };
    let (line, time) = (check.line.to_string(), format!("{:.3}", took.as_secs_f64()));
    let mut attributes = vec![("classname", suite), ("name", name.as_str()), ("time", time.as_str())];
    if check.line > 0 {
        attributes.push(("line", line.as_str()));
    }
    let case = xml.create_element("testcase").with_attributes(attributes);
    let why = plain(&check.why());
    let outcome = match check.verdict {
        Verdict::Met(_) => return case.write_empty().map(drop),
        Verdict::Pending => {
            return case.write_inner_content(|xml| xml.create_element("skipped").write_empty().map(drop)).map(drop);
        }
        Verdict::Refused => "error",
        _ => "failure",
    };
    let message = why.lines().next().unwrap_or_default().to_owned();
    case.write_inner_content(|xml| {
        let element = xml.create_element(outcome).with_attribute(("message", message.as_str()));
        element.write_text_content(BytesText::new(&why)).map(drop)
    })?;
    Ok(())
}

/// Without the characters that XML 1.0 has no way to write.
fn plain(text: &str) -> String {
    let allowed =
        |letter: char| matches!(letter, '\t' | '\n') || (letter >= ' ' && !matches!(letter, '\u{fffe}' | '\u{ffff}'));
    text.chars().map(|letter| if allowed(letter) { letter } else { '\u{fffd}' }).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn check(name: &str, verdict: Verdict) -> Check {
        let seen = vec!["at 1s: text {\"a\":\"<&\u{1}\"}".to_owned()];
        Check { name: name.into(), line: 3, at: Duration::from_secs(1), verdict, count: 0, seen }
    }

    #[test]
    fn what_clients_say_cannot_break_the_document() {
        let checks = vec![
            check("expect \"<login>\" & more", Verdict::Missed),
            check("ok", Verdict::Met(Duration::from_secs(2))),
            check("later", Verdict::Pending),
        ];
        let report = Report { name: "a\u{0}b".into(), seed: 7, now: Duration::from_secs(9), checks };
        let xml = report.to_junit();
        let mut reader = quick_xml::Reader::from_str(&xml);
        let mut elements = Vec::new();
        loop {
            match reader.read_event().expect("well-formed") {
                Event::Start(start) | Event::Empty(start) => {
                    start.attributes().for_each(|attribute| drop(attribute.expect("an attribute")));
                    elements.push(start.name().as_ref().to_owned());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let expected = [
            "testsuites",
            "testsuite",
            "properties",
            "property",
            "testcase",
            "failure",
            "testcase",
            "testcase",
            "skipped",
        ];
        assert_eq!(elements, expected);
        assert!(xml.contains(r#"tests="3" failures="1" errors="0" skipped="1""#), "{xml}");
        assert!(!xml.contains('\u{1}') && !xml.contains('\u{0}'));
    }
}
