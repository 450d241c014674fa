//! What every adapter must do with the files and access tokens of PortSIP IM.
#![cfg(feature = "portsip-im")]

use std::io::{Read, Seek};
use std::path::Path;

use tieline_blocking::im::{
    Config, FileError, Files, FilesConfig, NewUpload, Place, Progress, TokenError, Tokens, TokensConfig, connect,
};
use tieline_blocking::{ConnectError, Credentials, Proxy};
use tieline_core::http::{CallError, Endpoint};
use tieline_portsip_im::file::{FileHead, Uploaded};
use tieline_portsip_im::token::{Grant, Token};
use tieline_portsip_im::{Credentials as Login, FileRef};
use tieline_testkit::adapter::im_files::AskToken;
use tieline_testkit::adapter::{FilesAdapter, TokensAdapter, TokensClient, Transfers, soon};

struct Blocking;

struct Carrying(Files);

impl FilesAdapter for Blocking {
    type Files = Carrying;

    fn files(config: FilesConfig, token: AskToken) -> Result<Carrying, ConnectError> {
        Files::new(config, Credentials::asked(move || token())).map(Carrying)
    }
}

impl Transfers for Carrying {
    fn upload(
        &self,
        file: &NewUpload,
        source: &mut (impl Read + Seek + Unpin),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Uploaded, FileError> {
        self.0.upload(file, source, progress)
    }

    fn upload_file(&self, path: &Path, content_type: &str) -> Result<Uploaded, FileError> {
        self.0.upload_file(path, content_type, |_| {})
    }

    fn download(
        &self,
        file: &FileRef<String>,
        sink: &mut Vec<u8>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<FileHead, FileError> {
        self.0.download(file, sink, progress)
    }

    fn discard(&self, file: &FileRef<String>) -> Result<FileHead, FileError> {
        self.0.download(file, &mut std::io::sink(), |_| {})
    }

    fn download_to_file(&self, file: &FileRef<String>, path: &Path) -> Result<FileHead, FileError> {
        self.0.download_to_file(file, path, |_| {})
    }

    fn download_to_place(
        &self,
        file: &FileRef<String>,
        place: impl FnOnce(&FileHead) -> Place + Send,
    ) -> Result<FileHead, FileError> {
        self.0.download_to_place(file, place, |_| {})
    }
}

#[derive(Clone, Debug)]
struct Keeping(Tokens);

impl TokensAdapter for Blocking {
    type Tokens = Keeping;

    fn tokens(config: TokensConfig) -> Result<Keeping, ConnectError> {
        Tokens::new(config).map(Keeping)
    }
}

impl TokensClient for Keeping {
    fn token(&self) -> Result<Token, TokenError> {
        let tokens = self.0.clone();
        soon(move || tokens.token())
    }

    fn call<E: Endpoint + Sync>(&self, endpoint: &E) -> Result<E::Reply, TokenError>
    where
        E::Reply: Send,
    {
        self.0.call(endpoint)
    }

    fn rejected(&self, token: &Token) {
        self.0.rejected(token);
    }

    fn granted(&self, grant: Grant) {
        self.0.granted(grant);
    }

    fn revoke(&self) -> Result<(), CallError> {
        self.0.revoke()
    }

    fn chat(&self, url: &str) {
        let config = Config::new(Login::access_token("", "", "")).credentials(self.0.credentials());
        let (url, config) = (url.to_owned(), config.proxy(Proxy::direct()));
        soon(move || {
            let (client, _events) = connect(&url, config).expect("live");
            client.close();
        });
    }
}

tieline_testkit::adapter_im_http_tests!(Blocking);

#[cfg(any(feature = "tls", feature = "aws-lc-rs"))]
tieline_testkit::adapter_im_https_tests!(Blocking);
