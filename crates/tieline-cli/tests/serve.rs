//! `tieline serve`, run with `tieline im` as its clients.
#![cfg(feature = "serve")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use common::{code, lines, run, stderr, stdout, tieline};
use serde_json::Value;
use tempfile::TempDir;
use tieline_testkit::certificates::{Made, Served};

/// A folder with two users, `alice` and `bob`, whose passwords are their names.
struct Place {
    folder: PathBuf,
    alice: String,
    bob: String,
    _outer: TempDir,
}

/// A running service.
struct Serve {
    child: Child,
    ready: Value,
}

impl Place {
    fn new() -> Self {
        let outer = tempfile::tempdir().expect("a folder");
        let folder = outer.path().join("im");
        let add = |name: &str| {
            let output = users(&folder, &["add"], &[&format!("{name}@example.com")], Some(name));
            assert!(output.status.success(), "{}", stderr(&output));
            lines(&output)[0]["id"].as_str().expect("an id").to_owned()
        };
        let (alice, bob) = (add("alice"), add("bob"));
        Self { folder, alice, bob, _outer: outer }
    }

    fn path(&self) -> &Path {
        &self.folder
    }

    fn serve(&self, options: &[&str]) -> Serve {
        Self::start(&mut command(self.path(), options))
    }

    fn start(command: &mut Command) -> Serve {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("a line");
        Serve { child, ready: serde_json::from_str(&line).expect("one JSON object") }
    }
}

/// `serve`, on ports of its own unless the options say otherwise.
fn command(folder: &Path, options: &[&str]) -> Command {
    let mut command = tieline();
    command.arg("serve").arg(folder).args(options);
    for (option, value) in [("--listen", "127.0.0.1:0"), ("--metrics", "127.0.0.1:0")] {
        if !options.contains(&option) {
            command.args([option, value]);
        }
    }
    command
}

/// `serve users` with a password in the environment.
fn users(folder: &Path, what: &[&str], rest: &[&str], password: Option<&str>) -> Output {
    let mut command = tieline();
    command.args(["serve", "users"]).args(what).arg(folder).args(rest);
    if let Some(password) = password {
        command.env("TIELINE_PASSWORD", password);
    }
    run(command)
}

impl Serve {
    fn text(&self, key: &str) -> &str {
        self.ready[key].as_str().unwrap_or_else(|| panic!("{key}: {}", self.ready))
    }

    fn im(&self, user: &str, words: &[&str]) -> Command {
        let mut command = tieline();
        command.arg("im").args(words).args(["--server", self.text("url"), "--user", user, "--domain", "example.com"]);
        if let Some(pin) = self.ready["pin"].as_str() {
            command.args(["--tls-pin", pin]);
        }
        command
    }

    fn sign_in(&self, user: &str, password: &str) -> Output {
        let mut command = self.im(user, &["token", "--raw"]);
        command.env("TIELINE_PASSWORD", password);
        run(command)
    }

    /// A command of a user with a token of its own.
    fn by(&self, user: &str, words: &[&str]) -> Command {
        let token = self.sign_in(user, user);
        assert!(token.status.success(), "{}", stderr(&token));
        let mut command = self.im(user, words);
        command.env("TIELINE_TOKEN", stdout(&token).trim());
        command
    }

    fn ask(&self, user: &str, words: &[&str]) -> Vec<Value> {
        let output = run(self.by(user, words));
        assert!(output.status.success(), "{words:?}: {}", stderr(&output));
        lines(&output)
    }

    /// `im tail` of a user, and its lines once it is live.
    fn tail(&self, user: &str, options: &[&str]) -> (Child, impl Iterator<Item = Value> + use<>) {
        let mut words = vec!["tail"];
        words.extend(options);
        let mut child = self.by(user, &words).stdout(Stdio::piped()).spawn().expect("started");
        let out = BufReader::new(child.stdout.take().expect("piped"));
        let mut lines = out.lines().map(|line| serde_json::from_str(&line.expect("text")).expect("JSON"));
        let live = lines.find(|line: &Value| line["state"] == "live");
        assert!(live.is_some(), "never live");
        (child, lines)
    }

    fn metrics(&self, path: &str) -> String {
        let address = self.text("metrics").trim_start_matches("http://").trim_end_matches("/metrics").to_owned();
        get(&address, path)
    }

