//! CloudPBX (Poziom7): the REST calls.

mod rest;

pub use rest::{Collected, Rest};
pub use tieline_cloudpbx::rest::Bases;
pub use tieline_dial::cloudpbx::{DownloadError, NewFile, Progress, RestConfig};
