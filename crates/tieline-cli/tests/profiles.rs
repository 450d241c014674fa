//! Profiles: named PBXs in a configuration file, and what stands over them.

mod common;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use common::{Sim, code, lines, run, stderr, stdout, tieline};
use serde_json::json;
use tempfile::TempDir;
use tieline_testkit::adapter::im::Chat;

/// A home folder with a configuration file, if it has text.
struct Home(TempDir);

impl Home {
    fn new(text: &str) -> Self {
        let home = Self(tempfile::tempdir().expect("a folder"));
        if !text.is_empty() {
            std::fs::create_dir_all(home.file().parent().expect("a folder")).expect("made");
            std::fs::write(home.file(), text).expect("written");
            home.set_mode(0o600);
        }
        home
    }

    fn file(&self) -> PathBuf {
        self.0.path().join(".config/tieline/config.toml")
    }

    #[cfg(unix)]
    fn set_mode(&self, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(self.file(), std::fs::Permissions::from_mode(mode)).expect("set");
    }

    #[cfg(not(unix))]
    fn set_mode(&self, _: u32) {}

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).expect("a file")
    }

    fn tieline(&self, words: &[&str]) -> Command {
        let mut command = tieline();
        command.args(words).env("HOME", self.0.path()).env_remove("XDG_CONFIG_HOME");
        command
    }
}

/// A profile of the first user of the simulator; its password comes from a command.
fn profile(sim: &Sim) -> String {
    format!(
        "[profile.acme]\nprotocol = \"wsi\"\nurl = \"{}\"\nuser = \"{}\"\ndomain = \"{}\"\npassword_cmd = \"echo '{}'\"\n",
        sim.text("/wsi/dialects/v16"),
        sim.text("/wsi/users/0/username"),
        sim.text("/wsi/domain"),
        sim.text("/wsi/users/0/password"),
    )
}

#[test]
fn a_profile_stands_in_the_place_of_an_address() {
    let sim = Sim::start(&[]);
    let home = Home::new(&profile(&sim));
    for words in [
        &["listen", "acme", "--count", "1"][..],
        &["listen", "--profile", "acme", "--count", "1"],
        &["doctor", "acme", "--for", "0s"],
        &["profile", "test", "acme", "--for", "0s"],
    ] {
        let output = run(home.tieline(words));
        assert_eq!(code(&output), Some(0), "{words:?}: {}{}", stdout(&output), stderr(&output));
        assert_eq!(stderr(&output), "", "{words:?}");
    }
    let mut command = home.tieline(&["listen", "--count", "1"]);
    command.env("TIELINE_PROFILE", "acme");
    assert_eq!(code(&run(command)), Some(0));
}

