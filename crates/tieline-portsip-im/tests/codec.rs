//! Messages, names, modes and logins, one behaviour a test.

use tieline_core::Str;
use tieline_core::json::{DecodeErrorKind, Encode, Raw, decode};
use tieline_portsip_im::{
    AccessMode, BadSecret, CLEAR, ClientBody, ClientMessage, Concealed, Credentials, Ctrl, Data, FileRef, InvalidMode,
    Login, Mode, Section, SeqRange, ServerMessage, Status, Topic, TopicKind, UserId, is_clear,
};

fn server(text: &str) -> ServerMessage<Str<'_>> {
    ServerMessage::decode(text).unwrap_or_else(|error| panic!("{error}"))
}

fn client(text: &str) -> ClientMessage<Str<'_>> {
    ClientMessage::decode(text).unwrap_or_else(|error| panic!("{error}"))
}

fn data(text: &str) -> Data<Str<'_>> {
    match server(text) {
        ServerMessage::Data(data) => data,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_without_a_known_key_and_what_is_no_object_pass_through_whole() {
    for text in [r#"{"pong":{"id":"1"}}"#, "[]", "7", "\"text\"", "null", "{}", r#"{"ctrl":null}"#] {
        assert!(matches!(server(text), ServerMessage::Unknown(_)), "{text}");
        assert_eq!(server(text).to_json(), text);
        assert!(matches!(client(text).body, ClientBody::Unknown(_)), "{text}");
    }
}

#[test]
fn unknown_keys_are_ignored_wherever_they_stand() {
    let text = r#"{"x":[{}],"data":{"new":{"a":[1]},"topic":"grpX","seq":1,"content":"c","later":null},"y":1}"#;
    assert_eq!(server(text).to_json(), r#"{"data":{"topic":"grpX","seq":1,"content":"c"}}"#);
}

#[test]
fn of_several_messages_in_one_frame_the_first_in_the_servers_order_counts() {
    let text = r#"{"get":{"id":"g"},"sub":{"id":"s"},"pub":{"id":"p"},"note":{"topic":"t"}}"#;
    assert_eq!(client(text).body.id().map(|id| id.as_str()), Some("p"));
    let text = r#"{"pub":null,"get":{"id":"g"},"hi":{"id":"h"}}"#;
    assert_eq!(client(text).body.id().map(|id| id.as_str()), Some("h"));
}

#[test]
fn of_the_same_message_twice_the_last_counts() {
    assert_eq!(data(r#"{"data":{"seq":1},"data":{"seq":2}}"#).seq, Some(2));
}

#[test]
fn what_goes_beside_a_message_is_read_before_and_behind_it() {
    for text in
        [r#"{"extra":{"attachments":["f"]},"pub":{"id":"1"}}"#, r#"{"pub":{"id":"1"},"extra":{"attachments":["f"]}}"#]
    {
        let extra = client(text).extra.expect("extra");
        assert_eq!(extra.attachments, Some(vec!["f".into()]));
    }
}

#[test]
fn the_id_may_stand_behind_the_options_as_the_document_shows_it() {
    let text = r#"{"get":{"sub":{"ims":"2024-01-03T07:38:56.304Z"},"id":"1","topic":"usr1","what":"sub"}}"#;
    let ClientBody::Get(get) = client(text).body else { panic!("a get") };
    let since = get.sub.and_then(|options| options.ims).and_then(|ims| ims.unix_micros());
    assert_eq!((get.id.as_deref(), since), (Some("1"), Some(1_704_267_536_304_000)));
}

#[test]
fn content_is_kept_as_it_was_written() {
    for content in [r#""text""#, "9007199254740993", "1.50", "null", "true", r#"{ "b":1, "a":[ 2 ] }"#, r#"["\u2421"]"#]
    {
        let text = format!(r#"{{"data":{{"topic":"grpX","seq":1,"content":{content}}}}}"#);
        let kept = data(&text).content.expect("content");
        assert_eq!(kept.as_json(), content);
    }
    assert_eq!(data(r#"{"data":{"seq":1}}"#).content, None);
}

#[test]
fn numbers_beyond_what_a_double_holds_are_exact() {
    let text = r#"{"data":{"from":"usr901636310534455297","seq":9007199254740993}}"#;
    let data = data(text);
    assert_eq!(data.seq, Some(9_007_199_254_740_993));
    let from = data.from.expect("from");
    assert_eq!(from.number(), Some(901_636_310_534_455_297));
    assert_eq!(UserId::from_number(u64::MAX).number(), Some(u64::MAX));
    assert_eq!(UserId::new("usr18446744073709551616").number(), None);
    assert_eq!(UserId::new("usrJrVMuLSjgGA").number(), None);
    assert_eq!(UserId::new("usr").number(), None);
}

#[test]
fn an_id_written_as_a_number_is_read_as_its_digits() {
    assert_eq!(client(r#"{"leave":{"id":7,"topic":"me"}}"#).body.id().map(|id| id.as_str()), Some("7"));
}

#[test]
fn a_field_of_the_wrong_kind_is_named_with_its_place() {
    let error = ServerMessage::decode("{\"data\":{\n \"seq\":[1]}}").expect_err("a list");
    assert_eq!((error.field, error.line, error.column), (Some("seq"), 2, 8));
    assert!(matches!(error.kind, DecodeErrorKind::WrongType { .. }));
}

#[test]
fn nesting_beyond_the_limit_is_refused_where_it_is_materialised_only() {
    let deep = format!(r#"{{"data":{{"seq":1,"content":{}{}}}}}"#, "[".repeat(1000), "]".repeat(1000));
    assert_eq!(data(&deep).seq, Some(1));
    let frame = r#"{"meta":{"desc":{"acs":{"want":"J"}}}}"#.into();
    let error = ServerMessage::decode_frame(&frame, 3).expect_err("four levels");
    assert_eq!(error.kind, DecodeErrorKind::TooDeep);
}

#[test]
fn topics_are_told_apart_by_their_first_letters_only() {
    let kinds = [
        ("me", TopicKind::Me),
        ("fnd", TopicKind::Find),
        ("sys", TopicKind::System),
        ("slf", TopicKind::SelfNotes),
        ("usr804252613548703744", TopicKind::User),
        ("usrJrVMuLSjgGA", TopicKind::User),
        ("grpf0NlkdDEQHs", TopicKind::Group),
        ("grp5XUxk__lpVY", TopicKind::Group),
        ("grpé and much longer than eleven letters", TopicKind::Group),
        ("chnX", TopicKind::Channel),
        ("new", TopicKind::New),
        ("newAbC123", TopicKind::New),
        ("nchX", TopicKind::NewChannel),
        ("p2pX", TopicKind::P2p),
        ("emc804252613548777777", TopicKind::External),
        ("mean", TopicKind::Other),
        ("", TopicKind::Other),
        ("é", TopicKind::Other),
    ];
    for (name, kind) in kinds {
        assert_eq!(Topic::new(name).kind(), kind, "{name}");
    }
}

#[test]
fn a_file_is_named_by_a_bare_id_or_by_a_path() {
    assert_eq!(FileRef::new("NDW4_NYseeH20iuC3rih_wAAwItyRIMM").bare_id(), Some("NDW4_NYseeH20iuC3rih_wAAwItyRIMM"));
    for path in ["/v0/file/s/abc", "https://example.com/x", "..", ".", "", "a\\b", "a?b", "%2e"] {
        assert_eq!(FileRef::new(path).bare_id(), None, "{path}");
    }
}

#[test]
fn modes_are_read_in_any_order_and_case_and_written_in_one_order() {
    let mode = |text: &str| AccessMode::parse(text).map(|mode| mode.map(|mode| mode.to_string()));
    assert_eq!(mode("odsapwrj"), Ok(Some("JRWPASDO".into())));
    assert_eq!(mode("SJJ"), Ok(Some("JS".into())));
    assert_eq!(mode("N"), Ok(Some("N".into())));
    assert_eq!(mode("n"), Ok(Some("N".into())));
    assert_eq!(mode("NJ"), Ok(Some("N".into())));
    assert_eq!(mode(""), Ok(None));
    for bad in ["JN", "X", "J R", "+J", "é"] {
        assert_eq!(mode(bad), Err(InvalidMode), "{bad}");
    }
}

#[test]
fn the_named_modes_are_those_of_the_documents() {
    let named = [
        (AccessMode::NONE, "N"),
        (AccessMode::FULL, "JRWPASDO"),
        (AccessMode::GROUP_DEFAULT, "JRWPS"),
        (AccessMode::P2P_DEFAULT, "JRWPA"),
        (AccessMode::AUTH_CAP, "JRWPAS"),
    ];
    for (mode, text) in named {
        assert_eq!(mode.to_string(), text);
    }
    assert!(AccessMode::OWNER.is_admin() && AccessMode::APPROVE.is_admin() && !AccessMode::SHARE.is_admin());
    assert!(AccessMode::SHARE.is_sharer() && !AccessMode::DELETE.is_sharer());
}

#[test]
fn changes_are_what_is_added_and_then_what_is_removed() {
    let from: AccessMode = "JRPA".parse().expect("a mode");
    assert_eq!(from.delta("JRW".parse().expect("a mode")), "+W-PA");
    assert_eq!(from.delta(from), "");
    assert_eq!(AccessMode::FULL.delta(AccessMode::GROUP_DEFAULT), "-ADO");
}

#[test]
fn changes_apply_in_their_order_and_letters_without_sign_replace() {
    let from = AccessMode::GROUP_DEFAULT;
    let apply = |change: &str| from.apply(change).map(|mode| mode.to_string());
    assert_eq!(apply("+A-PS"), Ok("JRWA".into()));
    assert_eq!(apply("-J+J"), Ok("JRWPS".into()));
    assert_eq!(apply("JRW"), Ok("JRW".into()));
    assert_eq!(apply("N"), Ok("N".into()));
    assert_eq!(apply(""), Ok("JRWPS".into()));
    for bad in ["+", "J+W", "+W-", "+X", "--J"] {
        assert_eq!(apply(bad), Err(InvalidMode), "{bad}");
    }
    assert_eq!(Mode::new("-ADO").apply_to(AccessMode::FULL), Ok(AccessMode::GROUP_DEFAULT));
}

#[test]
fn access_in_force_is_what_is_wanted_and_given() {
    let ServerMessage::Meta(meta) = server(
        r#"{"meta":{"sub":[{"acs":{"want":"JRWPA","given":"JRWPS"}},{"acs":{"want":"J","mode":"JR"}},{"acs":{}}]}}"#,
    ) else {
        panic!("a meta")
    };
    let modes: Vec<_> =
        meta.sub.unwrap_or_default().into_iter().map(|s| s.acs.and_then(|acs| acs.in_force())).collect();
    assert_eq!(modes, [Some("JRWP".parse().expect("a mode")), Some("JR".parse().expect("a mode")), None]);
}

#[test]
fn ranges_end_before_their_end_and_a_range_without_end_is_one_number() {
    let range = |text: &str| decode::<SeqRange>(text).expect("a range");
    assert_eq!(range(r#"{"low":2,"hi":5}"#).range(), 2..5);
    assert_eq!(range(r#"{"low":2}"#).range(), 2..3);
    assert_eq!(range(r#"{"low":2,"hi":2}"#).range(), 2..3);
    assert_eq!(range(r#"{"low":2,"hi":null}"#).range(), 2..3);
    assert_eq!(range(r#"{"hi":3}"#).range(), 0..3);
    assert!(!range("{}").is_valid() && !range(r#"{"low":5,"hi":2}"#).is_valid());
    assert!(range(r#"{"low":5,"hi":2}"#).range().is_empty());
    assert_eq!(SeqRange::single(9).to_json(), r#"{"low":9}"#);
    assert_eq!(SeqRange::new(2..5).to_json(), r#"{"low":2,"hi":5}"#);
}

#[test]
fn the_clearing_text_is_one_character_in_any_spelling() {
    let is = |json: &str| is_clear(&Raw::from_json(json).expect("JSON"));
    assert!(is("\"␡\"") && is(r#""\u2421""#));
    assert!(!is("null") && !is("\"\"") && !is("\"␡␡\"") && !is("[\"␡\"]"));
    assert_eq!(CLEAR.chars().count(), 1);
}

#[test]
fn what_a_get_asks_for_is_a_list_of_words_and_unknown_ones_do_not_count() {
    assert_eq!(
        Section::list("data  sub nothing desc").collect::<Vec<_>>(),
        [Section::Data, Section::Sub, Section::Desc]
    );
    assert_eq!(Section::list("").count(), 0);
    assert_eq!(Section::list("a b c d e f g h desc").count(), 0);
}

#[test]
fn documented_codes_have_one_text_each_spelling_and_are_sorted() {
    assert!(Status::ALL.is_sorted_by_key(|status| status.code));
    let ctrl: Ctrl<String> = Ctrl::of(Status::ATTACH_FIRST);
    assert_eq!(ctrl.to_json(), r#"{"code":409,"text":"must attach first"}"#);
    assert!(!ctrl.is_success());
    assert!(Ctrl::<String>::of(Status::ACCEPTED).is_success());
}

#[test]
fn the_login_is_written_as_the_document_shows_it_and_read_back() {
    let credentials = Credentials::access_token("804252613548777777", "portsip.io", "V1TC8EQWN2ZLJQ");
    let login = credentials.to_login();
    assert_eq!(
        login.to_json(),
        r#"{"scheme":"access_token","secret":"ODA0MjUyNjEzNTQ4Nzc3Nzc3QHBvcnRzaXAuaW86VjFUQzhFUVdOMlpMSlE="}"#
    );
    assert_eq!(Credentials::from_login(&login), Ok(credentials));
}

fn login_of(scheme: &str, secret: &str) -> Result<Credentials, BadSecret> {
    let mut login = Login::<String>::default();
    login.scheme = Some(scheme.into());
    login.secret = Some(Concealed::new(secret.into()));
    Credentials::from_login(&login)
}

#[test]
fn the_domain_of_a_login_may_hold_colons() {
    let credentials = Credentials::access_token("101", "[2001:db8::1]", "TOKEN");
    assert_eq!(Credentials::from_login(&credentials.to_login()), Ok(credentials));
}

#[test]
fn secrets_are_read_in_either_base64_padded_or_not_and_schemes_in_any_case() {
    // 0xFB 0xFF is `+/8=` in one alphabet and `-_8` in the other.
    let expected = Credentials::other("token", [0xFB, 0xFF]);
    for secret in ["+/8=", "+/8", "-_8=", "-_8"] {
        assert_eq!(login_of("Token", secret), Ok(expected.clone()), "{secret}");
    }
}

#[test]
fn a_secret_of_the_wrong_form_is_refused() {
    // nothing, no base64, no colon, no at sign, empty parts, not UTF-8.
    for secret in ["", "***", "dXNlckBkb21haW4=", "dXNlcjp0b2tlbg==", "QGQ6dA==", "dUA6dA==", "dUBkOg==", "+/8="] {
        assert_eq!(login_of("access_token", secret), Err(BadSecret), "{secret}");
    }
    assert_eq!(login_of("", "YQ=="), Err(BadSecret));
    assert_eq!(Credentials::from_login(&Login::<String>::default()), Err(BadSecret));
}

#[test]
fn secrets_do_not_print() {
    let credentials = Credentials::access_token("101", "portsip.io", "V1TC8EQWN2ZLJQ");
    let secret = credentials.to_login().secret.map(|secret| secret.expose().to_owned()).expect("a secret");
    let message = ClientMessage::from(ClientBody::Login(credentials.to_login()));
    let ServerMessage::Ctrl(answer) = server(r#"{"ctrl":{"params":{"token":"AAAAtoken"}}}"#) else { panic!("a ctrl") };
    let printed = format!("{credentials:?} {message:?} {answer:?} {:?}", answer.known_params().expect("params"));
    for hidden in ["V1TC8EQWN2ZLJQ", &secret, "AAAAtoken"] {
        assert!(!printed.contains(hidden), "{printed}");
    }
    let shown = serde_json::to_string(&answer.known_params().expect("params")).expect("serializes");
    assert_eq!(shown, r#"{"token":"[redacted]"}"#);
}

#[test]
fn times_are_read_with_any_number_of_fraction_digits_and_kept() {
    for (ts, micros) in [
        ("2024-10-25T03:40:52Z", 0),
        ("2024-10-25T03:40:52.3Z", 300_000),
        ("2024-10-25T03:40:52.35514Z", 355_140),
        ("2024-10-25T03:40:52.123456789Z", 123_456),
    ] {
        let text = format!(r#"{{"data":{{"ts":"{ts}"}}}}"#);
        let read = data(&text).ts.expect("a time");
        assert_eq!(read.unix_micros(), Some(1_729_827_652_000_000 + micros));
        assert_eq!(server(&text).to_json(), text);
    }
}

#[test]
fn spellings_of_other_documents_are_read_and_the_servers_are_written() {
    let text = r#"{"pres":{"topic":"me","what":"acs","acs":{"want":"-O"}}}"#;
    assert_eq!(server(text).to_json(), r#"{"pres":{"topic":"me","what":"acs","dacs":{"want":"-O"}}}"#);
    let text = r#"{"set":{"topic":"t","Aux":{"pin":1}}}"#;
    assert_eq!(client(text).to_json(), r#"{"set":{"topic":"t","aux":{"pin":1}}}"#);
    let text = r#"{"meta":{"desc":{"status":"ok"}}}"#;
    assert_eq!(server(text).to_json(), r#"{"meta":{"desc":{"state":"ok"}}}"#);
}
