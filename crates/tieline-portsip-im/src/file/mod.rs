//! Files, without I/O: `POST im/file` and `GET im/file/ID`, for clients and servers.
//!
//! A client writes an [`Upload`] with the [`Form`](multipart::Form) around the file's bytes, and asks for a file by
//! [`Download`]; [`redirected`] says where a download may be sent on to. A server reads an upload piece by piece with
//! [`ReceiveUpload`]. Bodies are never whole in memory, on either side. Names are made harmless by [`safe_name`].

mod answer;
mod download;
pub mod multipart;
mod name;
mod receive;
mod redirect;
mod upload;

pub use answer::{refused, uploaded};
pub use download::{Download, FileHead};
pub use name::{FALLBACK_NAME, MAX_NAME, safe_name};
pub use receive::{Incoming, IncomingFile, ReceiveUpload, Received, UploadLimits, UploadRefused, token_of};
pub use redirect::{MAX_REDIRECTS, RedirectError, redirected};
pub use upload::{Upload, Uploaded};

/// Where files are, below the base.
pub const PATH: &str = "im/file";
