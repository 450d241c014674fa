//! What clients of files share: limits, the second try with another token, errors.

use std::io;

use tieline_core::http::{ApiError, ApiErrorKind, Authorization, BaseUrl, CallError};
use tieline_core::{Class, ExchangeFailure, ExchangeFailureKind, Random, Secret, Sent};
use tieline_portsip_im::file::multipart::Boundary;
use tieline_portsip_im::file::{RedirectError, Upload};

use crate::options::os_seed;
use crate::{CredentialsError, HttpConfig, UploadError};

/// All that a client of files is made with, but for the token.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FilesConfig {
    /// Where the PBX is: `https://HOST:8887`. Its `auth` is not used: the token is.
    pub http: HttpConfig,
    /// The longest file that is sent, in bytes. Default 1 GiB. No document says what a server takes.
    pub max_upload: u64,
    /// The longest file that is taken, in bytes. Default 1 GiB.
    pub max_download: u64,
}

impl FilesConfig {
    /// The usual configuration for a PBX.
    #[must_use]
    pub fn new(base: BaseUrl) -> Self {
        Self { http: HttpConfig::new(base, Authorization::None), max_upload: 1 << 30, max_download: 1 << 30 }
    }

    route_setters!(http.route);

    /// The call that sends a file, with an id and a boundary drawn at random.
    ///
    /// # Errors
    /// [`FileError::TooLong`] beyond the limit.
    pub fn upload(&self, file: &NewUpload) -> Result<Upload, FileError> {
        if file.length > self.max_upload {
            return Err(FileError::TooLong { limit: self.max_upload });
        }
        let mut random = Random::new(os_seed(), UPLOAD);
        let (id, boundary) = (random.next_uuid().to_string(), Boundary::new(random.next_seed()));
        let upload = Upload::new(id, &file.name, &file.content_type, file.length, &boundary);
        Ok(upload.map_err(CallError::Build)?)
    }
}

const UPLOAD: u64 = 0x55_50;

/// A file to send.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewUpload {
    /// Its name; what of it could harm the receiver is left out.
    pub name: String,
    /// Its type; `application/octet-stream` when it is empty.
    pub content_type: String,
    /// Its length in bytes: exactly so many are read and sent.
    pub length: u64,
}

impl NewUpload {
    /// A file of so many bytes, of no particular type.
    pub fn new(name: impl Into<String>, length: u64) -> Self {
        Self { name: name.into(), content_type: String::new(), length }
    }

    /// The same, of this type.
    #[must_use]
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = content_type.into();
        self
    }
}

/// Why a file was not sent, or did not come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// There is no token.
    #[error("no token: {0}")]
    Token(#[from] CredentialsError),
    /// The token was refused with 401, and so was the one that was asked for after that, or there was no other.
    #[error("the token was refused: {0}")]
    TokenRefused(ApiError),
    /// The call failed, or its connection broke on the way.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The file was said to be elsewhere.
    #[error(transparent)]
    Redirect(#[from] RedirectError),
    /// The file is longer than the configured limit.
    #[error("the file is longer than {limit} bytes")]
    TooLong {
        /// The limit in bytes.
        limit: u64,
    },
    /// The file to be sent could not be read, or is shorter than was said. The server has no whole request.
    #[error("the file cannot be read: {cause}")]
    Read {
        /// Why.
        cause: io::Error,
        /// How much of the request had left; never all.
        sent: Sent,
    },
    /// The file that came could not be written down.
    #[error("the file cannot be written: {0}")]
    Write(#[source] io::Error),
}

impl FileError {
    /// The error of a file that could not be opened.
    #[must_use]
    pub const fn unopened(cause: io::Error) -> Self {
        Self::Read { cause, sent: Sent::Nothing }
    }

    /// The error of a download that may be `limit` bytes long.
    #[must_use]
    pub fn of_download(error: CallError, limit: u64) -> Self {
        match error {
            CallError::Api(ApiError { status: 200, kind: ApiErrorKind::TooLong { .. }, .. }) => Self::TooLong { limit },
            error => Self::Call(error),
        }
    }

    /// The error of an answer that was to have a body.
    #[must_use]
    pub const fn no_body() -> Self {
        Self::Call(CallError::Failed(ExchangeFailure::new(ExchangeFailureKind::Empty, Sent::All)))
    }

    /// What to do about it.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::Token(error) => error.class,
            Self::Call(error) => error.class(),
            _ => Class::Terminal,
        }
    }

    /// How much of the request had left: whether a server may have the file that was to be sent.
    #[must_use]
    pub const fn sent(&self) -> Sent {
        match self {
            Self::Token(_) | Self::TooLong { .. } => Sent::Nothing,
            Self::Read { sent, .. } => *sent,
            Self::Call(error) => error.sent(),
            Self::TokenRefused(_) | Self::Redirect(_) | Self::Write(_) => Sent::All,
        }
    }
}

impl From<UploadError> for FileError {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Call(error) => Self::Call(error),
            UploadError::Source { cause, sent } => Self::Read { cause, sent },
        }
    }
}

/// One transfer: a token that is refused is asked for anew, once.
#[derive(Debug, Default)]
pub struct TokenTry {
    current: Option<Secret>,
    refused: Option<ApiError>,
}

impl TokenTry {
    /// A transfer that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Who asks, with a token that was asked for just now.
    ///
    /// # Errors
    /// [`FileError::TokenRefused`] when it is the one that was refused.
    pub fn authorize(&mut self, token: Secret) -> Result<Authorization, FileError> {
        if let Some(refused) =
            self.refused.as_ref().filter(|_| self.current.as_ref().is_some_and(|old| old.matches(&token)))
        {
            return Err(FileError::TokenRefused(refused.clone()));
        }
        self.current = Some(token.clone());
        Ok(Authorization::Token(token))
    }

    /// What to do about a failure: ask for another token and begin again, or leave it.
    ///
    /// # Errors
    /// The error that is to be told.
    pub fn failed(&mut self, error: FileError) -> Result<(), FileError> {
        match error {
            FileError::Call(CallError::Api(api)) if api.status == 401 => match self.refused {
                None => {
                    self.refused = Some(api);
                    Ok(())
                }
                Some(_) => Err(FileError::TokenRefused(api)),
            },
            error => Err(error),
        }
    }
}
