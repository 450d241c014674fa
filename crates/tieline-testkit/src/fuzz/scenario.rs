//! Scenario files of the simulator, its fault rules, and transcripts.

use std::fmt::Write as _;
use std::time::Duration;

use arbitrary::{Result, Unstructured};
use tieline_sim::fault::Rule;
use tieline_sim::scenario::{Mistake, Scenario, VERBS};

use super::text;
use crate::{Transcript, TranscriptError};

/// The longest scenario that is played here.
const LONGEST: usize = 16 << 10;

/// A scenario is read, and looked through for what cannot be played, twice alike; mistakes have their places in the text.
fn read(text: &str) -> core::result::Result<Scenario, Vec<Mistake>> {
    let read = Scenario::parse(text);
    assert_eq!(read, Scenario::parse(text), "read twice");
    if let Err(mistakes) = &read {
        assert!(!mistakes.is_empty(), "refused without a mistake");
        for mistake in mistakes {
            let (line, column) = mistake.position.expect("a place in the text");
            let lines = text.split('\n').count();
            assert!((1..=lines).contains(&(line as usize)), "{mistake}: of {lines} lines");
            let columns = text.split('\n').nth(line as usize - 1).map_or(0, |line| line.chars().count());
            assert!((1..=columns + 1).contains(&(column as usize)), "{mistake}: of {columns} columns");
            assert!(mistake.to_string().ends_with(&mistake.message));
        }
    }
    read
}

/// Any text as a scenario file: no panic, places within the text, the same twice, and a line of comment in front changes
/// nothing but the places.
pub fn file(data: &[u8]) {
    let Some(text) = text(data).filter(|text| text.len() <= LONGEST) else { return };
    let read = read(text);
    // A byte order mark is one only at the very beginning.
    if text.starts_with('\u{feff}') {
        return;
    }
    let moved = Scenario::parse(&format!("# a line\n{text}")).map_err(|mut mistakes| {
        for (line, column) in mistakes.iter_mut().filter_map(|mistake| mistake.position.as_mut()) {
            // What is about the whole of a text stands at its beginning.
            if (*line, *column) != (1, 1) {
                *line -= 1;
            }
        }
        mistakes
    });
    assert_eq!(read, moved, "moved by a line");
}

const NUMBERS: [&str; 8] = ["101", "102", "103", "8001", "8002", "12025550123", "999", "201"];
const CALLS: [&str; 5] = ["a", "b", "c", "d", "client-1"];
const CHATS: [&str; 4] = ["ops", "101", "102", "12025550123"];
const TIMES: [&str; 8] = ["0s", "1ms", "500ms", "2s", "10s", "45s", "5m", "2h"];
const HABITS: [&str; 6] = ["0s", "1s", "3s", "20s", "1m", "never"];
const MODES: [&str; 3] = ["ready", "not-ready", "logged-out"];

/// A key and a word for it, or nothing.
fn perhaps(u: &mut Unstructured<'_>, text: &mut String, key: &str, words: &[&str]) -> Result<()> {
    if u.ratio(1, 3)? {
        let word = u.choose(words)?;
        let _ = write!(text, ", {key} = \"{word}\"");
    }
    Ok(())
}

fn extension(u: &mut Unstructured<'_>, number: &str, name: &str) -> Result<String> {
    let mut text = format!("{{ number = \"{number}\", name = \"{name}\"");
    perhaps(u, &mut text, "answers", &HABITS)?;
    perhaps(u, &mut text, "forward", &NUMBERS)?;
    perhaps(u, &mut text, "role", &["extension", "queue-manager", "tenant-admin"])?;
    if u.ratio(1, 4)? {
        let _ = write!(text, ", online = {}, devices = {}", u.arbitrary::<bool>()?, u.int_in_range(1..=3)?);
    }
    text.push('}');
    Ok(text)
}

