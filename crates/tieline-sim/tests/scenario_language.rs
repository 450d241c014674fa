//! The language of scenarios: what can be said, and what is told of mistakes.

use std::time::Duration;

use proptest::prelude::*;
use tieline_sim::scenario::{Call, Expect, Extension, Mistake, Queue, Scenario, Step, Trunk};
use tieline_sim::world::{AgentMode, Side};

const OFFICE: &str = r#"
trunk = [{ name = "Carrier One" }]
extension = [{ number = "101", name = "Alice Novak" }, { number = "102", name = "Bob Tanaka" }]
queue = [{ number = "8001", name = "Sales", agents = ["101"] }]
"#;

/// The mistakes of the office with this timeline, as `line:column: words`; lines count from the timeline on.
fn mistakes(timeline: &str) -> Vec<String> {
    let text = format!("{OFFICE}{timeline}");
    let before = OFFICE.lines().count() as u32;
    let shown = |mistake: &Mistake| match mistake.position {
        Some((line, column)) => format!("{}:{column}: {}", line - before, mistake.message),
        None => mistake.message.clone(),
    };
    Scenario::parse(&text).err().unwrap_or_default().iter().map(shown).collect()
}

fn only_mistake(timeline: &str) -> String {
    let found = mistakes(timeline);
    assert_eq!(found.len(), 1, "{found:?}");
    found.into_iter().next().unwrap_or_default()
}

#[test]
fn broken_toml_is_told_with_line_and_column() {
    let found = Scenario::parse("name = \"x\"\nseed = = 7\n").expect_err("no TOML");
    assert_eq!(found[0].position, Some((2, 8)), "{found:?}");
}

#[test]
fn an_unknown_key_is_told_with_those_that_are_known() {
    let found = only_mistake("timeline = [{ at = \"1s\", call = { form = \"102\", from = \"102\", to = \"101\" } }]");
    assert!(found.starts_with("1:35: unknown key `form`; known are answered, did, from, "), "{found}");
}

#[test]
fn a_step_without_a_verb_and_one_with_two_are_mistakes() {
    assert!(only_mistake("timeline = [{ at = \"1s\" }]").starts_with("1:13: no step; known are call, answer"));
    let two = "timeline = [{ at = \"1s\", register = \"101\", unregister = \"102\" }]";
    assert_eq!(only_mistake(two), "1:44: `unregister` beside `register`: one at a time");
}

#[test]
fn unknown_extensions_queues_and_trunks_are_told_where_they_stand() {
    let extension = "timeline = [{ at = \"1s\", call = { from = \"102\", to = \"199\" } }]";
    assert!(only_mistake(extension).starts_with("1:54: no extension or queue `199`"), "{}", only_mistake(extension));
    let queue = "timeline = [{ at = \"1s\", agent = { queue = \"8009\", extension = \"101\", mode = \"ready\" } }]";
    assert_eq!(only_mistake(queue), "1:44: no queue `8009`");
    let trunk = "timeline = [{ at = \"1s\", trunk = { name = \"Carrier Two\", up = true } }]";
    assert_eq!(only_mistake(trunk), "1:43: no trunk `Carrier Two`");
}

#[test]
fn a_timeline_that_cannot_happen_is_told_with_the_state_of_things() {
    let too_early = r#"timeline = [
        { at = "1s", call = { id = "a", from = "12025550123", to = "101" } },
        { at = "2s", hold = { call = "a", by = "101" } },
    ]"#;
    assert_eq!(only_mistake(too_early), "3:22: at 2s not possible in the present state: it rings at 101");
    let never_begun = "timeline = [{ at = \"1s\", answer = \"a\" }]";
    assert_eq!(only_mistake(never_begun), "1:35: no call `a` has begun by then");
    let rang_out = r#"timeline = [
        { at = "1s", call = { id = "a", from = "12025550123", to = "101" } },
        { at = "60s", answer = "a" },
    ]"#;
    assert_eq!(only_mistake(rang_out), "3:32: call `a` is over by then");
}

#[test]
fn the_order_of_the_file_is_not_that_of_time() {
    let timeline = r#"timeline = [
        { at = "5s", answer = "a" },
        { at = "1s", call = { id = "a", from = "12025550123", to = "101" } },
        { at = "+9s", hang-up = "a" },
    ]"#;
    assert_eq!(mistakes(timeline), [""; 0]);
}

