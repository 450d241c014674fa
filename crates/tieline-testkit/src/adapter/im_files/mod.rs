//! Files of PortSIP IM over real connections.

mod cuts;
mod server;
mod tokens;
mod transfers;

use std::io::{Read, Seek};
use std::path::Path;
use std::sync::Arc;

use tieline_core::Secret;
use tieline_dial::im::{FileError, FilesConfig, NewUpload};
use tieline_dial::{ConnectError, CredentialsError, Place, Progress};
use tieline_portsip_im::FileRef;
use tieline_portsip_im::file::{FileHead, Uploaded};

pub use cuts::{
    a_download_cut_anywhere_is_an_error_and_no_file, a_download_that_is_refused_leaves_the_file_that_was_there,
    a_server_that_takes_nothing_is_given_up, an_early_refusal_of_a_long_upload_is_heard,
    an_upload_whose_line_is_cut_anywhere_is_an_error_that_says_how_much_was_sent,
    an_upload_whose_source_fails_anywhere_is_never_whole_at_the_server,
};
pub use tokens::{
    a_download_with_a_refused_token_is_asked_for_once_more, a_redirect_of_an_upload_is_a_refusal,
    a_redirect_within_the_host_is_followed_with_the_token_and_no_other_is,
    a_refused_token_is_asked_for_anew_once_and_the_file_sent_from_its_beginning,
    the_same_token_again_is_not_sent_again, without_a_token_nothing_is_dialled,
};
pub use transfers::{
    a_download_brings_the_file_and_a_harmless_name,
    a_download_stands_where_its_name_decides_and_replaces_nothing_unasked, an_upload_says_who_asks_and_brings_the_file,
    files_of_256_mib_never_have_8_mib_in_memory, what_is_too_long_is_neither_sent_nor_taken,
};

/// Where the token of each transfer comes from.
pub type AskToken = Arc<dyn Fn() -> Result<Secret, CredentialsError> + Send + Sync>;

/// An adapter for files.
pub trait FilesAdapter {
    /// Its client.
    type Files: Transfers;

    /// Makes a client.
    fn files(config: FilesConfig, token: AskToken) -> Result<Self::Files, ConnectError>;
}

/// A client of files. Each call blocks, and does all of it on the thread that calls.
pub trait Transfers {
    fn upload(
        &self,
        file: &NewUpload,
        source: &mut (impl Read + Seek + Unpin),
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Uploaded, FileError>;
    fn upload_file(&self, path: &Path, content_type: &str) -> Result<Uploaded, FileError>;
    fn download(
        &self,
        file: &FileRef<String>,
        sink: &mut Vec<u8>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<FileHead, FileError>;
    /// Downloads, and throws the bytes away.
    fn discard(&self, file: &FileRef<String>) -> Result<FileHead, FileError>;
    fn download_to_file(&self, file: &FileRef<String>, path: &Path) -> Result<FileHead, FileError>;

    /// Downloads to where `place` says for the name of the file.
    fn download_to_place(
        &self,
        file: &FileRef<String>,
        place: impl FnOnce(&FileHead) -> Place + Send,
    ) -> Result<FileHead, FileError>;
}
