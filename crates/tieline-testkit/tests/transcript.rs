//! The transcript format.

use tieline_testkit::{Line, Side, Transcript, TranscriptError};

#[test]
fn lines_keep_time_sender_and_exact_text() {
    let text = "{\"t\":0,\"from\":\"client\",\"text\":\"{\\\"command\\\":\\\"auth\\\"}\"}\n\n{\"t\":250,\"from\":\"server\",\"text\":\"not json ☎\"}\n";
    let lines = Transcript::parse(text).expect("parses");
    assert_eq!(
        lines,
        [
            Line { t: 0, from: Side::Client, text: r#"{"command":"auth"}"#.to_owned() },
            Line { t: 250, from: Side::Server, text: "not json ☎".to_owned() },
        ]
    );
}

#[test]
fn an_empty_transcript_has_no_lines() {
    assert_eq!(Transcript::parse("\n  \n").expect("parses"), []);
}

#[test]
fn a_malformed_line_is_named_by_its_number_in_the_file() {
    let bad = [
        r#"{"t":1,"from":"pbx","text":""}"#,
        r#"{"t":-1,"from":"client","text":""}"#,
        r#"{"t":1,"from":"client"}"#,
        r#"{"t":1,"from":"client","text":"","dir":"C"}"#,
        "{",
    ];
    for line in bad {
        let text = format!("{{\"t\":0,\"from\":\"client\",\"text\":\"\"}}\n\n{line}\n");
        let error = Transcript::parse(&text).expect_err(line);
        assert!(matches!(error, TranscriptError::Line { line: 3, .. }), "{line}: {error}");
        assert!(error.to_string().starts_with("line 3: "), "{error}");
    }
}

#[test]
fn time_never_runs_back() {
    let text = "{\"t\":5,\"from\":\"client\",\"text\":\"\"}\n{\"t\":5,\"from\":\"server\",\"text\":\"\"}\n{\"t\":4,\"from\":\"client\",\"text\":\"\"}";
    let error = Transcript::parse(text).expect_err("line 3 is earlier");
    assert!(matches!(error, TranscriptError::TimeRunsBack { line: 3, t: 4, before: 5 }), "{error}");
}