    #[cfg(unix)]
    fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("ran").success());
    }

    #[cfg(unix)]
    fn stop(mut self) {
        self.signal("TERM");
        assert_eq!(self.child.wait().expect("ends").code(), Some(0));
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer over plain HTTP, head and all.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn two_clients_chat_over_tls_that_is_pinned() {
    let place = Place::new();
    let serve = place.serve(&[]);
    assert!(serve.text("url").starts_with("wss://") && serve.text("pin").starts_with("sha256:"));
    // Bob was never here before.
    let sent = serve.ask("alice", &["send", &place.bob, "hello"]);
    assert_eq!(sent[0]["seq"], 1);
    let (mut child, mut heard) = serve.tail("bob", &[&place.alice, "--count", "1"]);
    serve.ask("alice", &["send", &place.bob, "are you there?"]);
    let message = heard.find(|line| line["kind"] == "message").expect("a message");
    assert_eq!((&message["text"], &message["seq"]), (&"are you there?".into(), &2.into()));
    assert!(child.wait().expect("ends").success());
    let mut untrusted = tieline();
    untrusted.args(["im", "topics", "--server", serve.text("url"), "--user", "alice", "--domain", "example.com"]);
    untrusted.args(["--tls-pin", &format!("sha256:{}", "0".repeat(64))]).env("TIELINE_TOKEN", "x");
    assert_eq!(code(&run(untrusted)), Some(4));
}

#[test]
fn a_wrong_password_and_a_wrong_token_end_with_3() {
    let place = Place::new();
    let serve = place.serve(&["--plain"]);
    let refused = serve.sign_in("alice", "wrong");
    assert_eq!(code(&refused), Some(3));
    assert!(stderr(&refused).contains("user name, domain, password or token is wrong"), "{}", stderr(&refused));
    let mut command = serve.im("alice", &["topics"]);
    command.env("TIELINE_TOKEN", "wrong");
    assert_eq!(code(&run(command)), Some(3));
}

#[cfg(target_os = "linux")]
#[test]
fn a_log_that_cannot_be_written_is_no_end() {
    let place = Place::new();
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("opened");
    let serve = Place::start(command(place.path(), &["--plain", "--log", "trace"]).stderr(full()));
    for seq in 1..4 {
        assert_eq!(serve.ask("alice", &["send", &place.bob, "hello"])[0]["seq"], seq);
    }
    serve.stop();
}

#[cfg(unix)]
#[test]
fn a_restart_keeps_history_numbers_tokens_files_and_the_pin() {
    let place = Place::new();
    let serve = place.serve(&[]);
    let pin = serve.text("pin").to_owned();
    let group = serve.ask("alice", &["group", "create", "Reception"])[0]["topic"].as_str().expect("a group").to_owned();
    let first = serve.ask("alice", &["send", &group, "one"])[0]["seq"].as_u64().expect("a number");
    let file = place.path().join("menu.txt");
    fs::write(&file, "soup").expect("written");
    let id = serve.ask("alice", &["upload", file.to_str().expect("text")])[0]["id"].as_str().expect("an id").to_owned();
    let token = stdout(&serve.sign_in("alice", "alice")).trim().to_owned();
    serve.stop();
    let serve = place.serve(&[]);
    assert_eq!(serve.text("pin"), pin);
    let mut again = serve.im("alice", &["send", &group, "two"]);
    again.env("TIELINE_TOKEN", &token);
    assert_eq!(lines(&run(again))[0]["seq"], first + 1, "and the token of before is good");
    let history = serve.ask("alice", &["history", &group]);
    let texts: Vec<&Value> =
        history.iter().filter(|line| line["kind"] == "message").map(|line| &line["text"]).collect();
    assert_eq!(texts, ["one", "two"]);
    let out = place.path().join("out");
    serve.ask("alice", &["download", &id, "--to", out.to_str().expect("text")]);
    assert_eq!(fs::read_to_string(out).expect("downloaded"), "soup");
    serve.stop();
}

#[test]
fn a_second_process_on_the_same_folder_is_refused() {
    let place = Place::new();
    let _serve = place.serve(&[]);
    let second = run(command(place.path(), &[]));
    assert_eq!(code(&second), Some(1));
    assert!(stderr(&second).contains("is in use by another process"), "{}", stderr(&second));
}

#[cfg(unix)]
#[test]
fn sigterm_tells_the_clients_and_ends_with_0() {
    let place = Place::new();
    let serve = place.serve(&["--plain"]);
    serve.ask("alice", &["send", &place.bob, "hello"]);
    let (mut child, _heard) = serve.tail("bob", &[&place.alice, "--no-reconnect"]);
    let url = serve.text("url").to_owned();
    let stream = TcpStream::connect(url.trim_start_matches("ws://").trim_end_matches("/im")).expect("connected");
    let (mut socket, _) = tungstenite::client(url, stream).expect("a line");
    serve.stop();
    let goodbye: Value = serde_json::from_str(socket.read().expect("told").to_text().expect("text")).expect("JSON");
    assert_eq!((&goodbye["ctrl"]["code"], &goodbye["ctrl"]["text"]), (&205.into(), &"server shutdown".into()));
    assert_eq!(child.wait().expect("ends").code(), Some(5), "its line was closed");
}

#[test]
fn users_are_added_changed_and_removed_while_it_runs() {
    let place = Place::new();
    let serve = place.serve(&["--plain"]);
    let made = users(place.path(), &["add"], &["carol@example.com", "--name", "Carol"], None);
    let made = lines(&made).remove(0);
    let password = made["password"].as_str().expect("is made and told");
    assert!(serve.sign_in("carol", password).status.success());
    assert_eq!(code(&users(place.path(), &["add"], &["carol@example.com"], None)), Some(2), "there is one");
    assert!(users(place.path(), &["passwd"], &["carol@example.com"], Some("n3w")).status.success());
    assert_eq!(code(&serve.sign_in("carol", password)), Some(3));
    let token = stdout(&serve.sign_in("carol", "n3w")).trim().to_owned();
    assert!(users(place.path(), &["suspend"], &["carol@example.com"], None).status.success());
    let is_refused = || {
        let mut suspended = serve.im("carol", &["topics"]);
        suspended.env("TIELINE_TOKEN", &token);
        code(&run(suspended)) == Some(3)
    };
    // The service looks at the file once a second.
    assert!((0..1000).any(|_| is_refused()), "who is suspended logs in");
    assert!(users(place.path(), &["resume"], &["carol@example.com"], None).status.success());
    assert!(serve.sign_in("carol", "n3w").status.success());
    let listed = lines(&users(place.path(), &["list"], &[], None));
    assert_eq!((listed.len(), &listed[2]["name"]), (3, &"Carol".into()));
    assert!(users(place.path(), &["remove"], &["carol@example.com"], None).status.success());
    assert_eq!(code(&serve.sign_in("carol", "n3w")), Some(3));
    assert_eq!(code(&users(place.path(), &["remove"], &["carol@example.com"], None)), Some(2));
    assert!(!fs::read_to_string(place.path().join("users.toml")).expect("text").contains("n3w"));
}

#[test]
fn the_lines_of_who_is_suspended_are_closed() {
    let place = Place::new();
    let serve = place.serve(&["--plain"]);
    serve.ask("alice", &["send", &place.bob, "hello"]);
    let (mut child, _heard) = serve.tail("bob", &[&place.alice]);
    assert!(users(place.path(), &["suspend"], &["bob@example.com"], None).status.success());
    assert_eq!(child.wait().expect("ends").code(), Some(3), "it connects again, and is refused");
    serve.ask("alice", &["send", &place.bob, "are you there?"]);
}

#[test]
fn a_mistake_in_the_file_of_users_is_told_with_its_line() {
    let place = Place::new();
    fs::write(place.path().join("users.toml"), "[users.\"a@b\"]\nnumber = 1\npassword = \"s3cret\"\n")
        .expect("written");
    let output = run(command(place.path(), &[]));
    assert_eq!(code(&output), Some(2));
    let words = stderr(&output);
    assert!(words.contains("users.toml:3:12: `password` is the hash") && !words.contains("s3cret"), "{words}");
}

#[test]
fn options_may_stand_in_the_folder_and_what_is_told_stands_over_them() {
    let place = Place::new();
    let file = place.path().join("serve.toml");
    fs::write(&file, "plain = true\nmembers = 1\nlisten = \"127.0.0.1:1\"\n").expect("written");
    let serve = place.serve(&[]);
    assert!(serve.text("url").starts_with("ws://") && serve.ready.get("pin").is_none(), "{}", serve.ready);
    let group = serve.ask("alice", &["group", "create", "Small"])[0]["topic"].as_str().expect("a group").to_owned();
    assert_eq!(code(&run(serve.by("bob", &["group", "join", &group]))), Some(7), "a second member is one too many");
    drop(serve);
    for (text, expected) in [
        ("memberz = 1\n", "serve.toml:1:1: `serve` has no option `memberz`"),
        ("plain = 1\n", "serve.toml:1:9: `plain` is true or false"),
        ("members = \"many\"\n", "serve.toml: invalid value 'many' for '--members <N>'"),
        ("members = \n", "serve.toml:1:"),
    ] {
        fs::write(&file, text).expect("written");
        let output = run(command(place.path(), &[]));
        assert_eq!(code(&output), Some(2), "{text}");
        assert!(stderr(&output).contains(expected), "{}", stderr(&output));
    }
}

#[test]
fn health_and_metrics_are_served_beside_the_clients_address() {
    let place = Place::new();
    let serve = place.serve(&["--plain"]);
    serve.ask("alice", &["send", &place.bob, "hello"]);
    assert_eq!(code(&serve.sign_in("alice", "wrong")), Some(3));
    let page = serve.metrics("/metrics");
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    for line in [
        "tieline_im_up 1",
        "tieline_im_messages_total 1",
        "tieline_im_logins_total 1",
        "tieline_im_tokens_refused_total 1",
        "tieline_im_failed_commits_total 0",
        "# TYPE tieline_im_commit_seconds histogram",
    ] {
        assert!(page.lines().any(|found| found == line), "{line}: {page}");
    }
    assert!(serve.metrics("/healthz").ends_with("\r\n\r\nok\n"));
    let clients = serve.text("api").trim_start_matches("http://").to_owned();
    assert!(get(&clients, "/healthz").starts_with("HTTP/1.1 200"));
    assert!(get(&clients, "/metrics").starts_with("HTTP/1.1 404"), "not for clients");
}

#[cfg(unix)]
#[test]
fn what_is_kept_is_for_the_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let outer = tempfile::tempdir().expect("a folder");
    let data = outer.path().join("im");
    assert!(users(&data, &["add"], &["alice@example.com"], Some("alice")).status.success());
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&data.join("users.toml"))), (0o700, 0o600));
    // A folder that was there, and that others may look into.
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).expect("changed");
    drop(Place::start(&mut command(&data, &[])));
    for kept in ["im.db", "im.db-wal", "lock", "tls/key.pem"] {
        assert_eq!(mode(&data.join(kept)), 0o600, "{kept}");
    }
    assert_eq!(mode(&data.join("files")), 0o700);
}