fn queue(u: &mut Unstructured<'_>, number: &str) -> Result<String> {
    let mut text = format!("{{ number = \"{number}\", name = \"Queue {number}\", agents = [");
    for agent in &NUMBERS[..3] {
        if u.ratio(2, 3)? {
            let mode = u.choose(&MODES)?;
            let _ = write!(text, "{{ extension = \"{agent}\", mode = \"{mode}\" }}, ");
        }
    }
    let _ = write!(text, "], capacity = {}", u.int_in_range(0..=4)?);
    for key in ["ring", "sla", "wait", "wrap-up"] {
        perhaps(u, &mut text, key, &TIMES)?;
    }
    perhaps(u, &mut text, "overflow", &NUMBERS)?;
    perhaps(u, &mut text, "manager", &NUMBERS[..4])?;
    text.push('}');
    Ok(text)
}

fn step(u: &mut Unstructured<'_>) -> Result<String> {
    // Calls are what the rest is about.
    let verb = if u.ratio(1, 3)? { "call" } else { *u.choose(&VERBS)? };
    let (number, other, call) = (*u.choose(&NUMBERS)?, *u.choose(&NUMBERS)?, *u.choose(&CALLS)?);
    let mut text = format!("{verb} = ");
    match verb {
        "call" => {
            let _ = write!(text, "{{ from = \"{number}\", to = \"{other}\"");
            perhaps(u, &mut text, "id", &CALLS)?;
            for key in ["answered", "talk", "gives-up"] {
                perhaps(u, &mut text, key, &HABITS)?;
            }
            perhaps(u, &mut text, "trunk", &["One", "Two"])?;
            if u.ratio(1, 8)? {
                text.push_str(", wrong-number = true");
            }
            text.push('}');
        }
        "answer" | "reject" | "hold" | "unhold" => {
            let _ = write!(text, "{{ call = \"{call}\"");
            perhaps(u, &mut text, "by", &NUMBERS)?;
            text.push('}');
        }
        "transfer" => {
            let _ = write!(text, "{{ call = \"{call}\", to = \"{number}\"");
            perhaps(u, &mut text, "by", &NUMBERS)?;
            text.push('}');
        }
        "hang-up" => {
            let _ = write!(text, "{{ call = \"{call}\", by = \"{}\" }}", u.choose(&["caller", "callee"])?);
        }
        "name-caller" => {
            let _ = write!(text, "{{ call = \"{call}\", name = \"Somebody\" }}");
        }
        "callback" => {
            let _ = write!(text, "\"{call}\"");
        }
        "register" | "unregister" => {
            let _ = write!(text, "{{ extension = \"{number}\", device = {} }}", u.int_in_range(1..=3)?);
        }
        "presence" => {
            let state = u.choose(&["online", "away", "do-not-disturb", "business-trip", "lunch"])?;
            let _ = write!(text, "{{ extension = \"{number}\", state = \"{state}\" }}");
        }
        "agent" | "add-agent" => {
            let mode = u.choose(&MODES)?;
            let _ = write!(text, "{{ queue = \"{number}\", extension = \"{other}\", mode = \"{mode}\" }}");
        }
        "remove-agent" => {
            let _ = write!(text, "{{ queue = \"{number}\", extension = \"{other}\" }}");
        }
        "trunk" => {
            let _ = write!(text, "{{ name = \"{}\", up = {} }}", u.choose(&["One", "Two"])?, u.arbitrary::<bool>()?);
        }
        "add-extension" => text.push_str(&extension(u, number, call)?),
        "rename-extension" => {
            let _ = write!(text, "{{ extension = \"{number}\", name = \"{call} Renamed\" }}");
        }
        "add-queue" => text.push_str(&queue(u, number)?),
        "rename-queue" => {
            let _ = write!(text, "{{ queue = \"{number}\", name = \"{call}\" }}");
        }
        "traffic" => {
            let (every, calls) = (u.choose(&["0s", "1s", "1s-5s", "1ms-20s"])?, u.int_in_range(1..=30)?);
            let _ = write!(text, "{{ to = \"{number}\", calls = {calls}, every = \"{every}\"");
            for key in ["answered", "talk", "gives-up"] {
                perhaps(u, &mut text, key, &["0s", "2s", "1s-30s"])?;
            }
            text.push('}');
        }
        "fault" => {
            let rule = u.choose(&["refuse", "on=wsi,nth=5:close=1011", "restart=forget", "merge=1", "nth=1-2:skip"])?;
            let _ = write!(text, "\"{rule}\"");
        }
        "expect" => {
            let what = u.choose(&["login = \"101\"", "connect = \"wsi\"", "request = \"/cdr\"", "sms = \"*\""])?;
            let _ = write!(text, "{{ {what}");
            perhaps(u, &mut text, "within", &TIMES)?;
            text.push('}');
        }
        "clear-faults" => text.push_str("true"),
        "message" => {
            let to = u.choose(&CHATS)?;
            let _ = write!(text, "{{ from = \"{number}\", to = \"{to}\", text = \"{call}\" }}");
        }
        "receipt" => {
            let (of, what) = (u.choose(&CHATS)?, u.choose(&["received", "read"])?);
            let _ = write!(text, "{{ by = \"{number}\", of = \"{of}\", what = \"{what}\" }}");
        }
        "typing" => {
            let _ = write!(text, "{{ by = \"{number}\", to = \"{}\" }}", u.choose(&CHATS)?);
        }
        // "remove-extension", "remove-queue", "sms", "im-login", "im-logout"
        _ => {
            let _ = write!(text, "\"{number}\"");
        }
    }
    Ok(text)
}

