//! `POST im/file`, as the server reads it.

use std::string::String;

use bytes::Bytes;
use tieline_core::Secret;
use tieline_core::http::{Authorization, RequestHead, header};

use super::multipart::{Decoder, MultipartError, MultipartLimits, Part, PartEvent, boundary_of};
use super::safe_name;
use crate::Status;

/// How much of an upload is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UploadLimits {
    /// Bytes of the file. Default 100 MiB. No document says what PortSIP takes.
    pub file: u64,
    /// Bytes of the value of any other field. Default 1 KiB.
    pub field: usize,
    /// Of the form.
    pub multipart: MultipartLimits,
}

impl Default for UploadLimits {
    fn default() -> Self {
        Self { file: 100 << 20, field: 1 << 10, multipart: MultipartLimits::default() }
    }
}

/// Why an upload is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UploadRefused {
    /// The body is no form.
    #[error("the body is no form of several parts")]
    NoForm,
    /// The form cannot be read.
    #[error(transparent)]
    Form(#[from] MultipartError),
    /// No part is called `file`.
    #[error("the form has no file")]
    NoFile,
    /// Several parts are called `file`.
    #[error("the form has more than one file")]
    SecondFile,
    /// A field is longer than the limit.
    #[error("a field of the form is longer than the limit")]
    LongField,
    /// The file is longer than the limit.
    #[error("the file is longer than the limit")]
    TooLarge,
}

impl UploadRefused {
    /// What to answer: 413 for what is too long, 400 for the rest.
    #[must_use]
    pub const fn status(self) -> Status {
        match self {
            Self::TooLarge | Self::LongField => Status::TOO_LARGE,
            _ => Status::MALFORMED,
        }
    }

    /// The same for a log.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::NoForm => "the body is no form",
            Self::Form(_) => "the form cannot be read",
            Self::NoFile => "the form has no file",
            Self::SecondFile => "the form has more than one file",
            Self::LongField => "a field is longer than the limit",
            Self::TooLarge => "the file is longer than the limit",
        }
    }
}

/// What is known of a file before its bytes come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncomingFile {
    /// Its name, [safe](safe_name).
    pub name: String,
    /// Its type, as the sender wrote it.
    pub content_type: Option<String>,
}

/// What was read of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Incoming {
    /// The file begins.
    File(IncomingFile),
    /// Some of its bytes.
    Data(Bytes),
}

/// An upload that came whole.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received {
    /// What the answer is to echo.
    pub id: Option<String>,
    /// The length of the file in bytes.
    pub length: u64,
}

/// The token of a request: `Authorization: token …`. `None` when there is none; answer 401.
#[must_use]
pub fn token_of(head: &RequestHead) -> Option<Secret> {
    match Authorization::from_header(head.headers.get(header::AUTHORIZATION)?)? {
        Authorization::Token(token) => Some(token),
        _ => None,
    }
}

/// Reads one upload, in whatever pieces it comes. Other fields than `id` and `file` are skipped; the two may come in any
/// order.
#[derive(Debug)]
pub struct ReceiveUpload {
    limits: UploadLimits,
    decoder: Decoder,
    part: Option<Reading>,
    id: Option<String>,
    has_file: bool,
    length: u64,
    field: usize,
    id_bytes: std::vec::Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Id,
    File,
    Other,
}

impl ReceiveUpload {
    /// Begins to read the body of a request.
    ///
    /// # Errors
    /// When the head alone shows that it is no form, or too long.
    pub fn new(head: &RequestHead, limits: UploadLimits) -> Result<Self, UploadRefused> {
        let text = |name| head.headers.get(name).and_then(|value| value.to_str().ok());
        let boundary = text(header::CONTENT_TYPE).and_then(boundary_of).ok_or(UploadRefused::NoForm)?;
        // What may stand around the file.
        let around = (limits.multipart.head + limits.field) as u64;
        let most = around.saturating_mul(limits.multipart.parts as u64).saturating_add(limits.file);
        if text(header::CONTENT_LENGTH)
            .and_then(|length| length.trim().parse().ok())
            .is_some_and(|length: u64| length > most)
        {
            return Err(UploadRefused::TooLarge);
        }
        Ok(Self {
            decoder: Decoder::new(&boundary, limits.multipart),
            limits,
            part: None,
            id: None,
            has_file: false,
            length: 0,
            field: 0,
            id_bytes: std::vec::Vec::new(),
        })
    }

    /// More bytes of the body. Take what they bring by [`poll`](Self::poll) before the next.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.decoder.feed(bytes);
    }

    /// What was read; `None` until more bytes come.
    ///
    /// # Errors
    /// When it is refused; nothing of it may be kept then.
    pub fn poll(&mut self) -> Result<Option<Incoming>, UploadRefused> {
        while let Some(event) = self.decoder.poll()? {
            match event {
                PartEvent::Begin(part) => {
                    if let Some(file) = self.begin(part)? {
                        return Ok(Some(Incoming::File(file)));
                    }
                }
                PartEvent::Data(bytes) => {
                    if let Some(bytes) = self.data(bytes)? {
                        return Ok(Some(Incoming::Data(bytes)));
                    }
                }
                PartEvent::End => {
                    if self.part.take() == Some(Reading::Id) {
                        let id = std::mem::take(&mut self.id_bytes);
                        self.id = Some(String::from_utf8_lossy(&id).into_owned());
                    }
                }
            }
        }
        Ok(None)
    }

    /// The body is over.
    ///
    /// # Errors
    /// When it broke off, or held no file; nothing of it may be kept then.
    pub fn finish(self) -> Result<Received, UploadRefused> {
        self.decoder.finish()?;
        if self.has_file { Ok(Received { id: self.id, length: self.length }) } else { Err(UploadRefused::NoFile) }
    }

    /// The `id`, once it was read: what a refusal is to echo.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    fn begin(&mut self, part: Part) -> Result<Option<IncomingFile>, UploadRefused> {
        self.field = 0;
        match &*part.name {
            "file" if self.has_file => Err(UploadRefused::SecondFile),
            "file" => {
                self.has_file = true;
                self.part = Some(Reading::File);
                let name = safe_name(part.file_name.as_deref().unwrap_or_default());
                Ok(Some(IncomingFile { name, content_type: part.content_type }))
            }
            name => {
                self.part = Some(if name == "id" { Reading::Id } else { Reading::Other });
                Ok(None)
            }
        }
    }

    /// The bytes, if they are the file's.
    fn data(&mut self, bytes: Bytes) -> Result<Option<Bytes>, UploadRefused> {
        if self.part == Some(Reading::File) {
            self.length = self.length.saturating_add(bytes.len() as u64);
            return if self.length > self.limits.file { Err(UploadRefused::TooLarge) } else { Ok(Some(bytes)) };
        }
        self.field = self.field.saturating_add(bytes.len());
        if self.field > self.limits.field {
            return Err(UploadRefused::LongField);
        }
        if self.part == Some(Reading::Id) {
            self.id_bytes.extend_from_slice(&bytes);
        }
        Ok(None)
    }
}
