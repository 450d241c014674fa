//! A runtime that stands still, and with it the server's own work, for longer than its deadlines.
#![cfg(feature = "wsi")]

mod common;

use std::net::TcpStream;
use std::sync::mpsc::TryRecvError;
use std::thread;
use std::time::Duration;

use common::{LOGIN_V16, Site, UNSUBSCRIBE, within};
use tieline_portsip_wsi::server::ServerConfig;
use tieline_server::ServerOptions;
use tokio::runtime::Builder;
use tokio_tungstenite::tungstenite::{Message, client};

#[test]
fn a_client_that_gave_signs_of_life_while_the_runtime_stood_still_is_kept() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut config = ServerConfig::default();
    (config.ping_after, config.idle_timeout) = (Duration::from_millis(100), Duration::from_millis(700));
    runtime.block_on(async {
        let site = Site::with(ServerOptions::default(), config).await;
        let address = site.addr();
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let (told, mut answers) = tokio::sync::mpsc::unbounded_channel();
        let talker = thread::spawn(move || {
            let stream = TcpStream::connect(address).unwrap();
            let (mut socket, _) = client(format!("ws://{address}/"), stream).unwrap();
            socket.send(Message::text(LOGIN_V16)).unwrap();
            socket.read().unwrap();
            loop {
                match asked.try_recv() {
                    Ok(()) => {
                        socket.send(Message::text(UNSUBSCRIBE)).unwrap();
                        while !socket.read().unwrap().is_text() {}
                        told.send(()).unwrap();
                    }
                    Err(TryRecvError::Empty) => socket.send(Message::Pong(Vec::new().into())).unwrap(),
                    Err(TryRecvError::Disconnected) => return,
                }
                thread::sleep(Duration::from_millis(1));
            }
        });
        while site.hub.stats().logged_in == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(1500));
            // An answer comes after what was due has happened, and what waited was read.
            ask.send(()).unwrap();
            within(answers.recv()).await.expect("the line was given up");
            assert_eq!(site.hub.stats().logged_in, 1, "the line was given up");
        }
        drop(ask);
        talker.join().unwrap();
    });
}
