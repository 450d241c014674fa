//! What is logged of PortSIP IM and its files by server and client, at every level: never a token, and nothing that was said.
#![cfg(feature = "portsip-im")]

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tieline_core::Secret;
use tieline_core::http::BaseUrl;
use tieline_portsip_im::client::Publish;
use tieline_portsip_im::file::{IncomingFile, Received};
use tieline_portsip_im::server::Accepted;
use tieline_portsip_im::{ClientMessage, Credentials as Login, FileRef, Note, Status, UserId};
use tieline_server::im::{
    ClientId, Desk, Exchange, FileService, FileSink, FileStore, ImHub, ImService, Sinking, StoredFile, file_paths,
    im_paths,
};
use tieline_server::{Router, Server, ServerOptions};
use tieline_testkit::Log;
use tieline_tokio::im::{Config, Files, FilesConfig, NewUpload, connect};
use tieline_tokio::{Credentials, Proxy};

const TOKEN: &str = "swordfish-the-token";
const RETURNED: &str = "c3dvcmRmaXNoLWJhY2s=";

#[derive(Clone, Default)]
struct House(Arc<AtomicBool>);

impl Desk for House {
    fn login(&self, _: ClientId, credentials: &Login) -> Result<Accepted, Status> {
        match credentials {
            Login::AccessToken { token, .. } if token.matches(&TOKEN.into()) => {
                Ok(Accepted::user(UserId::from("usr1")).with_token(RETURNED))
            }
            _ => Err(Status::AUTHENTICATION_FAILED),
        }
    }

    fn request(&self, _: &ClientMessage<tieline_core::Text>, exchange: Exchange<'_>) {
        exchange.respond(Status::OK);
    }

    fn note(&self, _: ClientId, _: &Note<tieline_core::Text>) {}

    fn left(&self, _: ClientId) {}
}

impl FileStore for House {
    fn admits(&self, token: &Secret) -> bool {
        token.matches(&TOKEN.into())
    }

    fn begin(&self, _: &Secret, _: &IncomingFile) -> Result<Box<dyn FileSink>, Status> {
        Ok(Box::new(self.clone()))
    }

    fn open(&self, _: &str) -> Option<StoredFile> {
        None
    }
}

impl FileSink for House {
    fn write(&mut self, _: Bytes) -> Sinking<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn finish(self: Box<Self>, _: Received) -> Sinking<'static, FileRef<String>> {
        Box::pin(async move {
            self.0.store(true, Ordering::Relaxed);
            Ok(FileRef::from("file1".to_owned()))
        })
    }
}

#[tokio::test]
async fn no_token_and_no_message_is_logged_by_either_side() {
    let log = Log::start();
    let (house, hub) = (House::default(), ImHub::new());
    let server = Server::bind("127.0.0.1:0", ServerOptions::default()).await.unwrap();
    let address = server.local_addr();
    let router = Router::new()
        .websocket(im_paths(), ImService::new(house.clone(), hub))
        .http(file_paths(), FileService::new(house.clone()));
    let running = server.spawn(router);

    let config = |token: &str| Config::new(Login::access_token("1", "portsip.io", token)).proxy(Proxy::direct());
    let url = format!("ws://{address}/im");
    let (client, _events) = connect(&url, config(TOKEN)).await.unwrap();
    client.publish(Publish::text("usr2", "psst-the-message")).await.unwrap();
    client.close().await;
    connect(&url, config("wrong-the-token")).await.unwrap_err();

    let base: BaseUrl = format!("http://{address}").parse().unwrap();
    for token in [TOKEN, "wrong-the-token"] {
        let files = FilesConfig::new(base.clone()).proxy(Proxy::direct());
        let files = Files::new(files, Credentials::fixed(token.into())).unwrap();
        let new = NewUpload::new("a.txt", 8).content_type("text/plain");
        let sent = files.upload(&new, &mut Cursor::new(b"the-file".as_slice()), |_| {}).await;
        assert_eq!(sent.is_ok(), token == TOKEN);
        files.download(&FileRef::from("file7"), &mut Vec::new(), |_| {}).await.unwrap_err();
    }
    assert!(house.0.load(Ordering::Relaxed), "a file was kept");
    running.shutdown().await;

    let text = log.text();
    for expected in ["logged in", "login refused", "file refused", "dialling"] {
        assert!(text.contains(expected), "`{expected}` is not logged: the log is not that of the session");
    }
    let login = |token: &str| data_encoding::BASE64.encode(format!("1@portsip.io:{token}").as_bytes());
    let (right, wrong) = (login(TOKEN), login("wrong-the-token"));
    log.assert_without(&[TOKEN, "wrong-the-token", RETURNED, &right, &wrong, "psst-the-message", "the-file"]);
}
