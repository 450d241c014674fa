//! What every adapter must do with the files and access tokens of PortSIP IM.
#![cfg(feature = "portsip-im")]

use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};

use tieline_core::http::{CallError, Endpoint};
use tieline_portsip_im::file::{FileHead, Uploaded};
use tieline_portsip_im::token::{Grant, Token};
use tieline_portsip_im::{Credentials as Login, FileRef};
use tieline_testkit::adapter::im_files::AskToken;
use tieline_testkit::adapter::{FilesAdapter, PATIENCE, TokensAdapter, TokensClient, Transfers};
use tieline_tokio::im::{
    Config, FileError, Files, FilesConfig, NewUpload, Place, Progress, TokenError, Tokens, TokensConfig, connect,
};
use tieline_tokio::{ConnectError, Credentials, Proxy};
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tokio::runtime::{Builder, Runtime};

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime"));

fn block_on<T>(what: impl Future<Output = T>) -> T {
    RUNTIME.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("something hangs") })
}

/// All of it on this thread.
fn here<T>(what: impl Future<Output = T>) -> T {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async { tokio::time::timeout(PATIENCE, what).await.expect("something hangs") })
}

/// A source that is always ready.
struct Ready<'s, R> {
    source: &'s mut R,
    at: u64,
}

impl<R: Read + Unpin> AsyncRead for Ready<'_, R> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let count = self.source.read(buf.initialize_unfilled())?;
        buf.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl<R: Seek + Unpin> AsyncSeek for Ready<'_, R> {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> std::io::Result<()> {
        self.at = self.source.seek(position)?;
        Ok(())
    }

    fn poll_complete(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<u64>> {
        self.at = self.source.stream_position()?;
        Poll::Ready(Ok(self.at))
    }
}

struct Tokio;

struct Carrying(Files);

impl FilesAdapter for Tokio {
    type Files = Carrying;

    fn files(config: FilesConfig, token: AskToken) -> Result<Carrying, ConnectError> {
        Files::new(config, Credentials::asked(move || std::future::ready(token()))).map(Carrying)
    }
}

impl Transfers for Carrying {
    fn upload(
        &self,
        file: &NewUpload,
        source: &mut (impl Read + Seek + Unpin),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Uploaded, FileError> {
        here(self.0.upload(file, &mut Ready { source, at: 0 }, progress))
    }

    fn upload_file(&self, path: &Path, content_type: &str) -> Result<Uploaded, FileError> {
        here(self.0.upload_file(path, content_type, |_| {}))
    }

    fn download(
        &self,
        file: &FileRef<String>,
        sink: &mut Vec<u8>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        here(self.0.download(file, sink, progress))
    }

    fn discard(&self, file: &FileRef<String>) -> Result<FileHead, FileError> {
        here(self.0.download(file, &mut tokio::io::sink(), |_| {}))
    }

    fn download_to_file(&self, file: &FileRef<String>, path: &Path) -> Result<FileHead, FileError> {
        here(self.0.download_to_file(file, path, |_| {}))
    }

    fn download_to_place(
        &self,
        file: &FileRef<String>,
        place: impl FnOnce(&FileHead) -> Place + Send,
    ) -> Result<FileHead, FileError> {
        here(self.0.download_to_place(file, place, |_| {}))
    }
}

#[derive(Clone, Debug)]
struct Keeping(Tokens);

impl TokensAdapter for Tokio {
    type Tokens = Keeping;

    fn tokens(config: TokensConfig) -> Result<Keeping, ConnectError> {
        Tokens::new(config).map(Keeping)
    }
}

impl TokensClient for Keeping {
    fn token(&self) -> Result<Token, TokenError> {
        block_on(self.0.token())
    }

    fn call<E: Endpoint + Sync>(&self, endpoint: &E) -> Result<E::Reply, TokenError>
    where
        E::Reply: Send,
    {
        block_on(self.0.call(endpoint))
    }

    fn rejected(&self, token: &Token) {
        self.0.rejected(token);
    }

    fn granted(&self, grant: Grant) {
        self.0.granted(grant);
    }

    fn revoke(&self) -> Result<(), CallError> {
        block_on(self.0.revoke())
    }

    fn chat(&self, url: &str) {
        let config = Config::new(Login::access_token("", "", "")).credentials(self.0.credentials());
        let config = config.proxy(Proxy::direct());
        block_on(async {
            let (client, _events) = connect(url, config).await.expect("live");
            client.close().await;
        });
    }
}

tieline_testkit::adapter_im_http_tests!(Tokio);

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
tieline_testkit::adapter_im_https_tests!(Tokio);

#[test]
fn transfers_and_tokens_may_be_awaited_on_any_thread() {
    fn movable<T: Send>(_: &T) {}
    let base: tieline_core::http::BaseUrl = "http://127.0.0.1:1".parse().expect("an address");
    let files = Files::new(FilesConfig::new(base.clone()), Credentials::fixed("TOKEN".into())).expect("a client");
    let account = tieline_portsip_im::token::Account::new("101", "portsip.io", "s3cret");
    let tokens = Tokens::new(TokensConfig::new(base, account)).expect("a client");
    let file = FileRef::from("id");
    movable(&files.upload_file(Path::new("a"), "", |_| {}));
    movable(&files.download_to_file(&file, Path::new("a"), |_| {}));
    movable(&tokens.token());
}
