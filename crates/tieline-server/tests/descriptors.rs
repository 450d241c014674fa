//! Running out of file descriptors.
#![cfg(all(unix, feature = "wsi"))]

mod common;

use std::fs::File;
use std::process::Command;

use common::*;

/// Set in the process that has few file descriptors.
const CHILD: &str = "TIELINE_FEW_DESCRIPTORS";

/// The limit is the process's, so that the test runs itself in another one.
#[test]
fn accepting_goes_on_after_running_out_of_file_descriptors() {
    if std::env::var_os(CHILD).is_none() {
        let status = Command::new("sh")
            .args([
                "-c",
                r#"ulimit -n 64 && exec "$0" --exact accepting_goes_on_after_running_out_of_file_descriptors"#,
            ])
            .arg(std::env::current_exe().unwrap())
            .env(CHILD, "1")
            .status()
            .unwrap();
        assert!(status.success());
        return;
    }
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        let site = Site::start().await;
        let mut before = site.subscriber().await;
        let mut hoard = Vec::new();
        while let Ok(file) = File::open("/dev/null") {
            hoard.push(file);
        }
        // The client gets the last one, and none is left for the server's side.
        hoard.pop();
        let waiting = tokio::net::TcpStream::connect(site.addr()).await.unwrap();
        until(|| site.running.stats().accept_errors > 0).await;
        assert_eq!(site.hold("102"), 1);
        assert_eq!(before.next().await["aor"], "sip:102@portsip.io");
        hoard.clear();
        let mut late = within(Client::over(waiting, &format!("ws://{}/", site.addr()))).await.unwrap();
        late.send(LOGIN_V16).await;
        assert_eq!(late.text().await, OK);
    });
}