/// A scenario that is nearly always in the words of the language; and when its last step comes.
fn composed(u: &mut Unstructured<'_>) -> Result<(String, Duration)> {
    let mut text = format!("seed = {}\n", u.arbitrary::<u8>()?);
    let mut last = Duration::ZERO;
    text.push_str("trunk = [{ name = \"One\" }, { name = \"Two\", up = false }]\nextension = [\n");
    for (number, name) in [("101", "Alice"), ("102", "Bob"), ("103", "Carla")] {
        if u.ratio(7, 8)? {
            let _ = writeln!(text, "    {},", extension(u, number, name)?);
        }
    }
    text.push_str("]\nqueue = [\n");
    for number in ["8001", "8002"] {
        if u.ratio(3, 4)? {
            let _ = writeln!(text, "    {},", queue(u, number)?);
        }
    }
    text.push_str("]\ngroup = [{ id = \"ops\", owner = \"101\", members = [\"102\"] }]\ntimeline = [\n");
    while !u.is_empty() && text.len() < LONGEST {
        let (millis, step) = (*u.choose(&[0, 1, 500, 2_000, 10_000, 45_000, 300_000, 7_200_000])?, step(u)?);
        last += Duration::from_millis(millis);
        let _ = writeln!(text, "    {{ at = \"+{millis}ms\", {step} }},");
    }
    text.push_str("]\n");
    Ok((text, last))
}

/// A timeline of choices: it is read in any case, and if it can be played it ends after its last step.
pub fn play(data: &[u8]) {
    let Ok((text, last)) = composed(&mut Unstructured::new(data)) else { return };
    match read(&text) {
        Ok(scenario) => assert!(scenario.end() > last, "{:?} after {last:?}\n{text}", scenario.end()),
        // What the composer writes is TOML, in known words: only who and when can be wrong.
        Err(mistakes) => {
            for Mistake { message, .. } in mistakes {
                assert!(!message.starts_with("unknown key") && !message.starts_with("expected"), "{message}\n{text}");
            }
        }
    }
}

/// Any text as a fault rule: what is understood is written and understood again; what is not is quoted from it.
pub fn rule(data: &[u8]) {
    let Some(text) = text(data) else { return };
    match text.parse::<Rule>() {
        Ok(rule) => {
            let written = rule.to_string();
            assert_eq!(written.parse(), Ok(rule), "written as {written}");
        }
        Err(error) => assert!(text.contains(&error.found), "{error}"),
    }
}

/// Any text as a transcript: the lines that are not blank in order of time, or the number of the first that is none.
pub fn transcript(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let filled = |count: usize| text.lines().take(count).filter(|line| !line.trim().is_empty()).count();
    match Transcript::parse(text) {
        Ok(lines) => {
            assert_eq!(lines.len(), filled(usize::MAX));
            assert!(lines.is_sorted_by_key(|line| line.t));
        }
        Err(TranscriptError::Line { line, .. } | TranscriptError::TimeRunsBack { line, .. }) => {
            // All before it is a transcript.
            let before: Vec<&str> = text.lines().take(line - 1).collect();
            let read = Transcript::parse(&before.join("\n")).expect("what came before");
            assert_eq!(read.len(), filled(line - 1));
        }
    }
}