#[test]
fn the_file_is_found_by_option_by_variable_and_by_the_rules_of_xdg() {
    let home = Home::new("");
    let other = Home::new("[profile.other]\nprotocol = \"im\"\nurl = \"wss://pbx.test/im\"\n");
    let file = other.file().display().to_string();
    let names = |command: Command| {
        let output = run(command);
        assert_eq!(code(&output), Some(0), "{}", stderr(&output));
        lines(&output).iter().map(|line| line["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(home.tieline(&["profile", "list"])), Vec::<String>::new());
    assert_eq!(names(home.tieline(&["profile", "list", "--config", &file])), ["other"]);
    let with = |name: &str, value: PathBuf| {
        let mut command = home.tieline(&["profile", "list"]);
        command.env(name, value);
        names(command)
    };
    assert_eq!(with("TIELINE_CONFIG", other.file()), ["other"]);
    assert_eq!(with("XDG_CONFIG_HOME", other.0.path().join(".config")), ["other"]);
    assert_eq!(with("XDG_CONFIG_HOME", "not/absolute".into()), Vec::<String>::new());
}

#[test]
fn the_command_line_stands_over_the_environment_and_that_over_the_file() {
    let sim = Sim::start(&[]);
    let home = Home::new(&profile(&sim));
    let (user, password) = (sim.text("/wsi/users/0/username"), sim.text("/wsi/users/0/password"));
    // The login as the server saw it is told by whether it was accepted.
    let with = |words: &[&str], vars: &[(&str, &str)]| {
        let mut command = home.tieline(&["listen", "acme", "--count", "1"]);
        command.args(words).envs(vars.iter().copied());
        let output = run(command);
        (code(&output), stderr(&output))
    };
    let accepted = (Some(0), String::new());
    assert_eq!(with(&[], &[]), accepted);
    assert_eq!(with(&[], &[("TIELINE_USER", "nobody")]).0, Some(3));
    assert_eq!(with(&["--user", user], &[("TIELINE_USER", "nobody")]), accepted);
    assert_eq!(with(&["--user", "nobody"], &[("TIELINE_USER", user)]).0, Some(3));
    assert_eq!(with(&[], &[("TIELINE_PASSWORD", "wrong")]).0, Some(3));
    assert_eq!(with(&["--password-cmd", "echo wrong"], &[("TIELINE_PASSWORD", password)]).0, Some(3));
    let by_command = format!("echo '{password}'");
    assert_eq!(with(&["--password-cmd", &by_command], &[("TIELINE_PASSWORD_FILE", "/nowhere")]), accepted);
    assert_eq!(with(&[], &[("TIELINE_DOMAIN", "elsewhere.test")]).0, Some(3));
}

#[test]
fn what_excludes_an_option_of_the_file_takes_its_place() {
    let sim = Sim::start(&["--tls"]);
    let pin = format!("sha256:{}", "0".repeat(64));
    let home = Home::new(&format!("{}tls_pin = \"{pin}\"\n", profile(&sim)));
    let with = |words: &[&str], vars: &[(&str, &str)]| {
        let mut command = home.tieline(&["listen", "acme", "--count", "1"]);
        command.args(words).envs(vars.iter().copied());
        code(&run(command))
    };
    assert_eq!(with(&[], &[]), Some(4));
    assert_eq!(with(&["--tls-insecure"], &[]), Some(0));
    assert_eq!(with(&["--tls-insecure"], &[("TIELINE_TLS_PIN", &pin)]), Some(0));
    assert_eq!(with(&[], &[("TIELINE_TLS_PIN", sim.text("/pin"))]), Some(0));
    assert_eq!(with(&["--tls-pin", sim.text("/pin")], &[("TIELINE_TLS_PIN", &pin)]), Some(0));
    // Another login excludes the user, and the domain stays.
    let extension = sim.text("/wsi/users/0/extension");
    let words = ["--extension", extension, "--tls-insecure"];
    assert_ne!(with(&words, &[]), Some(2));
}

#[test]
fn every_option_has_a_variable() {
    let sim = Sim::start(&[]);
    let home = Home::new(&profile(&sim));
    let mut command = home.tieline(&["listen", "acme"]);
    command.env("TIELINE_COUNT", "2").env("TIELINE_ONLY", "target_*").env("TIELINE_OUTPUT", "json");
    let output = run(command);
    let lines = lines(&output);
    let types: Vec<_> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!(types.len(), 2, "{}", stderr(&output));
    assert!(types.iter().all(|name| name.starts_with("target_")));
}

#[test]
fn the_login_of_a_profile_never_goes_to_another_address() {
    let home = Home::new(
        "[profile.acme]\nprotocol = \"wsi\"\nurl = \"ws://pbx.test/wsi\"\nuser = \"alice\"\ndomain = \"d\"\n",
    );
    let mut command = home.tieline(&["doctor", "ws://127.0.0.1:1/wsi"]);
    command.env("TIELINE_PROFILE", "acme");
    let output = run(command);
    assert!(!stdout(&output).contains("pbx.test"), "{}", stdout(&output));
    let mut command = home.tieline(&["listen", "ws://127.0.0.1:1/wsi"]);
    command.env("TIELINE_PROFILE", "acme").env("TIELINE_PASSWORD", "p");
    assert!(stderr(&run(command)).contains("who logs in?"));
    let mut command = home.tieline(&["im", "topics"]);
    command.env("TIELINE_PROFILE", "acme").env("TIELINE_IM", "ws://127.0.0.1:1/im").env("TIELINE_TOKEN", "t");
    assert!(stderr(&run(command)).contains("--user <NAME>"));
}

#[test]
fn a_cloudpbx_has_an_api_a_stream_and_a_name() {
    let sim = Sim::start(&[]);
    let (url, key) = (sim.text("/cloudpbx/url"), sim.text("/cloudpbx/key"));
    let text = format!(
        "[profile.biuro]\nprotocol = \"cloudpbx\"\napi = \"{url}\"\nstream = \"{}\"\nname = \"{}\"\nkey_file = \"the.key\"\n",
        url.replace("http", "ws"),
        sim.text("/cloudpbx/name"),
    );
    let home = Home::new(&text);
    let file = home.file().with_file_name("the.key");
    std::fs::write(&file, key).expect("written");
    for words in [
        &["cdr", "--profile", "biuro"][..],
        &["cdr", "--api", "biuro"],
        &["listen", "biuro", "--count", "1"],
        &["sms", "send", "600100200", "hello", "--wait", "--profile", "biuro", "--timeout", "10s"],
    ] {
        let output = run(home.tieline(words));
        assert_eq!(code(&output), Some(0), "{words:?}: {}{}", stdout(&output), stderr(&output));
    }
    // Whoever is talking already cannot be called just now.
    let is_called = |extension: u32| {
        let output = run(home.tieline(&["call", &extension.to_string(), "600100200", "--profile", "biuro"]));
        assert!(matches!(code(&output), Some(0 | 7)), "{}{}", stdout(&output), stderr(&output));
        code(&output) == Some(0)
    };
    assert!((0..20).flat_map(|_| 101..=105).any(is_called), "nobody can be called");
    let output = run(home.tieline(&["doctor", "biuro", "--for", "0s"]));
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    assert_eq!(lines(&output).iter().filter(|line| line["kind"] == "summary").count(), 2, "stream and API");
    let output = run(home.tieline(&["snapshot", "biuro"]));
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("is of cloudpbx, and `tieline snapshot` is for axeos"), "{}", stderr(&output));
}

#[test]
fn axeos_and_its_literal_key() {
    let sim = Sim::start(&[]);
    let (url, key) = (sim.text("/axeos/url"), sim.text("/axeos/key"));
    let home = Home::new(&format!("[profile.hotel]\nprotocol = \"axeos\"\nurl = \"{url}\"\nkey = \"{key}\"\n"));
    let output = run(home.tieline(&["snapshot", "hotel"]));
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let shown = run(home.tieline(&["profile", "show", "hotel"]));
    assert_eq!(lines(&shown)[0]["data"], json!({"url": url, "key": "[redacted]"}));
    let shown = stdout(&run(home.tieline(&["profile", "show", "hotel", "-o", "human"])));
    assert!(shown.contains("[redacted]") && !shown.contains(key), "{shown}");
}

#[test]
fn a_pbx_of_wsi_has_im_beside_it() {
    let chat = Chat::serving();
    let url = &chat.pbx.url;
    let text = format!(
        "[profile.acme]\nprotocol = \"wsi\"\nurl = \"ws://pbx.test/wsi\"\nim = \"{url}\"\nuser = \"alice\"\n\
         domain = \"portsip.io\"\ntoken = \"V1TC8EQWN2ZLJQ\"\n"
    );
    let home = Home::new(&text);
    for words in [&["im", "topics", "--profile", "acme"][..], &["im", "topics", "--server", "acme"]] {
        let output = run(home.tieline(words));
        assert_eq!(code(&output), Some(0), "{words:?}: {}", stderr(&output));
    }
    assert_eq!(chat.world().tokens, ["V1TC8EQWN2ZLJQ"; 2]);
}

#[cfg(unix)]
#[test]
fn a_secret_in_a_file_that_others_may_read_is_refused() {
    let home = Home::new("[profile.a]\nprotocol = \"axeos\"\nurl = \"https://pbx.test\"\nkey = \"swordfish\"\n");
    for mode in [0o644, 0o640, 0o602] {
        home.set_mode(mode);
        let output = run(home.tieline(&["profile", "show", "a"]));
        let place = format!("{}:4:7: `key` stands in the file", home.file().display());
        assert_eq!(code(&output), Some(2));
        assert!(stderr(&output).contains(&place) && stderr(&output).contains("chmod 600"), "{}", stderr(&output));
        assert!(!stderr(&output).contains("swordfish"));
    }
    home.set_mode(0o400);
    assert_eq!(code(&run(home.tieline(&["profile", "show", "a"]))), Some(0));
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_every_user_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt as _;
    let sim = Sim::start(&[]);
    let home = Home::new(&profile(&sim));
    let file = home.0.path().join("secret");
    std::fs::write(&file, sim.text("/wsi/users/0/password")).expect("written");
    let path = file.display().to_string();
    for (mode, warned) in [(0o644, true), (0o640, false), (0o600, false)] {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("set");
        let output = run(home.tieline(&["listen", "acme", "--count", "1", "--password-file", &path]));
        assert_eq!(code(&output), Some(0), "{}", stderr(&output));
        assert_eq!(stderr(&output).contains("chmod 600"), warned, "{mode:o}: {}", stderr(&output));
    }
}

#[test]
fn a_mistake_in_the_file_has_its_line_and_column() {
    for (text, place, words) in [
        ("[profile.a]\nprotocol = \"wsi\n", ":2:", ""),
        ("[profile.a]\nprotocol = \"sip\"\n", ":2:12: ", "`protocol` is one of"),
        ("[profile.a]\nurl = \"wss://pbx/wsi\"\n", ":1:10: ", "`protocol` is missing"),
        ("[profile.a]\nprotocol = \"wsi\"\nurll = \"wss://pbx/wsi\"\n", ":3:1: ", "a profile has no key `urll`"),
        ("[profile.a]\nprotocol = \"wsi\"\napi = \"https://pbx\"\n", ":3:1: ", "a profile of wsi has no key `api`"),
        ("[profile.a]\nprotocol = \"wsi\"\nurl = 8\n", ":3:7: ", "`url` is a text"),
        ("[profile.a]\nprotocol = \"wsi\"\nurl = \"pbx/wsi\"\n", ":3:7: ", "an address begins with wss://"),
        ("[profile.a]\nprotocol = \"wsi\"\ndialect = \"v99\"\n", ":3:11: ", "`dialect`: "),
        ("[profile.a]\nprotocol = \"wsi\"\ntls_pin = [\"x\",\n  \"y\"]\n", ":3:12: ", "`tls_pin`: not a pin"),
        ("[profile.a]\nprotocol = \"wsi\"\ntls_insecure = 1\n", ":3:16: ", "`tls_insecure` is true or false"),
        ("# ö\n[profiles.a]\n", ":2:2: ", "`profiles` is no key of the file"),
        (
            "[profile.a]\nprotocol = \"axeos\"\nurl = \"https://swordfish@pbx\"\n",
            ":3:7: ",
            "a login stands in the address",
        ),
    ] {
        let home = Home::new(text);
        let output = run(home.tieline(&["profile", "show", "a"]));
        let (told, file) = (stderr(&output), home.file());
        assert_eq!(code(&output), Some(2), "{text}");
        assert!(told.contains(&format!("{}{place}", file.display())) && told.contains(words), "{text}: {told}");
        assert!(!told.contains("swordfish"), "{told}");
    }
}

#[test]
fn a_profile_that_is_not_there_is_told_with_those_that_are() {
    let home = Home::new("[profile.acme]\nprotocol = \"im\"\nurl = \"wss://pbx.test/im\"\n");
    let output = run(home.tieline(&["listen", "amce"]));
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("there is no profile `amce`") && stderr(&output).contains("it has acme"));
    let output = run(Home::new("").tieline(&["listen", "acme"]));
    assert!(stderr(&output).contains("there is no file") && stderr(&output).contains("wss://"), "{}", stderr(&output));
    let output = run(home.tieline(&["listen", "acme", "--profile", "other"]));
    assert!(stderr(&output).contains("two profiles"), "{}", stderr(&output));
    let output = run(home.tieline(&["sim", "--profile", "acme"]));
    assert!(stderr(&output).contains("`tieline sim` takes no profile"), "{}", stderr(&output));
}

#[test]
fn add_keeps_the_file_as_it_was_but_for_the_profile() {
    let before = "# PBXs of the office\n[profile.old]  # the cellar\nprotocol = \"im\"   # chat\nurl = \"wss://pbx.test/im\" # keep\nuser = \"bob\"\n";
    let home = Home::new(before);
    let url = "wss://pbx.acme.test:8887/wsi";
    let words =
        ["profile", "add", "acme", "--protocol", "wsi", "--url", url, "--user", "alice", "--domain", "acme.test"];
    let mut command = home.tieline(&words);
    command.args(["--topic", "extension_events,queue_events"]);
    // What happens to stand in the environment is not written.
    command.env("TIELINE_PASSWORD", "hunter2").env("TIELINE_PASSWORD_FILE", "/a/file").env("TIELINE_KEY", "swordfish");
    let output = run(command);
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let added = format!(
        "\n[profile.acme]\nprotocol = \"wsi\"\nurl = \"{url}\"\nuser = \"alice\"\ndomain = \"acme.test\"\n\
         topic = [\"extension_events\", \"queue_events\"]\n"
    );
    assert_eq!(home.text(), format!("{before}{added}"));

    let again = run(home.tieline(&words));
    assert_eq!(code(&again), Some(2));
    assert!(stderr(&again).contains("--replace"), "{}", stderr(&again));
    let output =
        run(home.tieline(&["profile", "add", "old", "--protocol", "im", "--url", "wss://new.test/im", "--replace"]));
    assert_eq!(code(&output), Some(0), "{}", stderr(&output));
    let replaced = before.replace("wss://pbx.test/im", "wss://new.test/im").replace("user = \"bob\"\n", "");
    assert_eq!(home.text(), format!("{replaced}{added}"));
}

#[test]
fn add_makes_the_file_for_its_owner_only_and_stores_a_secret_only_when_told() {
    let home = Home::new("");
    let mut command = home.tieline(&["profile", "add", "hotel", "--protocol", "axeos", "--url", "https://pbx.test"]);
    let mut child = command.args(["--store", "key"]).stdin(Stdio::piped()).spawn().expect("started");
    child.stdin.take().expect("piped").write_all(b"sword \"fish\"\nmore\n").expect("written");
    assert!(child.wait().expect("ended").success());
    assert!(home.text().contains("key = 'sword \"fish\"'\n"), "{}", home.text());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: PathBuf| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(home.file()), mode(home.0.path().join(".config/tieline"))), (0o600, 0o700));
    }
}