#[test]
fn what_no_client_can_do_is_not_expected() {
    let login = "timeline = [{ at = \"1s\", expect = { login = \"carla\" } }]";
    assert!(only_mistake(login).starts_with("1:45: nobody logs in as `carla`"), "{}", only_mistake(login));
    let topic = "timeline = [{ at = \"1s\", expect = { subscribe = \"cdr_event\" } }]";
    assert!(only_mistake(topic).starts_with("1:49: no topic `cdr_event`; known are stream, "));
    let both = "timeline = [{ at = \"1s\", expect = { connect = \"wsi\", times = 2, never = true } }]";
    assert!(only_mistake(both).contains("exclude each other"));
}

#[test]
fn faults_are_written_as_on_the_command_line() {
    assert_eq!(mistakes("timeline = [{ at = \"1s\", fault = \"on=wsi,nth=1:close=1011\" }]"), [""; 0]);
    let wrong = only_mistake("timeline = [{ at = \"1s\", fault = \"explode\" }]");
    assert!(wrong.starts_with("1:34: `explode` is no fault"), "{wrong}");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let found =
        mistakes("seeed = 7\ntimeline = [{ at = \"soon\", register = \"101\" }, { at = \"1s\", register = 101 }]");
    assert_eq!(found.len(), 3, "{found:?}");
}

#[test]
fn the_builder_says_the_same_as_a_file() {
    let at = Duration::from_secs;
    let built = Scenario::builder("pop")
        .pace(tieline_sim::scenario::Pace::Real)
        .trunk(Trunk::new("Carrier One"))
        .extension(Extension::new("101", "Alice Novak"))
        .extension(Extension::new("102", "Bob Tanaka"))
        .queue(Queue::new("8001", "Sales").agent("101", AgentMode::Ready))
        .at(at(0), Expect::login("101").within(at(9)))
        .at(at(1), Call::new("a", "12025550123", "101").name("Anna Bell"))
        .at(at(4), Step::answer("a", "101"))
        .at(at(9), Step::hang_up("a", Side::Caller))
        .build()
        .expect("a scenario");
    let read = Scenario::parse(&format!(
        r#"name = "pop"
        {OFFICE}
        timeline = [
            {{ at = "0s", expect = {{ login = "101", within = "9s" }} }},
            {{ at = "1s", call = {{ id = "a", from = "12025550123", to = "101", name = "Anna Bell" }} }},
            {{ at = "4s", answer = {{ call = "a", by = "101" }} }},
            {{ at = "9s", hang-up = "a" }},
        ]"#
    ))
    .expect("a scenario");
    assert_eq!(built, read);
}

#[test]
fn a_scenario_that_was_built_has_mistakes_without_positions() {
    let mistakes = Scenario::builder("x")
        .extension(Extension::new("101", "Alice Novak"))
        .at(Duration::ZERO, Step::register("109"))
        .build()
        .expect_err("no such extension");
    assert_eq!((mistakes[0].position, mistakes[0].to_string().as_str()), (None, "no extension `109`"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_a_scenario_or_has_mistakes(text in "\\PC*") {
        let _read = Scenario::parse(&text);
    }

    /// Pieces of the language in any order, which come further than any text does.
    #[test]
    fn any_piecework_is_a_scenario_or_has_mistakes(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 0..12),
        cut in 0_usize..4000,
    ) {
        let timeline = pieces.join("\n");
        let text = format!("{OFFICE}\n{timeline}");
        let _read = Scenario::parse(&text);
        let _torn = Scenario::parse(text.get(..cut).unwrap_or(&text));
    }
}

const PIECES: &[&str] = &[
    "[[timeline]]\nat = \"1s\"\ncall = { id = \"a\", from = \"12025550123\", to = \"101\", answered = \"1s\", talk = \"2s\" }",
    "[[timeline]]\nat = \"+2s\"\ncall = { id = \"b\", from = \"102\", to = \"8001\", gives-up = \"3s\" }",
    "[[timeline]]\nat = \"+1s\"\nanswer = \"a\"",
    "[[timeline]]\nat = \"+1s\"\ntransfer = { call = \"b\", to = \"a\" }",
    "[[timeline]]\nat = \"+1s\"\ntraffic = { to = \"8001\", calls = 9, every = \"0s-9s\", talk = \"1s\" }",
    "[[timeline]]\nat = \"2400h\"\nremove-extension = \"101\"",
    "[[timeline]]\nat = \"+0s\"\nadd-queue = { number = \"101\", name = \"x\", agents = [\"102\"] }",
    "[[timeline]]\nat = \"+0s\"\nexpect = { command = { a = [1, 2.5, 2026-01-01] }, at-least = 2 }",
    "[[timeline]]\nat = []\nhold = 7",
    "[pbx]\ntenant = \"-\"",
    "[[queue]]\nnumber = \"102\"\nname = \"\"",
    "[[extension]]\nnumber = \"101\"\nname = \"Zoë\"\ndevices = 9",
];
