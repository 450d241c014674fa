//! The presence directory, without a poller.

use tieline_axeos::{Directory, Entry, Listing, Phone, User};
use tieline_core::Text;
use tieline_testkit::AXEOS;

fn fixture(name: &str) -> Text {
    Text::from(AXEOS.iter().find(|fixture| fixture.name == name).expect(name).text)
}

fn directory(users: &str) -> Directory {
    let mut directory = Directory::new();
    directory.set_users(&Listing::<User<Text>>::decode(fixture(users), 64).expect("users"));
    directory.set_phones(&Listing::<Phone<Text>>::decode(fixture("assumed/03-phones"), 64).expect("phones"));
    directory
}

fn event(json: &str) -> Entry<Text> {
    Entry::decode_text(&Text::from(json)).unwrap_or_else(|error| panic!("{error}: {json}"))
}

fn lines(directory: &Directory) -> Vec<String> {
    directory.lines().map(|line| line.to_string()).collect()
}

const ANNA: &str = "6f1c0001-58cc-4372-a567-0e02b2c3d479";
const BERT: &str = "6f1c0002-58cc-4372-a567-0e02b2c3d479";
const DESK: &str = "9b2e0001-11f0-4c1d-8a55-7d3f2e1c0b9a";
const LOBBY: &str = "9b2e0003-11f0-4c1d-8a55-7d3f2e1c0b9a";

#[test]
fn a_line_a_user_tells_name_and_state_of_the_phone_in_use() {
    assert_eq!(
        lines(&directory("assumed/01-users-3x")),
        ["anna (Anna Larsson): idle", "bert: in use", "carla: no phone"]
    );
    assert_eq!(
        lines(&directory("assumed/02-users-4x")),
        ["anna (Anna Larsson): idle", "bert (Bert Öberg): in use", "carla: no phone"]
    );
}

#[test]
fn a_detail_tells_by_what_a_user_can_be_reached() {
    let shown: Vec<String> = directory("assumed/02-users-4x").details().map(|detail| detail.to_string()).collect();
    assert_eq!(
        shown[0],
        format!(
            "anna (Anna Larsson) ({ANNA}):\n    username:  anna\n    full name: Anna Larsson\n    phones:\n        \
             phone: anna-desk: idle\n        hot-desk\n        number: +46701234567\n        number: 0701234567 on \
             trunk: c0ffee00-7a3b-4f7e-9d31-2b6a5c4d3e2f\n"
        )
    );
    assert!(shown[1].ends_with("    logged in on phone: lobby (in use)\n"), "{}", shown[1]);
    assert!(shown[2].ends_with("    phones:\n        none\n"), "{}", shown[2]);
    let of_3x = directory("assumed/01-users-3x").detail(ANNA).expect("anna").to_string();
    assert!(of_3x.contains("        phone: anna-desk: idle\n"), "{of_3x}");
    assert!(!of_3x.contains("logged in"), "{of_3x}");
}

#[test]
fn the_state_of_a_phone_shows_in_the_lines_of_the_users_on_it() {
    let mut directory = directory("assumed/01-users-3x");
    let json = format!(
        r#"{{"seq":1,"event_type":"phone status update","phone_uuid":"{LOBBY}","status":"idle","status_code":0}}"#
    );
    let change = directory.apply(&event(&json));
    assert_eq!(change.users, [BERT]);
    assert!(!change.reload_phones);
    assert_eq!(lines(&directory)[1], "bert: idle");
}

#[test]
fn a_user_who_logs_in_is_on_that_phone_and_after_the_log_out_on_the_own_one() {
    for users in ["assumed/01-users-3x", "assumed/02-users-4x"] {
        let mut directory = directory(users);
        let login = format!(r#"{{"seq":1,"event_type":"user logged in","user_uuid":"{ANNA}","phone_uuid":"{LOBBY}"}}"#);
        assert_eq!(directory.apply(&event(&login)).users, [ANNA]);
        assert_eq!(lines(&directory)[0], "anna (Anna Larsson): in use");
        let on =
            directory.detail(ANNA).and_then(|detail| detail.logged_in_on()).and_then(|phone| phone.uuid.as_deref());
        assert_eq!(on, Some(LOBBY), "{users}");
        let logout = format!(r#"{{"seq":2,"event_type":"user logged out","user_uuid":"{ANNA}"}}"#);
        // Twice: what happened between place and list comes twice.
        for _ in 0..2 {
            assert_eq!(directory.apply(&event(&logout)).users, [ANNA]);
            assert_eq!(lines(&directory)[0], "anna (Anna Larsson): idle");
            assert!(directory.detail(ANNA).expect("anna").logged_in_on().is_none());
            assert_eq!(directory.user(ANNA).and_then(User::phone_in_use).map(|phone| &**phone), Some(DESK));
        }
    }
}

#[test]
fn unknown_users_and_phones_change_nothing_and_ask_for_the_list() {
    let mut directory = directory("assumed/01-users-3x");
    let before = lines(&directory);
    for (json, users, phones) in [
        (r#"{"seq":1,"event_type":"phone status update","phone_uuid":"x","status":"idle"}"#, false, true),
        (r#"{"seq":1,"event_type":"phone status update"}"#, false, false),
        (r#"{"seq":1,"event_type":"user logged in","user_uuid":"x","phone_uuid":"y"}"#, true, true),
        (r#"{"seq":1,"event_type":"user logged out","user_uuid":"x"}"#, true, false),
        (
            r#"{"seq":1,"event_type":"incoming call","caller":{"user_uuid":"x"},"targets":[{"phone_uuid":"y"}]}"#,
            true,
            true,
        ),
        (r#"{"seq":1,"event_type":"user list changed"}"#, true, false),
        (r#"{"seq":1,"event_type":"phone list changed"}"#, false, true),
        (r#"{"seq":1,"event_type":"brand new"}"#, false, false),
    ] {
        let change = directory.apply(&event(json));
        assert_eq!((change.reload_users, change.reload_phones), (users, phones), "{json}");
        assert!(change.users.is_empty(), "{json}");
    }
    assert_eq!(lines(&directory), before);
}

#[test]
fn a_phone_that_is_not_in_the_list_is_no_phone() {
    let mut directory = directory("assumed/01-users-3x");
    let login = format!(r#"{{"seq":1,"event_type":"user logged in","user_uuid":"{ANNA}","phone_uuid":"x"}}"#);
    directory.apply(&event(&login));
    assert_eq!(lines(&directory)[0], "anna (Anna Larsson): no phone");
}