#[test]
fn add_refuses_what_could_not_be_used() {
    let home = Home::new("");
    for (words, told) in [
        (&["a b", "--protocol", "im", "--url", "wss://h/im"][..], "letters, digits"),
        (&["a", "--protocol", "wsi"], "--url URL"),
        (&["a", "--protocol", "cloudpbx"], "--api URL"),
        (&["a", "--protocol", "cloudpbx", "--api", "https://k3y@h"], "a login stands in the address"),
        (&["a", "--protocol", "cloudpbx", "--stream", "wss://h/ws/pbx_A?pbxkey=k3y"], "a login stands in the address"),
        (&["a", "--protocol", "im", "--url", "wss://h/im", "--key-cmd", "x"], "a profile of im has no `key_cmd`"),
        (&["a", "--protocol", "axeos", "--url", "https://h", "--key-file", "-"], "--store"),
        (&["a", "--protocol", "sip", "--url", "sip:h"], "possible values"),
    ] {
        let output = run({
            let mut command = home.tieline(&["profile", "add"]);
            command.args(words);
            command
        });
        assert_eq!(code(&output), Some(2), "{words:?}");
        assert!(stderr(&output).contains(told) && !stderr(&output).contains("k3y"), "{words:?}: {}", stderr(&output));
    }
    assert!(!home.file().exists());
}

#[test]
fn a_command_for_a_secret_that_fails_is_told() {
    let home = Home::new("[profile.a]\nprotocol = \"axeos\"\nurl = \"https://pbx.test\"\nkey_cmd = \"exit 3\"\n");
    let output = run(home.tieline(&["snapshot", "a"]));
    assert_eq!(code(&output), Some(2));
    assert!(stderr(&output).contains("the command for the API key failed"), "{}", stderr(&output));
    let output = run(home.tieline(&["snapshot", "a", "--key-cmd", "true"]));
    assert!(stderr(&output).contains("printed no API key"), "{}", stderr(&output));
}