#[cfg(target_os = "linux")]
#[test]
fn as_many_files_may_be_open_as_there_may_be_connections() {
    let place = Place::new();
    let soft_limit = |options: &[&str]| {
        let of = command(place.path(), options);
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -S -n 64; exec \"$@\"", "sh"]).arg(of.get_program()).args(of.get_args());
        for (name, value) in of.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        let serve = Place::start(&mut shell);
        let limits = fs::read_to_string(format!("/proc/{}/limits", serve.child.id())).expect("limits");
        let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("the limit").to_owned();
        line.split_ascii_whitespace().nth(3).expect("a number").to_owned()
    };
    assert_eq!(soft_limit(&["--connections", "100"]), "356", "and some for what is not a connection");
}

#[test]
fn limits_that_let_nobody_in_are_refused() {
    let place = Place::new();
    for option in ["--connections", "--lines-per-address", "--in-flight", "--page", "--requests-burst", "--members"] {
        let output = run(command(place.path(), &[option, "0"]));
        assert_eq!(code(&output), Some(2), "{option}");
    }
    for option in ["--idle-timeout", "--login-timeout", "--access-lifetime", "--keep-files"] {
        let output = run(command(place.path(), &[option, "0s"]));
        assert_eq!(code(&output), Some(2), "{option}");
        assert!(stderr(&output).contains("a time above 0"), "{}", stderr(&output));
    }
    let output = run(command(place.path(), &["--queue-size", "64KiB"]));
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("--queue-size is less than --message-size"), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_opened_is_told_with_its_remedy() {
    let place = Place::new();
    fs::create_dir_all(place.path().join("tls")).expect("made");
    for name in ["cert.pem", "key.pem"] {
        fs::write(place.path().join("tls").join(name), "junk").expect("written");
    }
    let output = run(command(place.path(), &[]));
    assert_eq!(code(&output), Some(1));
    assert!(stderr(&output).contains("Remove both files, and a new certificate is made"), "{}", stderr(&output));
    fs::remove_dir_all(place.path().join("tls")).expect("removed");
    for beside in ["im.db-wal", "im.db-shm"] {
        let _ = fs::remove_file(place.path().join(beside));
    }
    fs::write(place.path().join("im.db"), "no database at all".repeat(1000)).expect("written");
    let output = run(command(place.path(), &[]));
    assert_eq!(code(&output), Some(1));
    assert!(stderr(&output).contains("restore a backup"), "{}", stderr(&output));
}

#[test]
fn a_certificate_that_has_ended_is_served_with_a_warning() {
    let place = Place::new();
    let made = Made::new(Served::Expired);
    let (chain, key) = (place.path().join("chain.pem"), place.path().join("key.pem"));
    fs::write(&chain, made.chain_pem).expect("written");
    fs::write(&key, made.key_pem).expect("written");
    let options = ["--tls-cert", chain.to_str().expect("text"), "--tls-key", key.to_str().expect("text")];
    let log = place.path().join("log");
    let file = fs::File::create(&log).expect("made");
    let serve = Place::start(command(place.path(), &options).stderr(file));
    drop(serve);
    let log = fs::read_to_string(log).expect("text");
    assert!(log.contains("chain.pem ended: clients refuse it"), "{log}");
}
