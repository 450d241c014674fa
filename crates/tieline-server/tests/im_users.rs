//! The file of users.
#![cfg(feature = "im-users")]

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tieline_core::Secret;
use tieline_server::im::accounts::{NewUser, PasswordHash, User, Users as _, UsersEdit, UsersFile};

struct Folder {
    path: PathBuf,
    _folder: TempDir,
}

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { path: folder.path().join("users.toml"), _folder: folder }
    }

    fn edit(&self, edit: impl FnOnce(&mut UsersEdit)) {
        let mut editing = UsersEdit::begin(&self.path).unwrap();
        edit(&mut editing);
        editing.save().unwrap();
    }

    fn add(&self, number: u64, name: &str, password: &str) {
        self.edit(|edit| edit.add(&NewUser::new(User::new(number, name, "example.com"), hash(password))).unwrap());
    }
}

fn hash(password: &str) -> PasswordHash {
    PasswordHash::of(&password.into(), [3; 16]).unwrap()
}

fn secret(text: &str) -> Secret {
    text.into()
}

#[test]
fn who_was_added_signs_in_with_the_password_and_no_other() {
    let folder = Folder::new();
    let users = UsersFile::open(&folder.path).unwrap();
    assert!(users.verify("alice", "example.com", &secret("s3cret")).is_none(), "there is no file yet");
    let mut alice = User::new(1001, "alice", "example.com");
    alice.display_name = Some("Alice".into());
    alice.channels = vec!["8000".into()];
    folder.edit(|edit| edit.add(&NewUser::new(alice.clone(), hash("s3cret"))).unwrap());
    let found = users.verify("alice", "EXAMPLE.com", &secret("s3cret")).expect("is read without a restart");
    assert_eq!((found.number, &found.display_name, &found.channels), (1001, &alice.display_name, &alice.channels));
    assert!(users.verify("alice", "example.com", &secret("s3cret ")).is_none());
    assert!(users.verify("Alice", "example.com", &secret("s3cret")).is_none());
    let text = fs::read_to_string(&folder.path).unwrap();
    assert!(!text.contains("s3cret") && text.contains("$argon2id$"), "{text}");
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    assert_eq!(fs::metadata(&folder.path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn another_password_has_another_revision_and_who_is_removed_is_gone() {
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    folder.add(2, "bob", "b");
    let users = UsersFile::open(&folder.path).unwrap();
    let before = users.find("alice", "example.com").unwrap();
    folder.edit(|edit| assert!(edit.set_password("alice", "example.com", &hash("new")).unwrap()));
    let after = users.verify("alice", "example.com", &secret("new")).unwrap();
    assert_ne!(before.revision, after.revision);
    assert_eq!(users.find_number(1).map(|user| user.name), Some("alice".to_owned()));
    folder.edit(|edit| {
        assert!(edit.suspend("bob", "example.com", true).unwrap());
        assert!(edit.remove("alice", "example.com").unwrap());
        assert!(!edit.remove("alice", "example.com").unwrap());
    });
    assert_eq!(users.all().len(), 1, "the file is looked at");
    assert_eq!((users.find("alice", "example.com"), users.find_number(1)), (None, None));
    assert!(users.find("bob", "example.com").unwrap().suspended);
}

#[test]
fn what_others_wrote_stays_in_the_file() {
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    let text = fs::read_to_string(&folder.path).unwrap() + "# who comes last\n";
    fs::write(&folder.path, text).unwrap();
    folder.add(2, "bob", "b");
    assert!(fs::read_to_string(&folder.path).unwrap().contains("# who comes last"));
}

#[test]
fn two_users_have_neither_the_same_name_nor_the_same_number() {
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    let mut edit = UsersEdit::begin(&folder.path).unwrap();
    for (number, name) in [(2, "alice"), (1, "bob"), (0, "bob"), (u64::MAX, "bob"), (3, "b ob"), (3, ""), (3, "b:ob")] {
        let refused = edit.add(&NewUser::new(User::new(number, name, "example.com"), hash("x")));
        assert!(refused.is_err(), "{number} {name}");
    }
}

#[test]
fn a_mistake_is_told_with_its_place_and_nothing_of_the_password() {
    let good = format!("password = \"{}\"\n", hash("x").to_phc());
    let cases = [
        ("[users.\"a@b\"]\nnumber = 1\npassword = \"hunter2\"\n".to_owned(), "3:12: `password` is the hash"),
        (format!("[users.\"a@b\"]\nnumber = 0\n{good}"), "2:10: `number` is a whole number"),
        (format!("[users.\"a@b\"]\n{good}"), "1:8: `number` is missing"),
        ("[users.\"a@b\"]\nnumber = 1\n".to_owned(), "1:8: `password` is missing"),
        (format!("[users.a]\nnumber = 1\n{good}"), "1:8: a user is written as"),
        (format!("[users.\"a@b\"]\nnumber = 1\npasword = \"hunter2\"\n{good}"), "3:1: a user has no key `pasword`"),
        ("[people]\n".to_owned(), "1:2: users are [users."),
        ("[users.\"a@b\"\n".to_owned(), "1:"),
        (format!("[users.\"a@b\"]\nnumber = 1\n{good}[users.\"c@b\"]\nnumber = 1\n{good}"), "4:8: another user"),
        (format!("[users.\"a@b\"]\nnumber = 1\n{good}[users.\"a@B\"]\nnumber = 2\n{good}"), "4:8: there are two"),
    ];
    let folder = Folder::new();
    for (text, expected) in cases {
        fs::write(&folder.path, &text).unwrap();
        let error = UsersFile::open(&folder.path).expect_err(&text).to_string();
        let place = format!("{}:{expected}", folder.path.display());
        assert!(error.starts_with(&place), "{error} for {text}");
        assert!(!error.contains("hunter2") && !error.contains("argon2id$v"), "{error}");
    }
}

#[test]
fn while_the_file_has_a_mistake_the_users_are_those_of_before() {
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    let users = UsersFile::open(&folder.path).unwrap();
    let good = fs::read_to_string(&folder.path).unwrap();
    fs::write(&folder.path, format!("{good}oops")).unwrap();
    assert!(users.find("alice", "example.com").is_some());
    assert!(users.has_failed());
    fs::write(&folder.path, format!("# again\n{good}")).unwrap();
    assert!(users.find("alice", "example.com").is_some());
    assert!(!users.has_failed());
}

#[test]
fn a_file_that_is_gone_or_empty_while_an_editor_writes_it_ends_no_user() {
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    let users = UsersFile::open(&folder.path).unwrap();
    let good = fs::read_to_string(&folder.path).unwrap();
    for between in [None, Some(""), Some("\n")] {
        match between {
            None => fs::remove_file(&folder.path).unwrap(),
            Some(text) => fs::write(&folder.path, text).unwrap(),
        }
        assert_eq!((users.has_failed(), users.all().len()), (true, 1), "{between:?}");
        fs::write(&folder.path, format!("# {between:?}\n{good}")).unwrap();
        assert_eq!((users.has_failed(), users.all().len()), (false, 1), "{between:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_looked_at_ends_no_user_and_is_a_failure() {
    let folder = Folder::new();
    let (inner, link) = (folder.path.with_file_name("inner"), folder.path.with_file_name("link"));
    folder.add(1, "alice", "a");
    fs::create_dir(&inner).unwrap();
    fs::rename(&folder.path, inner.join("users.toml")).unwrap();
    std::os::unix::fs::symlink(&inner, &link).unwrap();
    let users = UsersFile::open(link.join("users.toml")).unwrap();
    fs::remove_file(&link).unwrap();
    // A file in the place of the folder: not even root can look.
    fs::write(&link, "").unwrap();
    assert_eq!((users.has_failed(), users.all().len()), (true, 1));
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(&inner, &link).unwrap();
    assert_eq!((users.has_failed(), users.all().len()), (false, 1));
}

#[test]
fn the_last_user_can_be_removed() {
    let folder = Folder::new();
    folder.add(1, "alice", "a");
    let users = UsersFile::open(&folder.path).unwrap();
    // As somebody writes it who wants no comments.
    let bare = fs::read_to_string(&folder.path).unwrap();
    let bare: String = bare.lines().filter(|line| !line.starts_with('#')).flat_map(|line| [line, "\n"]).collect();
    fs::write(&folder.path, bare.trim_start()).unwrap();
    folder.edit(|edit| assert!(edit.remove("alice", "example.com").unwrap()));
    assert_eq!(fs::read_to_string(&folder.path).unwrap().trim(), "[users]");
    assert_eq!((users.has_failed(), users.all().len()), (false, 0));
}
