//! Where a stream is.

use tieline_cloudpbx::stream::{StreamTarget, TargetError};

#[test]
fn the_address_of_the_document_is_read() {
    let target = StreamTarget::parse("/ws/pbx_MojaCentrala?pbxkey=MyExampleKey").expect("documented");
    assert_eq!((target.pbx_name(), target.channel().as_str()), ("MojaCentrala", "pbx_MojaCentrala"));
    assert_eq!(target.key().expose(), "MyExampleKey");
}

#[test]
fn plain_names_and_keys_are_written_as_they_are() {
    let target = StreamTarget::new("MojaCentrala", "a+b/c=:@,;$!~");
    assert_eq!(target.path_and_query().expose(), "/ws/pbx_MojaCentrala?pbxkey=a+b/c=:@,;$!~");
    assert_eq!(
        target.url("https://pbxvisor1.cloudpbx.pl/").expose(),
        "https://pbxvisor1.cloudpbx.pl/ws/pbx_MojaCentrala?pbxkey=a+b/c=:@,;$!~"
    );
}

#[test]
fn names_and_keys_that_are_not_plain_come_through() {
    for (name, key) in [("Łódź 1/2?#", "k&=y %41 ż"), ("a%20b", "+")] {
        let sent = StreamTarget::new(name, key).path_and_query();
        assert!(sent.expose().bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#'), "{}", sent.expose());
        let read = StreamTarget::parse(sent.expose()).expect("our own");
        assert_eq!((read.pbx_name(), read.key().expose().as_str()), (name, key));
    }
}

#[test]
fn what_is_no_stream_says_why() {
    for (text, why) in [
        ("/ws/pbx_?pbxkey=k", TargetError::Path),
        ("/ws/X?pbxkey=k", TargetError::Path),
        ("/ws/pbx_X/y?pbxkey=k", TargetError::Path),
        ("/cdr", TargetError::Path),
        ("", TargetError::Path),
        ("/ws/pbx_X", TargetError::NoKey),
        ("/ws/pbx_X?pbxkey=", TargetError::NoKey),
        ("/ws/pbx_X?key=k", TargetError::NoKey),
        ("/ws/pbx_X?pbxkey=%ff", TargetError::NotUtf8),
    ] {
        assert_eq!(StreamTarget::parse(text).map(|target| target.to_string()), Err(why), "{text}");
    }
}

#[test]
fn the_key_never_prints() {
    let target = StreamTarget::new("X", "hunter2");
    for shown in [format!("{target}"), format!("{target:?}"), format!("{:?}", target.path_and_query())] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn an_address_without_its_key_still_names_the_pbx() {
    assert_eq!(StreamTarget::pbx_name_of("/ws/pbx_Moja%20Centrala").as_deref(), Ok("Moja Centrala"));
    assert_eq!(StreamTarget::pbx_name_of("/ws/pbx_"), Err(TargetError::Path));
    assert_eq!(StreamTarget::new("a", "k&y").query().expose(), "pbxkey=k%26y");
}
