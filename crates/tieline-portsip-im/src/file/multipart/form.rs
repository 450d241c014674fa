//! Writing the form of an upload around the bytes of a file.

use std::fmt;
use std::format;
use std::string::String;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use tieline_core::http::{BuildError, HeaderValue};

use super::super::safe_name;

/// What separates the parts of a form: 128 random bits, so that no file holds it.
#[derive(Clone, PartialEq, Eq)]
pub struct Boundary(String);

impl Boundary {
    /// A boundary of 128 bits that the caller drew at random.
    #[must_use]
    pub fn new(random: [u8; 16]) -> Self {
        Self(format!("tieline-{}", HEXLOWER.encode(&random)))
    }

    /// The text between `--` and the end of the line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Boundary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Boundary({})", self.0)
    }
}

/// A form of two parts, `id` and `file`, as the document's example has them. What stands before and after the bytes of
/// the file is here; the bytes the caller gives.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Form {
    /// What comes first.
    pub prefix: Bytes,
    /// What comes after the bytes of the file.
    pub suffix: Bytes,
    /// The length of the whole, in bytes.
    pub length: u64,
    /// The `Content-Type` of the whole.
    pub content_type: HeaderValue,
}

impl Form {
    /// The form of a file of so many bytes. Its name is made [safe](safe_name); a `content_type` that no header can
    /// hold is `application/octet-stream`.
    ///
    /// # Errors
    /// When the whole would be longer than 2⁶⁴ - 1 bytes.
    pub fn new(
        boundary: &Boundary,
        id: &str,
        name: &str,
        content_type: &str,
        file_length: u64,
    ) -> Result<Self, BuildError> {
        let boundary = boundary.as_str();
        let name = safe_name(name);
        let printable = |byte: u8| (0x20..0x7f).contains(&byte);
        let kind = if content_type.bytes().all(printable) { content_type.trim() } else { "" };
        let kind = if kind.is_empty() { "application/octet-stream" } else { kind };
        let prefix = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"id\"\r\n\r\n{id}\r\n--{boundary}\r\n\
             Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
        );
        let suffix = format!("\r\n--{boundary}--\r\n");
        let length = file_length.checked_add(prefix.len() as u64 + suffix.len() as u64);
        let length = length.ok_or(BuildError::Parameter("the file is too long"))?;
        let content_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={boundary}"));
        let content_type = content_type.map_err(|_| BuildError::Parameter("the boundary"))?;
        Ok(Self { prefix: prefix.into(), suffix: suffix.into(), length, content_type })
    }
}
