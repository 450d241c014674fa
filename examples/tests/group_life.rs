//! The life of a group, as the program tells it.

use std::process::Command;

#[test]
fn a_group_is_made_filled_handed_over_and_deleted() {
    let output = Command::new(env!("CARGO_BIN_EXE_group_life")).output().expect("the program");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("grp") && lines[0].ends_with(": 2 members"), "{told}");
    assert_eq!(lines[1..], ["  Is room 12 ready?", "  In five minutes.", "  Thanks.", "deleted"]);
}
